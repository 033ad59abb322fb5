"""A backfill of one entity: several walks at once through its windows, handed over in groups of rows.

Each group is one package, which also carries, in dlt's state, what of the windows is left: so what was loaded is never
read again. While a group is loaded, the walks go on ahead.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dlt
import pyarrow as pa

from sources.errors import CursorRefused, RoundtripError
from sources.paging import Page, Route, Window
from sources.reading import Held, Progress
from sources.resources import Extraction
from sources.walk import MOST_RESTARTS, Emit, Fetcher, Reader
from sources.windows import Span, Walk, Windows, less, moment, second
from sources.writing import BATCH

BACKFILLS = "backfills"
"""Where a CRM's state keeps what is left of its backfills."""
GROUP_ROWS = 50_000
"""What is loaded at once: enough that a load's fixed cost hardly counts, so little that the pages which are read
meanwhile fit into memory."""
GROUP_SECONDS = 60.0
AHEAD = 60
"""Pages read ahead while a group is loaded: those of three seconds at twenty a second, about a megabyte each."""

NOWHERE = Span("", 0, 0)


@dataclass(frozen=True)
class Part(Page):
    """A page as a table, which takes less memory than its rows while it waits, and the span that is read with it."""

    table: pa.Table = None
    span: Span = NOWHERE


class Walkers:
    """Walks of one entity, at most so many at once. After a problem each ends its page, and none begins."""

    def __init__(
        self, reader: Reader, windows: Windows, emit: Emit, *, most: int, loaded_at: datetime
    ) -> None:
        self.reader = reader
        self.windows = windows
        self.emit = emit
        self.most = most
        self._loaded_at = loaded_at
        self._lists = {listing.name: listing for listing in reader.entity.lists}
        self._problem: RoundtripError | None = None

    async def walk(self) -> None:
        """Read everything; raises the first problem once all walks have ended."""
        async with asyncio.TaskGroup() as self._group:
            self._fill()
        if self._problem is not None:
            raise self._problem

    def _fill(self) -> None:
        while self._problem is None and len(self.windows.walks) < self.most:
            if (walk := self.windows.take()) is None:
                return
            self._group.create_task(self._walk(walk))

    async def _walk(self, walk: Walk) -> None:
        restarts, page, route = 0, None, self._route(walk)
        try:
            while walk in self.windows.walks and self._problem is None:
                try:
                    page = await self.reader.page(route, page)
                except CursorRefused:
                    restarts += 1
                    if restarts > MOST_RESTARTS:
                        raise
                    self.reader.tally.retries += 1
                    page, route = None, self._route(walk)
                    continue
                part = self._part(route, walk, page)
                self._fill()
                await self.emit(part)
        except RoundtripError as problem:
            self._problem = self._problem or problem

    def _route(self, walk: Walk) -> Route:
        window = Window(moment(walk.at), moment(walk.until))
        return Route(self._lists[walk.listing], window, order=self.reader.entity.watermark)

    def _part(self, route: Route, walk: Walk, page: Page) -> Part:
        # A list without an upper bound goes on beyond the window.
        rows = [row for row in page.rows if route.listing.until or route.place(row) < route.window.until]
        table = self.reader.decoder.table(rows, self._loaded_at)
        last = page.reached or None
        span = self.windows.note(walk, last and second(last), len(page.rows), more=bool(page.cursor))
        return Part([], listing=page.listing, table=table, span=span)


@dataclass
class Backfill:
    """What of one entity's window is left. Times are RFC3339 UTC in whole seconds."""

    entity: str
    since: str
    asked_until: str
    """The upper bound that was asked for; empty: up to when it began."""
    until: str
    lists: list[str]
    left: list[Span] = field(default_factory=list)
    rows: int = 0
    """Rows read of what is not left any more."""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.entity} {self.since} {self.asked_until}".rstrip()

    @property
    def days_left(self) -> float:
        """How many days are to be read still, of the list that is behind most."""
        seconds = dict.fromkeys(self.lists, 0)
        for span in self.left:
            seconds[span.listing] += span.until - span.since
        return max(seconds.values()) / 86_400

    def covers(self, other: Mapping[str, Any]) -> bool:
        """Whether it has read what another one, as it is kept, was to read."""
        within = self.since <= other["since"] and other["until"] <= self.until
        return within and bool(self.entity == other["entity"])

    def written(self) -> dict[str, Any]:
        """As it is kept in the state."""
        return {**vars(self), "left": [span.written() for span in self.left]}

    @classmethod
    def read_from(cls, written: Mapping[str, Any]) -> "Backfill":
        """As it was kept."""
        return cls(**{**written, "left": [Span.read_from(*span) for span in written["left"]]})


class Group(Extraction):
    """One package of a backfill: the next pages, until their rows are many, or some time has passed."""

    def __init__(
        self,
        backfill: Backfill,
        pages: Iterator[Page | None],
        progress: Progress,
        fetcher: Fetcher,
        held: Held,
        *,
        loaded_at: datetime,
        begins_table: bool,
        most_rows: int = GROUP_ROWS,
    ) -> None:
        super().__init__(
            progress, fetcher, held, loaded_at=loaded_at, deletions=tuple, pages=self._enough(pages)
        )
        self.backfill = backfill
        self.ended = False
        """Whether this was the last one."""
        self._begins_table = begins_table
        self._most_rows = most_rows

    def tables(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """What changed; and in the source's state, what is left."""
        self.progress.outcome = "reading"
        if self._begins_table:
            state.clear()  # what it says is of a table that is there no more
        # Rows that come now may be deleted from now on, and the first load has to hear of it.
        state.setdefault("deletions_since", self.plan.until)
        yield from self._changed()
        kept = dlt.current.source_state().setdefault(BACKFILLS, {})
        kept[self.backfill.key] = self.backfill.written()
        if not self.backfill.left:
            for key in [key for key, other in kept.items() if self.backfill.covers(other)]:
                del kept[key]

    def _changed(self) -> Iterator[pa.Table | None]:
        """The pages' rows, without what is held already."""
        tables: list[pa.Table] = []
        for table in self._fresh():
            if table is None:
                yield None  # lets dlt rest
                continue
            tables.append(table)
            if sum(map(len, tables)) >= BATCH:
                yield from self._sifted(pa.concat_tables(tables).combine_chunks())
                tables = []
        if tables:
            yield from self._sifted(pa.concat_tables(tables).combine_chunks())

    def _fresh(self) -> Iterator[pa.Table | None]:
        """The rows of each page that none before has had: walks overlap where one took a part of another."""
        for page in self._pages:
            if isinstance(page, Part):
                keys = page.table[self.entity.primary_key].to_pylist()
                fresh = self._seen.first_time(keys)
                yield page.table if fresh is None else page.table.filter(pa.array(fresh))
            else:
                yield None

    def _enough(self, pages: Iterator[Page | None]) -> Iterator[Page | None]:
        """The next pages; what stops the walks stops no group."""
        begun, rows = time.monotonic(), 0
        try:
            for page in pages:
                yield page
                if isinstance(page, Part):
                    rows += page.table.num_rows
                    self.backfill.rows += page.table.num_rows
                    self.backfill.left = less(self.backfill.left, page.span)
                if rows >= self._most_rows or (rows and time.monotonic() - begun > GROUP_SECONDS):
                    self.ended = not self.backfill.left
                    return
        except RoundtripError as problem:
            self.progress.problem = problem
        self.ended = True
