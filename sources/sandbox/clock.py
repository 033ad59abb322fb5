"""The sandbox's clock: ticks with real time from its start, and can be put forward."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """The time in the sandbox, UTC."""

    def __init__(self, start: datetime, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ahead = start.timestamp() - monotonic()

    def timestamp(self) -> float:
        """Return the time as seconds since 1970."""
        return self._monotonic() + self._ahead

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def forward(self, seconds: float) -> None:
        """Put the clock forward by some seconds."""
        if seconds < 0:
            raise ValueError(f"the sandbox clock only goes forward, not by {seconds} seconds")
        self._ahead += seconds

    def set(self, to: datetime) -> None:
        """Put the clock forward to a time."""
        self.forward(to.timestamp() - self.timestamp())


def stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in whole seconds, as `2026-10-01T20:00:00Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(moment: datetime) -> str:
    """Write a time as HTTP does."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
