"""A backfill that kills itself (-9) at its n-th step of a name: `… STEP NUMBER SETTINGS`, as `told` writes them."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from pipelines.backfill import backfill
from pipelines.config import Settings
from pipelines.ops import Run
from pipelines.place import Destination, Place
from tests.killed import die
from tests.support import ADMIN, IMPATIENT, PIPEDRIVE

PAGE = 20


def in_small_pages(settings: Settings, size: int = PAGE) -> Settings:
    """The same lists in pages of so many records."""
    entities = {
        name: replace(entity, lists=tuple(replace(one, page_size=size) for one in entity.lists))
        for name, entity in PIPEDRIVE.entities.items()
    }
    return replace(settings, crm=replace(PIPEDRIVE, entities=entities))


def told(settings: Settings, since: str, walkers: int) -> str:
    """What a backfill needs to know, as an argument."""
    place = settings.place
    where = [place.destination, str(place.warehouse), place.postgres_url]
    return json.dumps([settings.connection["company_domain"], where, since, walkers])


def main(step: str, number: str, arguments: str) -> None:
    """Read until the step, in groups of 100 rows."""
    url, (destination, warehouse, postgres_url), since, walkers = json.loads(arguments)
    kind: Destination = destination
    connection = {"company_domain": url, "api_token": ADMIN}
    place = Place(kind, Path(warehouse), postgres_url)
    settings = in_small_pages(Settings(PIPEDRIVE, connection, place, patience=IMPATIENT, safety_lag=0))
    met = 0

    def watch(_run: Run, begun: str) -> None:
        nonlocal met
        met += begun.startswith(step)
        if met == int(number):
            die()

    backfill(settings, entities=["activities"], since=since, walkers=walkers, group_rows=100, watch=watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
