"""A publish that kills itself (-9): `python -m tests.killed_publish PLACE VERSION STEP`.

STEP is the number of the statement that is its last, or `rename`, or `end`.
"""

import sys
from pathlib import Path

from pipelines import dbt
from pipelines.place import Place
from pipelines.publish import publish
from pipelines.warehouse import open_warehouse
from tests.killed import die, die_at_call
from tests.reading import placed
from tests.tiny import change, edition


def main(place: Place, version: int, step: str) -> None:
    """Publish until the step."""
    with open_warehouse(place, "ops") as warehouse:
        change(warehouse, version)
        if step == "rename":
            Path.replace = die  # type: ignore[method-assign]
        elif step != "end":
            warehouse.execute = die_at_call(int(step), warehouse.execute)  # type: ignore[method-assign]
        publish(warehouse, dbt.manifest(place), edition(version))
        die()


if __name__ == "__main__":
    main(placed(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
