"""How to get from one page to the next. Pure: no requests, no clock."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pendulum

from sources.endless import Bound
from sources.entity import Listing
from sources.errors import RepeatedPage

TIME = "YYYY-MM-DDTHH:mm:ss[Z]"


@dataclass(frozen=True)
class Page:
    """One page of records, decoded."""

    rows: list[Any]
    cursor: str | None = None
    listing: str = ""
    """The list it belongs to."""
    reached: str = ""
    """With this page, everything of the list up to this update time has been read; empty where that is not known."""
    more: bool = False
    """Whether a list that is paged by offset goes on."""
    total: int | None = None
    """How many records the whole list had when this page was made, where it tells."""
    bound: Bound | None = field(default=None, repr=False, compare=False)
    """That of the walk that read it."""


@dataclass(frozen=True)
class Window:
    """What a run reads: rows updated in [since, until), RFC3339 UTC in whole seconds; empty means unbounded."""

    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class Route:
    """One walk through a list: which parameters, in which order, from which end."""

    listing: Listing
    window: Window = Window()
    filters: Mapping[str, str] = field(default_factory=dict)
    order: str = ""
    """The field sorted by; empty where the list has its own order."""
    descending: bool = False

    def params(self, cursor: str | None = None) -> dict[str, str]:
        """The query of one page; every parameter is sent again with a cursor, for the cursor does not carry them."""
        listing = self.listing
        wanted = dict(listing.params) | dict(self.filters)
        if listing.paging != "none":
            wanted[listing.size_param] = str(listing.page_size)
        if listing.since and self.window.since:
            wanted[listing.since] = _written(self.window.since, listing)
        if listing.until and self.window.until:
            wanted[listing.until] = _written(self.window.until, listing)
        if listing.sortable and self.order:
            wanted |= {"sort_by": self.order, "sort_direction": "desc" if self.descending else "asc"}
        if listing.paging == "offset":
            return wanted | {"start": cursor or "0"}
        if listing.paging == "pages":
            return wanted | {listing.page_param: cursor or "1"}
        return wanted | ({"cursor": cursor} if cursor else {})

    @property
    def by_time(self) -> bool:
        """Whether several records may stand at the same place of the order."""
        return self.order not in ("", "id")

    def place(self, row: Any) -> Any:
        """Where a row stands in this walk's order; records without an update time stand first."""
        place = getattr(row, self.order)
        return "" if place is None else place

    def reached(self, page: Page) -> str:
        """The update time up to which everything is read, once this page is."""
        return self.place(page.rows[-1]) if page.rows and self.by_time and not self.descending else ""


def _written(time: str, listing: Listing) -> str:
    """A time as a list's parameters want it."""
    return time if listing.zoned else f"{time[:10]} {time[11:19]}"


def following(route: Route, page: Page, cursor: str | None) -> str | None:
    """The marker of the page after this one; by offset it is this page's last row."""
    if route.listing.paging != "offset":
        return page.cursor  # pages with numbers are counted by `newest`
    if page.more and len(page.rows) <= 1:
        raise RepeatedPage(
            f"{route.listing.path} says that more follows, and serves no more.", way_out="Run again later."
        )
    return str(int(cursor or 0) + len(page.rows) - 1) if page.more else None


def joins(previous: Page, page: Page, primary_key: str) -> bool:
    """Whether a page holds a row of the page before, so that no row between the two can have been missed."""
    known = {getattr(row, primary_key) for row in previous.rows}
    return any(getattr(row, primary_key) in known for row in page.rows)


def check_progress(route: Route, previous: Page | None, page: Page, primary_key: str) -> None:
    """Refuse a page that was read already: going on from it would walk in circles, or skip what it hides."""
    if previous is None or not previous.rows or not page.rows:
        return
    if _same(previous, page, primary_key) or _backwards(route, previous, page):
        raise RepeatedPage(
            f"{route.listing.path} served a page that was read already.",
            way_out="The walk cannot go on from it; the next run starts again from what was kept.",
        )


def _same(one: Page, other: Page, primary_key: str) -> bool:
    ends = (0, -1)
    return all(getattr(one.rows[end], primary_key) == getattr(other.rows[end], primary_key) for end in ends)


def _backwards(route: Route, previous: Page, page: Page) -> bool:
    if not (route.listing.sortable and route.order):
        return False
    last, first = route.place(previous.rows[-1]), route.place(page.rows[0])
    return bool(first > last if route.descending else first < last)


@dataclass
class Ends:
    """Two walks through one list, from both ends: they are done when they have met, or one came to the end."""

    low: Any = None
    high: Any = None
    met: bool = False
    rows: int = 0
    outer: list[Any] = field(default_factory=list)
    """Where the walks began."""

    def note(self, route: Route, page: Page) -> None:
        """Record how far a walk has come."""
        if page.rows and (self.low if not route.descending else self.high) is None:
            self.outer.append(route.place(page.rows[0]) if route.order else None)
        self.rows += len(page.rows)
        if page.rows and route.descending:
            self.high = route.place(page.rows[-1])
        elif page.rows and route.order:
            self.low = route.place(page.rows[-1])
        if self.low is not None and self.high is not None:
            # Two records may share a second, so equal times are no proof that nothing lies between.
            self.met = bool(self.low > self.high if route.by_time else self.low >= self.high)
        self.met = self.met or not page.cursor

    def remaining(self) -> float:
        """About how many rows lie between the walks; without end as long as that cannot be told."""
        if not (isinstance(self.low, int) and isinstance(self.high, int)):
            return math.inf
        gap = max(0, self.high - self.low)
        walked = max(self.outer) - min(self.outer) - gap
        return float(self.rows * gap / max(1, walked))


def stamp(time: pendulum.DateTime) -> str:
    """An instant as RFC3339 UTC in whole seconds; such texts sort as the instants do."""
    return time.in_timezone("UTC").format(TIME)


def instant(text: str) -> pendulum.DateTime:
    """The instant that a stamp names."""
    return pendulum.from_format(text, TIME, tz="UTC")
