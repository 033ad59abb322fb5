"""Lists whose pages have numbers, and in which what changed last stands first.

Such a list moves while it is read. What is created or edited goes to its top and pushes what stood before it towards
the end: rows come twice, and none is passed over but one that was edited before we came to it. That one is newer than
the run, so it is the next run's; where the whole list matters, the top is read again until it rests. What is deleted
draws all behind it forward, past us; but that always shows in a smaller total, and then we step back as far as rows
may have come. Several pages at once could miss what moves between them in either way: they are believed only if the
list's top and total are after them what they were before. Where several records share an update time, a server may
serve them in another order each time; so a list read whole is counted, and read again in pages of another size if it
showed less than it has.
"""

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sources.arrow import Decoder
from sources.budget import Tally
from sources.endless import Bound
from sources.entity import Entity
from sources.errors import LATER, BadBody, RepeatedPage, Unsteady, WrongType
from sources.http import Answer, Client
from sources.paging import Page, Route
from sources.seen import Seen

OVERLAP = timedelta(minutes=10)
"""Read again before the watermark: a change may show later than the time it bears."""
MOST_AT_ONCE = 4
MOST_TRIES = 3
"""How often a walk, or a list's top, is read anew because it moved."""
MOST_STEPS_BACK = 20
"""Without a page further than before."""
MOST_WALKS = 20
"""Through a list that goes on showing less than it counts."""
LESS = 7
"""By so many rows the pages of another walk are smaller, so that they end elsewhere."""
Emit = Callable[[Page], Coroutine[Any, Any, None]]


class _Hole(BadBody):
    """A page lacks records, though more follow."""


@dataclass(frozen=True)
class Top:
    """The first record of a list and how many there are: nothing moved between two equal ones."""

    key: Any = None
    place: datetime | None = None
    total: int | None = None


