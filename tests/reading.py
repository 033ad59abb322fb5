"""A reader that never stops: `python -m tests.reading PLACE STOP`, until the file STOP is there; what it saw, as JSON.

It opens the tables for each query, as a BI tool should, and asks one statement.
"""

import json
import sys
import time
from collections.abc import Callable
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


def _asked(place: Place) -> tuple[Any, ...]:
    if place.destination == "duckdb":
        with duckdb.connect(str(place.reports), read_only=True) as connection:
            return connection.execute(SAME_VERSION).fetchall()[0]
    with closing(psycopg2.connect(place.postgres_url, options="-csearch_path=reports")) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(SAME_VERSION)
            row: tuple[Any, ...] = cursor.fetchall()[0]
            return row


def asked_again(ask: Callable[[Place], tuple[Any, ...]], place: Place) -> tuple[Any, ...]:
    """What is told, at the second try if need be.

    DuckDB opens a file in steps. Between them a publish may put another file there, and once in some thousand times it
    then looks for a block of the one in the other, which is whole: seen with every published file kept and read anew.
    """
    try:
        return ask(place)
    except duckdb.IOException as error:
        if "Could not read enough bytes" not in str(error):
            raise
        return ask(place)


def main(place: Place, stop: Path) -> None:
    """Read until told to stop."""
    torn, versions, reads = [], set(), 0
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while not stop.exists():
        time.sleep(0.02)
        lowest, highest, rows, second, edition = row = asked_again(_asked, place)
        reads += 1
        versions.add(edition)
        if not (lowest == highest == second == edition and rows == 20):
            torn.append(row)
    sys.stdout.write(json.dumps({"reads": reads, "versions": sorted(versions), "torn": torn}))


if __name__ == "__main__":
    main(placed(sys.argv[1]), Path(sys.argv[2]))
