"""A night over both CRMs that kills itself (-9) at a step of one of them."""

import sys
from dataclasses import replace
from pathlib import Path

from pipelines.nightly import nightly
from pipelines.ops import Run
from pipelines.place import Destination, Place
from tests.killed import die
from tests.support import settings_of


def main(crm: str, step: str, url: str, warehouse: str, postgres_url: str) -> None:
    """Work until the step, as `Display` is told of it."""

    def watch(run: Run, begun: str) -> None:
        if (run.crm, begun) == (crm, step):
            die()

    destination: Destination = "postgres" if postgres_url else "duckdb"
    place = Place(destination, Path(warehouse), postgres_url)
    pipedrive = replace(settings_of("pipedrive", url, place), entities=("deals", "activities"))
    nightly(pipedrive, settings_of("deskera", url, place), watch=watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
