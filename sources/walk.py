"""Walks through a list, page by page, ahead of the reader and within the limits.

A walk runs in an asyncio task of the fetcher's thread and hands pages over through a bounded queue, so that reading
goes on while the reader works, in flat memory. One walk from the beginning is the cheapest; where answers are slow and
the burst limit allows more, a long list is walked from both ends at once, and in parts if the entity has filters
that together match every record exactly once. Every way reads every record, also those without an update time.
"""

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any, Self, TypeVar

from sources.arrow import Decoder
from sources.budget import Tally
from sources.endless import Bound
from sources.entity import Entity, Listing
from sources.errors import LATER, CursorRefused, RoundtripError
from sources.http import Answer, Client
from sources.newest import MOST_AT_ONCE, Newest
from sources.paging import Ends, Page, Route, Window, check_progress, following, instant, joins, stamp
from sources.single import one_by_one
from sources.texts import paired

AHEAD = 6
"""Pages read ahead of the reader."""
MOST_RESTARTS = 3
ENDS = 2
Result = TypeVar("Result")
Emit = Callable[[Page], Coroutine[Any, Any, None]]


@dataclass
class Reader:
    """Reads one entity's lists through a client; counts into `tally`."""

    client: Client
    entity: Entity
    tally: Tally = field(default_factory=Tally)
    frugal: bool = False
    """Whether to ask for no page twice, however slow the answers are: one walk a list."""
    lacking: int = 0
    """How many records the lists count that they did not show."""

    def __post_init__(self) -> None:
        """One decoder for all pages, so that undeclared keys are told once."""
        self.decoder = Decoder(self.entity)

    async def read(self, window: Window, emit: Emit, reached: Mapping[str, str] | None = None) -> None:
        """Hand over every page of every list of the entity; an empty page says that a list was read to its end.

        `reached` names lists that an earlier run has read further than to the window's beginning.
        """
        order = self.entity.watermark if window.since else self.entity.primary_key
        for listing in self.entity.lists:
            since = max(window.since, (reached or {}).get(listing.name, "")) if window.since else ""
            part = replace(window, since=since)
            await self.read_list(Route(listing, part, order=order if listing.sortable else ""), emit)
            await emit(Page([], None, listing.name, window.until))

    async def probe(self, listing: Listing) -> None:
        """Ask for one record of a list, to see whether it can be read."""
        # A list by offset that says more follows, and shows one row, would count as one that does not get on.
        small = replace(listing, page_size=1 if listing.paging != "offset" else 2)
        await self.page(Route(small), None)

    async def highest(self, listing: Listing) -> int:
        """The highest number that is a record's key, for one request; 0 where the list is empty."""
        last = Route(replace(listing, page_size=1), order=self.entity.primary_key, descending=True)
        rows = (await self.page(last, None)).rows
        return int(getattr(rows[0], self.entity.primary_key)) if rows else 0

    async def some(self, ids: Sequence[int]) -> list[Page]:
        """Those of these records (at most 100) that the CRM still lists, or has where they are asked for one by one."""
        if self.entity.single:
            return await one_by_one(self.client, self.entity, self.decoder, self.tally, ids)
        lists = self.entity.probe or self.entity.lists
        routes = [Route(listing, filters={"ids": ",".join(map(str, ids))}) for listing in lists]
        return [await self.page(route, None) for route in routes]

    async def alive(self, ids: Sequence[int]) -> set[int]:
        """The ids of those."""
        return {row.id for page in await self.some(ids) for row in page.rows}

    async def read_list(self, route: Route, emit: Emit) -> None:
        """Hand over every page of one list."""
        if route.listing.paging == "pages":
            await self._newest_first(route, emit)
            return
        first = await self.page(route, None)
        await emit(first)
        if not first.cursor:
            return
        walkers = self.client.limiter.walkers() if route.listing.sortable and not self.frugal else 1
        parts = (
            [] if route.window.since else [replace(route, filters=part) for part in self.entity.partitions]
        )
        if walkers == 1:
            await self._walk(route, emit, Ends(), start=first)
        elif walkers <= ENDS or not parts:
            await self._walk_from_both_ends(route, emit, start=first)
        else:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(self._walk_from_both_ends(part, emit, start=None))

    async def _newest_first(self, route: Route, emit: Emit) -> None:
        at_once = 1 if self.frugal else min(MOST_AT_ONCE, self.client.limiter.walkers())
        walk = Newest(self.client, self.entity, self.decoder, self.tally, route, emit, at_once)
        if route.window.since:
            await walk.changes(instant(route.window.since))
            return
        await walk.whole()
        self.lacking += walk.lacking

    async def _walk_from_both_ends(self, route: Route, emit: Emit, *, start: Page | None) -> None:
        ends = Ends()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._walk(route, emit, ends, start=start))
            group.create_task(self._walk(replace(route, descending=True), emit, ends))

    async def _walk(self, route: Route, emit: Emit, ends: Ends, start: Page | None = None) -> None:
        """Walk on from `start` (already handed over), or from the beginning, until the end or the other walk."""
        restarts, page = 0, start
        while not ends.met:
            try:
                page = await self.page(route, page, ends.remaining)
            except CursorRefused:
                restarts += 1
                if restarts > MOST_RESTARTS:
                    raise
                self.tally.retries += 1
                route, page = _rest(route, page), None
                continue
            await emit(page)
            ends.note(route, page)

    async def page(
        self, route: Route, previous: Page | None, urgency: Callable[[], float] = lambda: math.inf
    ) -> Page:
        """The page of a walk after `previous`, or the first one."""
        cursor = previous.cursor if previous else None
        if route.listing.paging == "offset" and previous:
            return await self._page_by_offset(route, previous, int(cursor or 0))
        return await self._ask(route, previous, cursor, urgency)

    async def _page_by_offset(self, route: Route, previous: Page, start: int) -> Page:
        """The page after `previous`, asked for one row early, so that one row of it must be found again.

        Rows deleted meanwhile move the others forward; then we step back, for what moved past us would be missed.
        """
        while True:
            page = await self._ask(route, previous, str(start))
            if joins(previous, page, self.entity.primary_key):
                return page
            if start == 0:
                raise CursorRefused(f"{route.listing.path} lost all rows of a page while it was walked.")
            start = max(0, start - len(previous.rows) + 1)

    async def _ask(
        self,
        route: Route,
        previous: Page | None,
        cursor: str | None,
        urgency: Callable[[], float] = lambda: math.inf,
    ) -> Page:
        listing = route.listing

        def parse(answer: Answer) -> Page:
            body = listing.adapt(paired(answer.body)) if listing.adapt else answer.body
            page = self.decoder.decode(body)
            check_progress(route, previous, page, self.entity.primary_key)
            then = following(route, page, cursor)
            return replace(page, listing=listing.name, reached=route.reached(page), cursor=then)

        params = route.params(cursor)
        page = await self.client.get(
            listing.path, params, cost=listing.cost, tally=self.tally, parse=parse, urgency=urgency
        )
        self.tally.rows += len(page.rows)
        limiter = self.client.limiter
        bound = (previous and previous.bound) or Bound.of(listing.path, limiter.daily_limit, listing.cost)
        bound.note([getattr(row, self.entity.primary_key) for row in page.rows])
        return replace(page, bound=bound)


