"""Times as Deskera tells them: in its own zone, five and a half hours ahead of UTC, some with microseconds.

Texts of one form compare as the moments they name.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from sources.sandbox.timeline import CLOSES, OPENS, SECONDS

if TYPE_CHECKING:
    from random import Random

    import pendulum

ZONE: Final = timezone(timedelta(hours=5, minutes=30))
AHEAD: Final = 5 * 3600 + 1800
CLOCK: Final = tuple(
    f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(OPENS + AHEAD, CLOSES + AHEAD)
)
"""The working hours, 06:00 to 18:00 UTC, on its clock: they end before midnight there too."""
MINUTE: Final = 60


def told(moment: datetime) -> str:
    """Write when something was done."""
    return moment.astimezone(ZONE).isoformat(timespec="microseconds")


def planned(moment: datetime) -> str:
    """Write when something begins or ends."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def in_utc(text: str) -> str:
    """Write the time of what was made elsewhere, in UTC: a deal's."""
    return (
        datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


def at(day: str, second: int, micro: int) -> str:
    """Write a moment of a business day; `second` counts from its opening."""
    return f"{day}T{CLOCK[second]}.{micro:06}+05:30"


def some_time(day: str, rng: Random) -> str:
    """Write some moment of a business day."""
    return at(day, int(rng.random() * SECONDS), int(rng.random() * 10**6))


def span(day: str, rng: Random) -> tuple[str, str]:
    """Choose when a meeting begins and ends: at a quarter of an hour, for a quarter to four hours."""
    begin = int(rng.random() * (SECONDS // 2) / 900) * 900
    end = begin + 900 * (1 + int(rng.random() ** 2 * 15))
    return f"{day}T{CLOCK[begin]}+05:30", f"{day}T{CLOCK[end]}+05:30"


def minutes(start: str | None, end: str | None) -> int:
    """Count the minutes between."""
    if not start or not end:
        return 0
    length = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, int(length.total_seconds()) // MINUTE)


def duration(record_id: int, length: int) -> str | int:
    """Write a number of minutes; every third record has it as a number, as the documents say, the others as a text."""
    if record_id % 3 == 0:
        return length
    hours, rest = divmod(length, MINUTE)
    return f"{hours}h {rest}m" if hours else f"{rest}m"


def days_before(start: pendulum.DateTime, days: int) -> str:
    """Write the moment so many days before another."""
    return told(start - timedelta(days=days))
