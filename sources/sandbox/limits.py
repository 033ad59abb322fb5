"""What an account may ask for: a daily budget of tokens, shared, and a burst of requests per credential."""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sources.sandbox.clock import Clock

BURST_SECONDS = 2.0


@dataclass(frozen=True)
class Allowance:
    """What a subscription grants: tokens a day, and requests per two seconds by kind of credential."""

    daily: int
    burst: Mapping[str, int]


@dataclass(frozen=True)
class Standing:
    """Where a credential stands when its request comes in; `refused` is "", "burst" or "budget"."""

    refused: str
    burst_limit: int
    burst_remaining: int
    burst_reset: int  # seconds
    daily_limit: int
    daily_remaining: int  # before this request is charged
    daily_reset: int  # seconds


class Limits:
    """Counts requests and tokens, and says no."""

    def __init__(
        self,
        allowance: Allowance,
        clock: Clock,
        *,
        enabled: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.allowance = allowance
        self.enabled = enabled
        self.burst: int | None = None  # instead of the allowance's
        self._clock = clock
        self._monotonic = monotonic
        self._spent = 0
        self._day = clock.now().date()
        self._recent: dict[str, deque[float]] = {}

    @property
    def daily_remaining(self) -> int:
        """Return the tokens left until midnight UTC."""
        self._turn(self._clock.now().date())
        return max(self.allowance.daily - self._spent, 0)

    def leave(self, tokens: int) -> None:
        """Leave so many tokens for the rest of the day."""
        self._turn(self._clock.now().date())
        self._spent = self.allowance.daily - tokens

    def charge(self, credential: str, kind: str, cost: int) -> Standing:
        """Count a request, or refuse it; a refused one costs nothing."""
        refused = self._refusal(credential, kind, cost) if self.enabled else ""
        if not refused:
            self._recent.setdefault(credential, deque()).append(self._monotonic())
        standing = self.standing(credential, kind, refused)
        self._spent += 0 if refused else cost
        return standing

    def standing(self, credential: str, kind: str, refused: str = "") -> Standing:
        """Tell where a credential stands, counting nothing."""
        recent, most = self._window(credential), self._most(kind)
        now = self._clock.now()
        return Standing(
            refused=refused,
            burst_limit=most,
            burst_remaining=0 if refused == "burst" else max(most - len(recent), 0),
            burst_reset=math.ceil(recent[0] + BURST_SECONDS - self._monotonic()) if recent else 0,
            daily_limit=self.allowance.daily,
            daily_remaining=0 if refused == "budget" else self.daily_remaining,
            daily_reset=_until_midnight(now),
        )

    def _refusal(self, credential: str, kind: str, cost: int) -> str:
        if len(self._window(credential)) >= self._most(kind):
            return "burst"
        return "budget" if cost > self.daily_remaining else ""

    def _most(self, kind: str) -> int:
        return self.allowance.burst[kind] if self.burst is None else self.burst

    def _window(self, credential: str) -> deque[float]:
        recent = self._recent.get(credential, deque())
        oldest = self._monotonic() - BURST_SECONDS
        while recent and recent[0] <= oldest:
            recent.popleft()
        return recent

    def _turn(self, today: date) -> None:
        if today != self._day:
            self._day, self._spent = today, 0


def _until_midnight(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return math.ceil((midnight - now).total_seconds())
