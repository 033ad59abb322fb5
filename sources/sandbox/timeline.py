"""The business days of an account's past and near future, as strings ready to be put together.

A timestamp is `days[day] + "T" + seconds[second]`: two look-ups, because a million rows need three each.
ISO strings of one zone compare as the moments they name, so nothing here parses a time back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pendulum

OPENS: Final = 6 * 3600
"""Work starts at 06:00:00 UTC ..."""
CLOSES: Final = 18 * 3600
"""... and has ended at 18:00:00 UTC."""
SECONDS: Final = CLOSES - OPENS
PAST: Final = 730
FUTURE: Final = 120
DENSITY: Final = 0.6
"""Below 1 the rows thicken toward the end of the past."""


@dataclass(frozen=True)
class Timeline:
    """Business days, oldest first; `today` is the index of the last one that belongs to the past."""

    days: tuple[str, ...]
    seconds: tuple[str, ...]
    today: int

    def stamp(self, day: int, second: int) -> str:
        """Return one RFC 3339 moment; `second` counts from the opening hour."""
        return f"{self.days[day]}T{self.seconds[second]}"

    def moment(self, share: float) -> tuple[int, int]:
        """Return the day and second at which this share (0 to 1) of all rows had been added."""
        position = share**DENSITY * self.today
        day = int(position)
        return day, int((position - day) * SECONDS)


def clock_strings() -> tuple[str, ...]:
    """Return every second of the working day as `HH:MM:SSZ`."""
    return tuple(f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in range(OPENS, CLOSES))


def timeline(start: pendulum.DateTime) -> Timeline:
    """Return two years of business days that had ended at `start`, and some months to come."""
    last = start.date() if start.hour >= CLOSES // 3600 else start.date().subtract(days=1)
    today = date(last.year, last.month, last.day)
    span = [today + timedelta(days=n) for n in range(-PAST, FUTURE)]
    days = [day for day in span if day.weekday() < 5]  # noqa: PLR2004  Saturday
    past = sum(day <= today for day in days)
    return Timeline(tuple(day.isoformat() for day in days), clock_strings(), past - 1)
