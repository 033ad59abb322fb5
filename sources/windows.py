"""What a backfill has still to read, and who walks where. Pure: no requests, no clock.

Times are whole seconds since 1970; a lower bound is inclusive, an upper one exclusive. A walk reads its window in order
of time, so the window may be cut anywhere ahead of it: whoever is idle takes the later half of the largest one. Of the
second that a page ends with there may be more records, so it counts as read with the next page.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import pendulum

from sources.paging import instant, stamp

WORTH_HALVING = 2.0
"""Pages; of a walk that has fewer left, nothing is taken: it would only add a request."""


@dataclass(frozen=True)
class Span:
    """The seconds [since, until) of one list."""

    listing: str
    since: int
    until: int

    @classmethod
    def read_from(cls, listing: str, since: str, until: str) -> Self:
        """A span as it was written."""
        return cls(listing, second(since), second(until))

    def written(self) -> list[str]:
        """The span as it is kept: its list, and times as the API writes them."""
        return [self.listing, moment(self.since), moment(self.until)]

    def without(self, other: "Span") -> Iterator["Span"]:
        """What is left of this span, in up to two pieces."""
        if self.listing != other.listing or other.since >= self.until or other.until <= self.since:
            yield self
            return
        if self.since < other.since:
            yield replace(self, until=other.since)
        if other.until < self.until:
            yield replace(self, since=other.until)


def second(time: str) -> int:
    """A time of the API as a number."""
    return instant(time).int_timestamp


def moment(number: int) -> str:
    """A number as a time of the API."""
    return stamp(pendulum.from_timestamp(number))


def less(left: Sequence[Span], read: Span) -> list[Span]:
    """What is left once a span has been read."""
    return [piece for span in left for piece in span.without(read)]


@dataclass(eq=False)
class Walk:
    """One walk: all before `at` is read, all before `until` is its own. Nobody knows what lies ahead of it.

    Records may lie anywhere in it: thousands in one second, then none for a month. So what is taken from a walk must
    prove to be worth its request before more is taken; when it does not, the walk is left alone for some pages, and
    each time for twice as many.
    """

    listing: str
    at: int
    until: int
    density: float = 0.0
    """Rows a second, as its last page had them; 0 before the first page."""
    parent: "Walk | None" = None
    """The walk that this one was taken from, until it has proved its worth."""
    lent: bool = False
    """Whether what was last taken from it has still to prove its worth."""
    rest: int = 0
    """Pages for which it is left alone."""
    fruitless: int = 0
    """How often in turn nothing much was taken from it."""

    @property
    def rows_left(self) -> float:
        """About how many rows it has still to read."""
        return max(0, self.until - self.at) * self.density

    @property
    def is_divisible(self) -> bool:
        """Whether somebody may take a part of it."""
        return not self.lent and not self.rest and self.until - self.at > 1

    def prove(self, *, worth: bool) -> None:
        """Tell the walk that this one was taken from whether that was worth a request."""
        parent, self.parent = self.parent, None
        if parent is not None:
            parent.lent = False
            parent.fruitless = 0 if worth else parent.fruitless + 1
            parent.rest = 0 if worth else 2**parent.fruitless


class Windows:
    """The walks through some spans, which are given to whoever asks for one."""

    def __init__(self, spans: Iterable[Span], page_size: int) -> None:
        self.walks: list[Walk] = []
        """Those on their way."""
        self._waiting = deque(span for span in spans if span.since < span.until)
        self._page_size = page_size

    def take(self) -> Walk | None:
        """A walk to begin: a span that waits, or else the later half of the largest; None if none is worth it."""
        if self._waiting:
            span = self._waiting.popleft()
            walk = Walk(span.listing, span.since, span.until)
        elif (found := self._later_half()) is not None:
            walk = found
        else:
            return None
        self.walks.append(walk)
        return walk

    def _later_half(self) -> Walk | None:
        divisible = [walk for walk in self.walks if walk.is_divisible]
        largest = max(divisible, key=lambda walk: walk.rows_left, default=None)
        if largest is None or largest.rows_left < WORTH_HALVING * self._page_size:
            return None
        middle = (largest.at + largest.until + 1) // 2
        later = Walk(largest.listing, middle, largest.until, parent=largest)
        largest.until, largest.lent = middle, True
        return later

    def note(self, walk: Walk, last: int | None, rows: int, *, more: bool) -> Span:
        """Take note of a page: the second of its last row, its rows, whether there are more; what is read with it."""
        began, last = walk.at, walk.at if last is None else max(walk.at, last)
        walk.prove(worth=more)
        walk.rest = max(0, walk.rest - 1)
        walk.density = rows / max(1, last - began)
        walk.at = min(walk.until, last) if more else walk.until
        if walk.at == walk.until:
            self.walks.remove(walk)
        return Span(walk.listing, began, walk.at)

    @property
    def rows_left(self) -> float:
        """About how many rows the walks on their way have still to read."""
        return sum(walk.rows_left for walk in list(self.walks))
