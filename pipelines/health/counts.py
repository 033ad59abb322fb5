"""How many rows a list brought, against its own past: pure, from records of loads.

Accounts are small or large, and weekends quiet. So a load is compared with the median of those before it, per day of
the window that it read; nothing is said of a list with a short past, nor of few rows, whatever share of it they are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from statistics import median

from pipelines.health.facts import Load

SHORTEST_PAST = 7
"""Loads to compare with; with fewer nobody knows what is usual."""
FEW_CHANGES = 1_000
"""Not remarkable, even where there were none before."""
BUSY = 10
"""Changes a day (median) of a list whose silence is remarkable."""
LONGEST_WEEKEND = timedelta(days=3)
FEW_GONE = 20
"""Deletions that are not remarkable, even in a small table."""
SURELY = 20
"""A field of which so many values were to be expected, and none came, has none any more."""
LOADS_WITHOUT = 2
"""Loads in a row without any value of a field, before anybody is told: one may be an import that lacks it."""


def too_many(loads: Sequence[Load], factor: float) -> str:
    """What to say of a load that changed far more rows than usual; empty when it did not."""
    past = _comparable(loads)
    if len(past) < SHORTEST_PAST or loads[0].changed < FEW_CHANGES:
        return ""
    usual, most = median(map(_a_day, past)), max(map(_a_day, past))
    if _a_day(loads[0]) <= max(factor * usual, 2 * most):
        return ""
    return f"{loads[0].changed:,} rows changed; {usual:,.0f} a day are usual, and {most:,.0f} were the most"


def silent_since(loads: Sequence[Load]) -> datetime | None:
    """Since when a busy list has told of no change, if that is far longer than it ever was."""
    past = _comparable(loads)
    if len(past) < SHORTEST_PAST or median(map(_a_day, past)) < BUSY:
        return None
    silent = list(takewhile(lambda one: not one.changed and one.window_since, loads))
    before = past[max(len(silent) - 1, 0) :]
    longest = max(_silences(before), default=timedelta())
    covered = _covered(silent)
    return silent[-1].window_since if covered > max(LONGEST_WEEKEND, 2 * longest) else None


def _silences(loads: Sequence[Load]) -> Iterator[timedelta]:
    for changed, group in groupby(loads, key=lambda one: bool(one.changed)):
        if not changed:
            yield _covered(list(group))


def _covered(loads: Sequence[Load]) -> timedelta:
    """How much time the windows of loads cover."""
    windows = ((one.window_since, one.window_until) for one in loads)
    return sum((until - since for since, until in windows if since and until), timedelta())


def _comparable(loads: Sequence[Load]) -> list[Load]:
    """The past loads that read as the latest one did: changes, or the whole list."""
    return [one for one in loads[1:] if (one.window_since is None) == (loads[0].window_since is None)]


def _a_day(load: Load) -> float:
    """Changed rows per day of the window; of a shorter window as they are."""
    return load.changed / max(_covered([load]) / timedelta(days=1), 1)


def far_fewer(gone: int, living: int, most: float) -> bool:
    """Whether the last load marked a large share of the living rows deleted."""
    return gone >= FEW_GONE and gone > most * (living + gone)


def vanished(loads: Sequence[Load]) -> list[str]:
    """The declared fields that had values and have none any more."""
    counted = [one for one in loads if one.filled and one.rows_read]
    latest, past = counted[:LOADS_WITHOUT], counted[LOADS_WITHOUT:]
    read = sum(one.rows_read for one in past)
    if len(latest) < LOADS_WITHOUT or not read:
        return []
    filled = {name: sum(one.filled.get(name, 0) for one in past) for name in latest[0].filled}
    return sorted(
        name
        for name, values in filled.items()
        if all(one.filled.get(name) == 0 and one.rows_read * values / read >= SURELY for one in latest)
    )
