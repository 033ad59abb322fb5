"""From entities to dlt resources: pages become Arrow tables, known rows are left out, deletions become rows.

A resource yields tables of about 10,000 rows in the entity's one schema, never an empty one, each record at most once
a run (the load may then skip its own deduplication). What is in the warehouse already is left out, and an older row
never replaces a newer one: `Held` answers for the warehouse. The watermark moves in dlt's state, which is committed
with the package that carries the rows. An entity that fails never stops the others: what was read in order is kept,
and the next run goes on from there.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from typing import Any

import dlt
import msgspec
import pyarrow as pa
from dlt.extract import DltResource

from sources.arrow import Decoder
from sources.children import Children
from sources.crm import Gone
from sources.embedding import Gathering, Gatherings
from sources.entity import Kind
from sources.errors import BudgetSpent, NotAllowed, RoundtripError
from sources.paging import Page, instant
from sources.reading import Held, Progress
from sources.walk import Fetcher, named
from sources.writing import BATCH, Writing

LINKS_SINCE = "links_since"
"""In the state: what was deleted since then may have children that point to it still."""
PROBE = 100
"""Most ids one request may ask for."""
FEW, FEW_ASKED_FOR = 5, 50
"""So many records may always be found missing, whatever their share of the list; the latter were asked for by id."""

DLT_TYPES: dict[Kind, Any] = {
    "int": {"data_type": "bigint"},
    "float": {"data_type": "double"},
    "decimal": {"data_type": "decimal", "precision": 38, "scale": 9},
    "text": {"data_type": "text"},
    "bool": {"data_type": "bool"},
    "time": {"data_type": "timestamp", "timezone": True},
    "date": {"data_type": "date"},
    "json": {"data_type": "json"},
}
EPOCH = "1970-01-01T00:00:00Z"
UNPROVED = (
    "a whole list broke off and the load went on in order of time, so records without an update time, and "
    "deletions during a long pause, may be missing: `roundtrip reconcile --entity {}` finds them, once the budget "
    "allows for a whole list."
)
LACKING = "the list counts {:,} records more than it shows; what the token may not see may be among them."
MERGE: Any = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}


class Extraction(Writing):
    """One entity, read in one run."""

    def __init__(
        self,
        progress: Progress,
        fetcher: Fetcher,
        held: Held,
        *,
        loaded_at: datetime,
        deletions: Callable[[], Sequence[Gone]],
        pages: Iterator[Page | None] | None = None,
        within: Gatherings | None = None,
    ) -> None:
        super().__init__(progress, held, loaded_at)
        self._within = within or Gatherings(self.entity, ())
        self._fetcher = fetcher
        self._deletions = deletions
        self._reached: dict[str, str] = {}
        self._pages = pages or fetcher.start(self._reader, self.plan.window, self.plan.reached)

    def tables(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """What changed, then what was deleted; moves the state's watermark as far as everything was read."""
        self.progress.outcome = "reading"
        try:
            if not self.plan.since and not self.plan.find_missing:
                state.clear()  # there is nothing yet, or nothing any more
            if self.entity.incremental:
                # Whatever happens below, rows handed over from now on may be deleted there from now on.
                state.setdefault("deletions_since", self.plan.deletions_since or self.plan.until)
            if self.entity.is_legacy_reading:
                state.setdefault("legacy_since", self.plan.since or EPOCH)
            state.setdefault(LINKS_SINCE, self._loaded_at.isoformat())
            yield from self._changed()
            state.update(watermark=self.plan.until)
            for done in ("resume", "reached", *(() if self.entity.is_legacy_reading else ("legacy_since",))):
                state.pop(done, None)
            yield from self._deleted()
            if not self.entity.whole_every or self.plan.find_missing:
                state.update(deletions_since=self.plan.until)
            self._settle(state)
        except Exception as problem:  # noqa: BLE001 (whatever it is, it concerns this entity only)
            self._break_off(named(problem, self.entity.name), state)
        self._within.end(self.progress.problem)
        self.progress.watermark = state.get("watermark", "")

    def _settle(self, state: dict[str, Any]) -> None:
        self.progress.outcome = "done"
        if self.plan.find_missing or not self.plan.since:
            state.pop("unproved", None)
        elif state.get("unproved"):
            self.progress.remark = UNPROVED.format(self.entity.name)
        if self._reader.lacking:
            self.progress.remark = LACKING.format(self._reader.lacking)

    def _break_off(self, problem: RoundtripError, state: dict[str, Any]) -> None:
        """Keep what was read in order; a whole list that broke off is read in order of time next run."""
        if self.entity.optional and isinstance(problem, NotAllowed) and not state.get("watermark"):
            self.progress.outcome, self.progress.remark = "skipped", str(problem)
            return
        self.progress.problem = problem
        self.progress.outcome = "partial" if isinstance(problem, BudgetSpent) else "failed"
        if self.plan.since and state.get("watermark") != self.plan.until:
            since, until = self.plan.since, self.plan.until
            known = {**self.plan.reached, **self._reached}
            reached = {one.name: min(known.get(one.name, since), until) for one in self.entity.lists}
            state.update(reached=reached, watermark=min(reached.values()))
        elif self._asks_by_time and not state.get("watermark") and self._seen:
            state.update(resume=True, unproved=True)
        elif self.plan.catching_up and isinstance(problem, BudgetSpent):
            # A list too long for a day's budget would be begun anew each night: rather go on without the deletions.
            state.update(deletions_since=self.plan.until, unproved=True)

    @property
    def _asks_by_time(self) -> bool:
        """Whether a list can be read in order of time, the oldest change first, so that each run gets further."""
        return self.entity.incremental and all(listing.since for listing in self.entity.lists)

    def _changed(self) -> Iterator[pa.Table | None]:
        """The pages' rows, without what is held already; then the walk's error, if there was one."""
        rows: list[Any] = []
        reached: dict[str, str] = {}
        problem: RoundtripError | None = None
        for page in self._arriving():
            if page is None:
                yield None  # lets dlt turn to another entity
            elif isinstance(page, RoundtripError):
                problem = page
            else:
                rows += page.rows
                self._within.take(page.rows)
                reached |= {page.listing: page.reached} if page.reached else {}
            if len(rows) >= BATCH:
                yield from self._sifted(self._table(rows))
                self._reached |= reached
                rows = []
        yield from self._sifted(self._table(rows))
        self._reached |= reached
        if problem is not None:
            raise problem

    def _arriving(self) -> Iterator[Page | RoundtripError | None]:
        """The pages, and last what broke the walk off; an error of writing them is none of the walk's."""
        try:
            yield from self._pages
        except RoundtripError as problem:
            yield problem

    def _deleted(self) -> Iterator[pa.Table]:
        if self.plan.deletions_since:
            yield from self._reported()
        if self.plan.find_missing:
            missing = yield from self._missing()
            yield from self._buried([(key, None) for key in missing])

    def _missing(self) -> Generator[pa.Table, None, list[Any]]:
        """Keys of held records that the whole list lacks, and that the CRM does not know when asked for."""
        live = self._held.live_keys(self.entity)
        self.progress.held = len(live)
        missing = live.without(self._seen)
        missing = self._unknown(missing) if self.entity.by_id else missing
        if missing and not self.plan.allow_mass_deletion:
            self._check_share(len(missing), len(live))
            missing = (yield from self._passed_over(missing)) if self.entity.single else missing
        return missing

    def _passed_over(self, ids: Sequence[int]) -> Generator[pa.Table, None, list[int]]:
        """Write those that the CRM still has when asked one by one; returns the others."""
        for start in range(0, len(ids), PROBE):
            pages = self._fetcher.run(self._reader.some(ids[start : start + PROBE]))
            rows = [row for page in pages for row in page.rows]
            self._within.take(rows)
            yield from self._sifted(self._table(rows))
        return [one for one in ids if one not in self._seen]

    def _check_share(self, missing: int, live: int) -> None:
        few = FEW_ASKED_FOR if self.entity.by_id or self.entity.single else FEW
        if not len(self._seen) or missing > max(few, self.plan.most_missing * live):
            raise RoundtripError(
                f"the list lacks {missing:,} of {live:,} records; that is too many to believe they were deleted.",
                way_out="Check what the token may see; if they are gone indeed: "
                f"`roundtrip {self.plan.force} --entity {self.entity.name}`.",
                entity=self.entity.name,
            )

    def _unknown(self, ids: Sequence[int]) -> list[int]:
        alive: set[int] = set()
        for start in range(0, len(ids), PROBE):
            alive |= self._fetcher.run(self._reader.alive(ids[start : start + PROBE]))
        return [one for one in ids if one not in alive]

    def _reported(self) -> Iterator[pa.Table]:
        """Rows for the deletions that the CRM reports; one without content is asked for before it is believed."""
        since = instant(self.plan.deletions_since)
        gone = [
            one
            for one in self._deletions()
            if one.item == self.entity.recents_item
            and one.record_id not in self._seen
            and (one.deleted_at is None or one.deleted_at >= since)
        ]
        silent = set(self._unknown([one.record_id for one in gone if one.row is None]))
        believed = [one for one in gone if one.row is not None or one.record_id in silent]
        held = yield from self._buried([(one.record_id, one.deleted_at) for one in believed])
        strangers = [one for one in believed if one.record_id not in held]
        if strangers:
            yield from self._sifted(
                self._mark(self._decoded(strangers), [one.deleted_at for one in strangers])
            )
            self.progress.deleted += len(strangers)

    def _decoded(self, strangers: Sequence[Gone]) -> pa.Table:
        """Records that were created and deleted between two runs, as far as their content was told."""
        rows = [one.row or {"id": one.record_id} for one in strangers]
        decoder = Decoder(self.entity)  # of its own: what the older API adds is no news about the entity
        return decoder.table(decoder.decode(msgspec.json.encode({"data": rows})).rows, self._loaded_at)


