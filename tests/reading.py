"""A reader that never stops: `python -m tests.reading PLACE STOP`, until the file STOP is there; what it saw, as JSON.

It opens the tables for each query, as a BI tool should, and asks one statement.
"""

import json
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from pipelines.place import Place
from tests.tiny import SAME_VERSION


def written(place: Place) -> str:
    """A place as an argument."""
    return json.dumps(asdict(place), default=str)


def placed(text: str) -> Place:
    """The place that `written` wrote."""
    told = json.loads(text)
    return Place(**{**told, **{name: Path(told[name]) for name in ("warehouse", "reports", "dashboard")}})


def asked(place: Place, query: str) -> tuple[Any, ...]:
    """The first row of a query, on a connection of its own."""
    if place.destination == "duckdb":
        with duckdb.connect(str(place.reports), read_only=True) as connection:
            return connection.execute(query).fetchall()[0]
    with closing(psycopg2.connect(place.postgres_url, options="-csearch_path=reports")) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(query)
            row: tuple[Any, ...] = cursor.fetchall()[0]
            return row


def main(place: Place, stop: Path) -> None:
    """Read until told to stop."""
    torn, versions, reads = [], set(), 0
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while not stop.exists():
        time.sleep(0.02)
        lowest, highest, rows, second, edition = row = asked(place, SAME_VERSION)
        reads += 1
        versions.add(edition)
        if not (lowest == highest == second == edition and rows == 20):
            torn.append(row)
    sys.stdout.write(json.dumps({"reads": reads, "versions": sorted(versions), "torn": torn}))


if __name__ == "__main__":
    main(placed(sys.argv[1]), Path(sys.argv[2]))
