"""What the CRM allows: so many requests in a rolling window (burst), and so many tokens a day (budget).

The burst limiter keeps a log of the last requests, so that no window ever holds more than is allowed, and adopts the
limit that the CRM's headers state. It starts from the smallest known limit. The allowance is what we let ourselves
spend of the daily budget, which the whole company shares.
"""

import asyncio
import bisect
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from sources.errors import LATER, BudgetSpent

WINDOW = 2.0
SMALLEST_LIMIT = 20
MARGIN = 0.03
"""Seconds added to the window, because requests do not travel equally fast."""
GLANCE = 0.005
"""Seconds until we look again whether it is our turn."""
START = 20.0
"""Requests that may go at once after a rest."""
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
    by_day: Counter[tuple[date, str]] = field(default_factory=Counter)
    """The same requests and tokens, by the UTC day that the CRM charged them to."""

    def count(self, what: str, day: date, number: int) -> None:
        """Count requests or tokens of a day."""
        setattr(self, what, getattr(self, what) + number)
        self.by_day[day, what] += number


@dataclass
class Allowance:
    """The tokens that we let ourselves spend, whatever the CRM would let us.

    A request is let through only if all that was spent before, all that is in flight and its own price fit in. Days
    are UTC by the server's clock; by ours until it has answered for the first time.
    """

    most_a_day: int | None = None
    most_share: float = 1.0
    """Of the tokens left when the run begins, the share that it may spend."""
    spent_before: Mapping[date, int] = field(default_factory=dict)
    """Tokens that earlier runs spent, by day."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    _most_now: int | None = None
    """Tokens that this run may spend; known from the first answer on."""
    _spent: Counter[date] = field(default_factory=Counter)
    _flying: int = 0

    @contextlib.contextmanager
    def reserved(self, cost: int) -> Iterator[None]:
        """Keep a request's price while it is in flight; raises BudgetSpent when it does not fit in."""
        self._check(cost)
        self._flying += cost
        try:
            yield
        finally:
            self._flying -= cost

    def spend(self, tokens: int) -> None:
        """Count what the CRM has charged, or may have."""
        self._spent[self.today] += tokens

    def learn(self, headers: Mapping[str, str]) -> None:
        """Adopt the server's day, and from the first answer how much is left of its budget."""
        with contextlib.suppress(TypeError, ValueError):
            self.today = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC).date()
        left = _number(headers.get("x-daily-ratelimit-token-remaining"))
        if self._most_now is None and left is not None:
            self._most_now = math.floor(left * self.most_share)

    def _check(self, cost: int) -> None:
        """Refuse a price that does not fit in; what is in flight is taken for spent."""
        mine = self._flying + sum(self._spent.values())
        today = self._flying + self._spent[self.today] + self.spent_before.get(self.today, 0)
        if self.most_a_day is not None and today + cost > self.most_a_day:
            raise BudgetSpent(
                f"of the {self.most_a_day:,} tokens that max_tokens_a_day allows, {today:,} are spent today.",
                way_out=f"{LATER} It may spend again from midnight UTC, or once the setting is higher.",
            )
        if self.most_share < 1 and self._most_now is not None and mine + cost > self._most_now:
            raise BudgetSpent(
                f"of the {self._most_now:,} tokens that max_share_of_tokens_left allows this run, {mine:,} are spent.",
                way_out=LATER,
            )


@dataclass(eq=False)
class Turn:
    """One request's turn. `sent` may be made exact: a request that waits for a connection is sent later."""

    sent: float = 0.0


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
    _sent: list[float] = field(default_factory=list)
    """When the last answered requests were sent, ascending."""
    _closed_until: float = 0.0
    _others: int = 0
    """Requests that somebody else, or an earlier run, has in the current window."""
    _others_until: float = 0.0
    _waiting: dict[object, Callable[[], float]] = field(default_factory=dict)
    _flying: dict[object, Callable[[], float]] = field(default_factory=dict)
    """Requests that wait and that are in flight, with what their walks have left to do."""
    _credit: float = START
    """Requests that may go at once; it grows at the allowed rate, so that they go evenly and not in bursts."""
    _credited_at: float | None = None

    @contextlib.asynccontextmanager
    async def turn(self, urgency: Callable[[], float] = lambda: math.inf) -> AsyncIterator[Turn]:
        """Wait until one more request may be sent; the context lasts until it is answered.

        The walk with most left to do goes first, and one request is always left over for it: a long walk that is
        held up ends late, when the others have long been done.
        """
        turn = Turn()
        self._waiting[turn] = urgency
        try:
            while (pause := max(self._log_pause(), self._credit_pause(turn))) > 0:
                await self.sleep(max(pause, GLANCE))
        finally:
            del self._waiting[turn]
        self._credit -= 1
        self._flying[turn] = urgency
        turn.sent = self.clock()
        try:
            yield turn
        finally:
            del self._flying[turn]
            bisect.insort(self._sent, turn.sent)

    @property
    def _allowed(self) -> int:
        return max(1, self.limit - (self._others if self.clock() < self._others_until else 0))

    def _credit_pause(self, turn: Turn) -> float:
        now, rate = self.clock(), self._allowed / (WINDOW + MARGIN)
        if self._credited_at is not None:
            self._credit = min(max(START, self.limit / 2), self._credit + (now - self._credited_at) * rate)
        self._credited_at = now
        mine = self._waiting[turn]()
        if any(other() > mine for other in self._waiting.values()):
            return GLANCE
        needed = 2 if any(other() > mine for other in self._flying.values()) else 1
        return (needed - self._credit) / rate

    def _log_pause(self) -> float:
        now = self.clock()
        del self._sent[: bisect.bisect_right(self._sent, now - WINDOW - MARGIN)]
        surplus = len(self._flying) + len(self._sent) - self._allowed
        free_at = now
        if surplus >= 0:
            self._credit = min(self._credit, 1.0)  # what comes free all at once shall not go all at once
            free_at = self._sent[surplus] + WINDOW + MARGIN if surplus < len(self._sent) else now + GLANCE
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
        left = _number(headers.get("x-ratelimit-remaining"))
        if left is not None and (others := self.limit - left - len(self._flying) - len(self._sent)) > 0:
            self._others, self._others_until = others, self.clock() + WINDOW

    def walkers(self) -> int:
        """How many walks at once the limit can feed: one suffices where answers come fast."""
        rate = min(self.limit / WINDOW, MOST_PAGES_A_SECOND)
        return min(MOST_WALKERS, max(1, math.ceil(rate * self.latency * 1.1)))


def _number(text: str | None) -> int | None:
    try:
        return int(float(text)) if text is not None else None
    except (ValueError, OverflowError):
        return None