@dataclass
class Newest:
    """Walks through one list."""

    client: Client
    entity: Entity
    decoder: Decoder
    tally: Tally
    route: Route
    emit: Emit
    at_once: int = 1
    lacking: int = 0
    """How many of the records that the whole list counts it did not show."""
    _met: Seen = field(default_factory=Seen)
    _size: int = 0
    """Rows of a full page, as the list serves them."""
    _total: int | None = None
    """Records in the list when the last page was read."""
    _began: Top = Top()
    """The list's top as the last walk began."""
    _top: Top = Top()
    """The list's top as it was seen last."""
    _disturbed: int = 0
    """How often several pages at once were read in vain."""
    _alone: int = 0
    """So many pages are now read one by one: twice as many each time."""

    async def changes(self, since: datetime) -> None:
        """Hand over what was updated at or after a time, and a little before."""
        await self._walked(since - OVERLAP)

    async def whole(self) -> None:
        """Hand over every record, also those that move while we read."""
        for _ in range(MOST_WALKS):
            before = len(self._met)
            await self._walked(None)
            last = await self._rested(self._began)
            self.lacking = max(0, (last.total or 0) - len(self._met))
            if not self.lacking or (before and len(self._met) == before):
                return
            self.tally.retries += 1
            listing = self.route.listing
            self.route = replace(
                self.route, listing=replace(listing, page_size=max(2, listing.page_size - LESS))
            )

    async def _rested(self, top: Top) -> Top:
        """Read the list's top again until nothing came to it meanwhile."""
        for _ in range(MOST_TRIES):
            now = await self._first()
            if now == top:
                break
            await self._walked(top.place)
            top = now
        return top

    async def _walked(self, oldest: datetime | None) -> None:
        """Walk from the top down to what is older; from the beginning once more if a page came twice."""
        for tries in range(MOST_TRIES):
            try:
                await self._walk(oldest)
            except RepeatedPage:
                if tries == MOST_TRIES - 1:
                    raise
                self.tally.retries += 1
            else:
                return

    async def _walk(self, oldest: datetime | None) -> None:
        number, many, furthest, steps_back = 1, 1, 0, 0
        self._size, self._total, self._top = 0, None, Top()
        bound = Bound.of(self.route.listing.path, self.client.limiter.daily_limit, self.route.listing.cost)
        previous: Page | None = None
        while True:
            pages = await self._believed(number, many)
            if back := self._moved_forward(pages):
                steps_back += 1
                if steps_back > MOST_STEPS_BACK:
                    raise self._unsteady()
                number, many, previous = max(1, number - back), 1, None
                continue
            for page in pages:
                self._check(previous, page)
                await self.emit(page)
                keys = [getattr(row, self.entity.primary_key) for row in page.rows]
                bound.note(keys)
                self._met.first_time(keys)
                if self._is_last(number, page) or (oldest and self._ends_before(page, oldest)):
                    return
                previous, number = page, number + 1
            if number > furthest:
                furthest, steps_back = number, 0
            self._alone = max(0, self._alone - 1)
            many = 1 if self._alone else min(self.at_once, many * 2, self._pages_left(number))

    async def _believed(self, number: int, many: int) -> list[Page]:
        """These pages, as they were while nothing moved; a single one is always."""
        if many > 1:
            pages = await self._at_once(number, many)
            top, self._top = self._top, await self._first()
            if pages and top == self._top and all(page.total == top.total for page in pages):
                return pages
            self.tally.retries += many
            self._disturbed += 1
            self._alone = 2**self._disturbed
        try:
            page = await self._page(number)
        except _Hole:
            if number == 1 or (await self._page(number + 1, checked=False)).rows:
                raise
            return [Page([])]  # the list counts more than it shows
        if number == 1:
            self._size = len(page.rows)
            self._began = self._top = self._top_of(page)
        return [page]

    async def _at_once(self, number: int, many: int) -> list[Page]:
        """So many pages; none where one has a hole."""
        try:
            async with asyncio.TaskGroup() as group:
                reading = [group.create_task(self._page(number + step)) for step in range(many)]
        except BaseExceptionGroup as several:
            if several.subgroup(_Hole):
                return []
            raise
        return [task.result() for task in reading]

    def _moved_forward(self, pages: Sequence[Page]) -> int:
        """By how many pages records may have moved past us since the last page: as many were deleted."""
        totals = [page.total for page in pages if page.total is not None]
        before, self._total = self._total, min(totals, default=None)
        if before is None or self._total is None:
            return 0
        return math.ceil(max(0, before - self._total) / max(1, self._size))

    def _pages_left(self, number: int) -> int:
        left = (self._total or 0) - (number - 1) * self._size
        return max(1, math.ceil(left / max(1, self._size)))

    def _is_last(self, number: int, page: Page) -> bool:
        """Whether nothing follows: a full page may be followed by more than the list counts."""
        counted = (number - 1) * self._size + len(page.rows)
        short = len(page.rows) < (self._size if number > 1 else self.route.listing.page_size)
        return not page.rows or (short and page.total is not None and counted >= page.total)

    def _ends_before(self, page: Page, oldest: datetime) -> bool:
        last = self._place(page.rows[-1])
        return last is not None and last < oldest

    async def _first(self) -> Top:
        """What stands at the top."""
        return self._top_of(await self._page(1, only=1))

    def _top_of(self, page: Page) -> Top:
        if not page.rows:
            return Top(total=page.total)
        row = page.rows[0]
        return Top(getattr(row, self.entity.primary_key), self._place(row), page.total)

    async def _page(self, number: int, *, only: int = 0, checked: bool = True) -> Page:
        listing = replace(self.route.listing, page_size=only) if only else self.route.listing
        params = replace(self.route, listing=listing).params(str(number))

        def parse(answer: Answer) -> Page:
            page = self.decoder.decode(answer.body)
            if checked and not only:
                self._refuse_hole(number, page)
            return replace(page, listing=listing.name)

        page = await self.client.get(listing.path, params, cost=listing.cost, tally=self.tally, parse=parse)
        self.tally.rows += 0 if only else len(page.rows)
        return page

    def _refuse_hole(self, number: int, page: Page) -> None:
        """A page that lacks records though more follow is asked for again."""
        counted = (number - 1) * self._size + len(page.rows)
        if page.total is None or counted >= page.total or (number == 1 and page.rows):
            return
        if len(page.rows) < max(1, self._size):
            raise _Hole(
                f"page {number} of {self.route.listing.path} has {len(page.rows)} records, though the list counts "
                f"{page.total:,}.",
                way_out=LATER,
            )

    def _check(self, previous: Page | None, page: Page) -> None:
        """Refuse pages out of order, which would hide where to stop, and the same page again."""
        key = self.entity.primary_key
        if (
            previous
            and page.rows
            and [getattr(row, key) for row in previous.rows] == [getattr(row, key) for row in page.rows]
        ):
            raise RepeatedPage(
                f"{self.route.listing.path} served a page that was read already.", way_out=LATER
            )
        if self._size and len(page.rows) > self._size:
            raise RepeatedPage(
                f"the pages of {self.route.listing.path} differ in length, so rows lie between them.",
                way_out=LATER,
            )
        places = [place for row in page.rows if (place := self._place(row)) is not None]
        if any(later > earlier for earlier, later in pairwise(places)):
            raise BadBody(
                f"{self.route.listing.path} is not sorted by {self.entity.watermark}, newest first, as was asked.",
                way_out="Without that order nobody knows which records changed; what was read is kept.",
            )

    def _place(self, row: Any) -> datetime | None:
        told = getattr(row, self.entity.watermark)
        try:
            return _moment(told) if told else None
        except ValueError as error:
            identity = getattr(row, self.entity.primary_key)
            raise WrongType(
                f"record {identity}: {self.entity.watermark}: not a valid time.", record_id=identity
            ) from error

    def _unsteady(self) -> Unsteady:
        return Unsteady(
            f"{self.route.listing.path} counts fewer records each time it is asked, so its pages cannot be joined.",
            way_out=LATER,
        )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
