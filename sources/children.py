"""Lists that each record of another entity has for itself: read for the parents that changed since the last time.

A request a parent is dear, so the raw table of the parents tells which were loaded since the place that earlier runs
have worked off. That place moves in dlt's state with the package that carries the rows, also when the budget is spent
in between: the next run goes on from there. What a parent that was read no longer has, and what a deleted parent had,
is marked deleted.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from sources.entity import Listing, Parent
from sources.errors import BudgetSpent, NotAllowed, NotFound, NotServed, RoundtripError
from sources.paging import Page, Route
from sources.reading import After, Held, Parents, Progress
from sources.walk import Fetcher, named
from sources.writing import BATCH, Writing

ASKED = 10_000
"""Parents learnt from the warehouse at a time."""
FLUSH = 1_000
"""Parents after which what was read is handed over."""
LONGEST = 64
"""Characters of a key's own part; a longer one is told by its digest."""


class One(NamedTuple):
    """A parent: its key, whether it is deleted, and when it was loaded."""

    key: Any
    is_deleted: bool
    loaded_at: datetime


class _Loose(msgspec.Struct):
    success: bool = True
    data: list[dict[str, Any]] | None = None
    additional_data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Keyed:
    """Gives the records of one page their parent, and a key where the API has none."""

    parent: Parent
    key: Any
    """The parent's, where it is a single one."""
    adapt: Callable[[bytes], bytes] | None

    def __call__(self, body: bytes) -> bytes:
        """The page; what cannot be read is left for the decoder to name."""
        body = self.adapt(body) if self.adapt else body
        try:
            answer = msgspec.json.decode(body, type=_Loose)
        except msgspec.MsgspecError:
            return body
        for row in answer.data or []:
            self._fill(row)
        return msgspec.json.encode(answer)

    def _fill(self, row: dict[str, Any]) -> None:
        if self.parent.at_once == 1:
            row[self.parent.column] = self.key
        if self.parent.key is not None:
            own = "/".join(_text(row.get(name)) for name in self.parent.key)
            if len(own) > LONGEST:
                own = hashlib.sha1(own.encode(), usedforsecurity=False).hexdigest()
            row["id"] = f"{self.key}/{own}" if own else str(self.key)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Children(Writing):
    """One entity of lists per parent, read in one run."""

    def __init__(
        self,
        progress: Progress,
        fetcher: Fetcher,
        held: Held,
        parents: Parents,
        *,
        loaded_at: datetime,
        parent_key: str,
        full: bool,
    ) -> None:
        super().__init__(progress, held, loaded_at)
        assert self.entity.parent is not None  # noqa: S101 (such are the entities that come here)
        self.parent: Parent = self.entity.parent
        self._fetcher = fetcher
        self._kept = parents
        self._parent_key = parent_key
        self._full = full
        self._lacking: list[Any] = []
        """Keys that are held of parents that were read; those not met by the end of the run are gone."""
        self._answered = False

    def tables(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """What the parents that changed have, then what they no longer have; the state tells how far we are."""
        if self._full:
            state.clear()
        self.progress.outcome = "reading"
        try:
            yield from self._read(state)
            self.progress.outcome = "done"
            self.progress.watermark = self.plan.until
        except Exception as problem:  # noqa: BLE001 (whatever it is, it concerns this entity only)
            self._break_off(named(problem, self.entity.name), state)
        yield from self._buried([(key, None) for key in self._lacking if key not in self._seen])

    def _break_off(self, problem: RoundtripError, state: dict[str, Any]) -> None:
        if self.entity.optional and isinstance(problem, NotAllowed) and not state.get("after"):
            self.progress.outcome, self.progress.remark = "skipped", str(problem)
            return
        self.progress.problem = problem
        self.progress.outcome = "partial" if isinstance(problem, BudgetSpent) else "failed"

    def _read(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """Hand over what was read even when something fails: those parents need not be read again."""
        rows: list[Any] = []
        done: list[One] = []
        problem: RoundtripError | None = None
        for group in self._groups(state):
            try:
                rows += self._fetcher.run(self._rows_of(group))
            except Exception as error:  # noqa: BLE001 (kept for the end)
                problem = named(error, self.entity.name)
                break
            done += group
            if len(rows) >= BATCH or len(done) >= FLUSH:
                yield from self._handed_over(rows, done, state)
                rows, done = [], []
        yield from self._handed_over(rows, done, state)
        if problem is not None:
            raise problem

    def _handed_over(self, rows: list[Any], done: list[One], state: dict[str, Any]) -> Iterator[pa.Table]:
        if not done:
            return
        self._lacking += self._kept.live_children(self.entity, [one.key for one in done])
        yield from self._sifted(self._table(rows))
        state["after"] = [done[-1].loaded_at.isoformat(), done[-1].key]

    def _groups(self, state: dict[str, Any]) -> Iterator[list[One]]:
        """The parents to read, in the order they were loaded, as many together as are asked for at once."""
        parents = self._parents(state)
        at_once = self.parent.at_once * self._fetcher.client.limiter.walkers()
        while group := list(islice(parents, at_once)):
            yield group

    def _parents(self, state: dict[str, Any]) -> Iterator[One]:
        known = None if self.parent.always else state.get("after")
        after: After | None = (datetime.fromisoformat(known[0]), known[1]) if known else None
        while True:
            found = [
                One(*row) for row in self._kept.changed(self.parent.entity, self._parent_key, after, ASKED)
            ]
            yield from found
            if len(found) < ASKED:
                return
            after = (found[-1].loaded_at, found[-1].key)

    async def _rows_of(self, group: Sequence[One]) -> list[Any]:
        """The records of these parents; none is asked for of a deleted one."""
        living = [one.key for one in group if not one.is_deleted]
        size = self.parent.at_once
        parts = [living[start : start + size] for start in range(0, len(living), size)]
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(self._rows_of_part(part)) for part in parts]
        return [row for task in reading for row in task.result()]

    async def _rows_of_part(self, keys: Sequence[Any]) -> list[Any]:
        rows: list[Any] = []

        async def keep(page: Page) -> None:
            rows.extend(page.rows)

        try:
            for listing in self.entity.lists:
                await self._reader.read_list(Route(self._of(listing, keys)), keep)
        except NotServed as error:
            # One parent's list: it was deleted, or can no longer be seen. None at all: there is no such endpoint.
            if self.parent.at_once > 1 or not (self._answered or isinstance(error, NotFound)):
                raise
            return []
        self._answered = True
        return rows

    def _of(self, listing: Listing, keys: Sequence[Any]) -> Listing:
        keyed = Keyed(self.parent, keys[0], listing.adapt)
        return replace(listing.of(",".join(map(str, keys)), keyed), sortable=False)
