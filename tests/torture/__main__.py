"""`python -m tests.torture [--seed N] [--days N] [--kills N] [--destination duckdb|postgres] [--replay EVENTS]`.

Tells each command and what struck it, then the figures. Without a seed, courses of three new seeds on DuckDB, and one
on Postgres. Exits with 1 when anything was found.
"""

import argparse
import random
import signal
import sys
from pathlib import Path

from pipelines.place import Destination
from tests.torture.report import lines
from tests.torture.torture import Asked, Broken, Outcome, Replayed, recorded, torture

ALL: tuple[Destination, ...] = ("duckdb", "duckdb", "duckdb", "postgres")
"""What is tortured when neither seed nor destination is given."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "--seed", type=int, help="the same seed is the same course; by default another each time"
    )
    parser.add_argument("--days", type=int, default=60, help="simulated business days")
    parser.add_argument("--kills", type=int, default=200, help="processes to kill at the least")
    parser.add_argument("--activities", type=int, default=300, help="size of the made-up accounts")
    parser.add_argument("--destination", choices=["duckdb", "postgres"])
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="EVENTS",
        help="strike exactly where the course of this events.jsonl did",
    )
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Torture, and tell."""
    given = _arguments()
    # Whoever ends it lets it take its file systems and servers down.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    replayed = recorded(given.replay) if given.replay else None
    well = [_tell(_outcome(asked, replayed)) for asked in _courses(given)]
    return int(not all(well))


def _courses(given: argparse.Namespace) -> list[Asked]:
    """The course of a seed; or several, of seeds that nobody knows."""
    sizes = (given.days, given.kills)
    if given.seed is not None:
        return [Asked(given.seed, *sizes, given.destination or "duckdb", given.activities)]
    destinations = [given.destination] if given.destination else ALL
    return [Asked(random.randrange(10**6), *sizes, one, given.activities) for one in destinations]


def _outcome(asked: Asked, replayed: Replayed | None) -> Outcome:
    _say(f"Torture: {asked.command}")
    try:
        return torture(asked, tell=_say, replayed=replayed)
    except Broken as broken:
        return broken.outcome


def _tell(outcome: Outcome) -> bool:
    """Tell of it; whether all is well."""
    for line in lines(outcome.figures):
        _say(line)
    for lacking in outcome.lacking:
        _say(f"LESS THAN ASKED FOR: {lacking}")
    for finding in outcome.findings:
        _say(f"FOUND {finding}")
    if outcome.findings:
        _say(f"Everything is kept in {outcome.folder}. The same course again: {outcome.asked.command}")
        _say(f"With each strike where it was: --replay {outcome.folder / 'events.jsonl'}")
    else:
        _say("Nothing was found.")
    return outcome.is_well


if __name__ == "__main__":
    sys.exit(main())