class Reread(Extraction):
    """Held records, asked for again by id, because what they point to was deleted: a merge moves them silently."""

    def __init__(
        self, ids: Sequence[int], progress: Progress, fetcher: Fetcher, held: Held, *, loaded_at: datetime
    ) -> None:
        pages = self._asked(ids, progress, fetcher)
        super().__init__(progress, fetcher, held, loaded_at=loaded_at, deletions=tuple, pages=pages)

    def tables(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """What changed in them; what is absent is left to the list of deletions."""
        living = self.progress.living
        try:
            yield from self._changed()
            state[LINKS_SINCE] = self._loaded_at.isoformat()
        except Exception as problem:  # noqa: BLE001 (whatever it is, it concerns this entity only)
            self.progress.problem = named(problem, self.entity.name)
            self.progress.outcome = "partial" if isinstance(self.progress.problem, BudgetSpent) else "failed"
        self.progress.living = living

    @staticmethod
    def _asked(ids: Sequence[int], progress: Progress, fetcher: Fetcher) -> Iterator[Page]:
        for start in range(0, len(ids), PROBE):
            yield from fetcher.run(progress.reader.some(ids[start : start + PROBE]))


def resource(extraction: Extraction | Children | Gathering) -> DltResource:
    """The dlt resource of one entity's extraction."""
    entity = extraction.entity
    return dlt.resource(
        _tables(extraction),
        name=entity.name,
        primary_key=entity.primary_key,
        write_disposition=MERGE,
        columns={column.name: DLT_TYPES[column.kind].copy() for column in entity.columns},  # dlt changes them
    )


def _tables(extraction: Extraction | Children | Gathering) -> Iterator[pa.Table | None]:
    yield from extraction.tables(dlt.current.resource_state())
