"""An upgrade of two steps that kills itself (-9) within the second: `python -m tests.killed_upgrade PLACE`."""

import sys
from collections.abc import Callable

from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.warehouse.steps import STEPS
from pipelines.warehouse.versions import Steps, bring_up_to_date
from tests.killed import die
from tests.reading import placed


def steps(within: Callable[[Warehouse], object]) -> Steps:
    """Today's steps and two more, each of which adds a column of its name; `within` is called within the second."""

    def first(warehouse: Warehouse) -> None:
        warehouse.execute("alter table ops.limits add column first bigint")

    def second(warehouse: Warehouse) -> None:
        warehouse.execute("alter table ops.limits add column second bigint")
        within(warehouse)

    return {**STEPS, "ops": [*STEPS["ops"], first, second]}


if __name__ == "__main__":
    with open_warehouse(placed(sys.argv[1]), "ops") as opened:
        bring_up_to_date(opened, steps(lambda _: die()))