def _rest(route: Route, page: Page | None) -> Route:
    """What is left of a walk whose cursor was refused: from the last update time seen on, or everything."""
    if not (page and page.rows and route.window.since and route.by_time):
        return route
    seen = route.place(page.rows[-1])
    bound = {"until": stamp(instant(seen).add(seconds=1))} if route.descending and route.listing.until else {}
    return replace(
        route, window=replace(route.window, **({"since": seen} if not route.descending else bound))
    )


class Fetcher:
    """A thread with an event loop and the client's connections, in which walks run ahead of the reader."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetcher", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread and open the client."""
        self._thread.start()
        self.run(self.client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what is still walking, close the client, end the thread."""
        self.run(self._cancel_all())
        self.run(self.client.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the fetcher's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def submit(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something in the fetcher's loop; it has to tell by itself what came of it."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def start(
        self, reader: Reader, window: Window, reached: Mapping[str, str] | None = None
    ) -> Iterator[Page | None]:
        """Start walking through an entity's lists at once."""
        return self.stream(lambda emit: reader.read(window, emit, reached), reader.entity.name)

    def stream(
        self, walk: Callable[[Emit], Coroutine[Any, Any, None]], entity: str, ahead: int = AHEAD
    ) -> Iterator[Page | None]:
        """Start a walk at once; the pages come as they are read, and then the error, if there was one.

        None comes where no page is there yet, so that whoever reads several walks need not wait for one of them.
        """
        queue: SimpleQueue[Page | BaseException | None] = SimpleQueue()
        room = asyncio.Semaphore(ahead)

        async def emit(page: Page) -> None:
            await room.acquire()
            queue.put(page)

        asyncio.run_coroutine_threadsafe(_produce(walk(emit), entity, queue), self._loop)
        return self._consume(queue, room)

    def _consume(
        self, queue: "SimpleQueue[Page | BaseException | None]", room: asyncio.Semaphore
    ) -> Iterator[Page | None]:
        while True:
            try:
                item = queue.get_nowait()
            except Empty:
                yield None
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            self._loop.call_soon_threadsafe(room.release)
            yield item


async def _produce(
    walk: Coroutine[Any, Any, None], entity: str, queue: "SimpleQueue[Page | BaseException | None]"
) -> None:
    try:
        await walk
    except Exception as error:  # noqa: BLE001 (whatever it is, the reader's thread must see it)
        queue.put(named(error, entity))
    else:
        queue.put(None)


def named(error: BaseException, entity: str) -> RoundtripError:
    """The error inside a task group's bundle, as one of ours that names the entity it concerns."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, RoundtripError):
        unexpected = RoundtripError(f"unexpected {type(error).__name__}: {error}.", way_out=LATER)
        unexpected.__cause__ = error
        error = unexpected
    error.entity = error.entity or entity
    return error
