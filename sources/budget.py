"""What the CRM allows: so many requests in a rolling window (burst), and so many tokens a day (budget).

The burst limiter keeps a log of when the last requests were sent, so that no window ever holds more than is
allowed, and adopts the limit that the CRM's headers state. It starts from the smallest known limit.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

WINDOW = 2.0
SMALLEST_LIMIT = 20
MARGIN = 0.03
"""Seconds added to the window, because requests do not take equally long to arrive."""
MOST_WALKERS = 8
MOST_PAGES_A_SECOND = 20
"""One walk after another is fast enough beyond this; more walks at once would only cost more requests."""


@dataclass
class Tally:
    """What reading one entity took so far."""

    rows: int = 0
    requests: int = 0
    tokens: int = 0
    retries: int = 0
    bytes: int = 0


@dataclass
class Limiter:
    """Lets requests pass as fast as the burst limit allows, and never faster."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    limit: int = SMALLEST_LIMIT
    daily_remaining: int | None = None
    """Tokens left today as the CRM last said; None when it does not say."""
    daily_limit: int | None = None
    latency: float = 0.0
    """Seconds from request to answer, at best: what is more may be our own doing."""
    _sent: deque[float] = field(default_factory=deque)
    _closed_until: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pass_through(self) -> None:
        """Wait until one more request may be sent, and count it as sent."""
        async with self._turn:
            while (pause := self._pause()) > 0:
                await self.sleep(pause)
            self._sent.append(self.clock())

    def _pause(self) -> float:
        now = self.clock()
        while self._sent and self._sent[0] <= now - WINDOW - MARGIN:
            self._sent.popleft()
        full = len(self._sent) >= self.limit
        free_at = self._sent[-self.limit] + WINDOW + MARGIN if full else now
        return max(free_at, self._closed_until) - now

    def close_for(self, seconds: float) -> None:
        """Let nobody pass for a while: the CRM asked for a pause."""
        self._closed_until = max(self._closed_until, self.clock() + seconds)

    def learn(self, headers: Mapping[str, str], seconds: float) -> None:
        """Adopt the limits and the budget that an answer's headers state; `seconds` is how long it took."""
        self.latency = min(seconds, self.latency or seconds)
        self.limit = max(1, _number(headers.get("x-ratelimit-limit")) or self.limit)
        self.daily_limit = _number(headers.get("x-daily-ratelimit-token-limit")) or self.daily_limit
        remaining = _number(headers.get("x-daily-ratelimit-token-remaining"))
        self.daily_remaining = self.daily_remaining if remaining is None else remaining
        if _number(headers.get("x-ratelimit-remaining")) == 0 and len(self._sent) < self.limit / 2:
            # We sent too little to have used it up: somebody else uses the same token.
            self.close_for(min(WINDOW, _number(headers.get("x-ratelimit-reset")) or WINDOW))

    def walkers(self) -> int:
        """How many walks at once the limit can feed: one suffices where answers come fast."""
        rate = min(self.limit / WINDOW, MOST_PAGES_A_SECOND)
        return min(MOST_WALKERS, max(1, math.ceil(rate * self.latency * 1.1)))


def _number(text: str | None) -> int | None:
    try:
        return int(float(text)) if text is not None else None
    except ValueError:
        return None
