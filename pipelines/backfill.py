"""A backfill: everything of an entity whose update time lies in a window is read again, whatever the watermark says.

It is loaded group by group, each a package of its own that also carries what of the window is left. So a kill loses one
group at most, a spent budget nothing, and the same command goes on. It moves no watermark: the nightly job goes on from
where it was. What matches no window, a record without an update time or a deleted one, is for a whole list to tell.
"""

import math
import re
import uuid
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import pendulum
from dlt.common.versioned_state import decompress_state

from pipelines.config import Settings
from pipelines.load import Loading, Watch, recorded
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.sql import quoted
from pipelines.warehouse import Warehouse, open_warehouse
from sources.backfill import AHEAD, BACKFILLS, GROUP_ROWS, Backfill, Group, Walkers
from sources.budget import WINDOW, Limiter
from sources.crm import Crm
from sources.entity import Entity
from sources.errors import BudgetSpent, UsageError
from sources.paging import Page, stamp
from sources.reading import Plan, Progress
from sources.registry import CRMS
from sources.resources import resource
from sources.walk import Emit, Fetcher, Reader
from sources.windows import Span, Windows, moment

MOST_WALKERS = 12
DATE = re.compile(r"\d{4}-\d\d-\d\d")
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([Zz]|[+-]\d\d:\d\d)")
DONE = (
    "everything updated from {since} up to {until} has been read. Deletions, and records without an update time, match "
    "no window: `roundtrip reconcile --entity {entity}` finds them."
)
STATES = "_dlt_pipeline_state"


def backfill(
    settings: Settings,
    *,
    entities: Sequence[str],
    since: str,
    until: str = "",
    restart: bool = False,
    walkers: int = 0,
    group_rows: int = GROUP_ROWS,
    watch: Watch = lambda _run, _step: None,
    **seams: Any,
) -> Run:
    """Read again what was updated in [since, until), or go on with it; without `until` up to when it began.

    Times are UTC: `2020-01-31`, or RFC3339 in whole seconds. `restart` begins an unfinished one anew; `walkers` is how
    many walks at once, 0 as many as the burst limit can feed.
    """
    asked = window(since, until)
    chosen = _able(settings, entities)
    run = Run(uuid.uuid4().hex, "backfill", settings.crm.name, pendulum.now("UTC"))
    client = settings.connect(**seams)
    with (
        locked(settings.place, run.command),
        open_warehouse(settings.place, settings.dataset) as warehouse,
        recorded(settings, warehouse, run, client),
        Fetcher(client) as fetcher,
    ):
        loading = Loading(settings, warehouse, run, watch)
        loading.finish_pending()
        loading.watch("connecting")
        now = stamp(loading.connected(fetcher))
        _refuse_future(asked[0], now)
        warehouse.check_types(chosen)
        for entity in chosen:
            one = _begun(loading, entity, asked, now, restart=restart)
            _Backfilling(loading, fetcher, entity, one, walkers=walkers, group_rows=group_rows).run()
    return run


def window(since: str, until: str) -> tuple[str, str]:
    """The bounds, as the API writes times; refuses those between which nothing can lie."""
    asked = (_moment("--from", since), _moment("--to", until) if until else "")
    if asked[1] and asked[1] <= asked[0]:
        raise UsageError(
            f"Nothing lies between {asked[0]} and {asked[1]}.",
            way_out="Give a --to that is later than --from.",
        )
    return asked


def _moment(option: str, text: str) -> str:
    told = text.strip()
    try:
        if DATE.fullmatch(told) or TIME.fullmatch(told):
            return stamp(pendulum.parse(told.upper().replace(" ", "T"), tz="UTC"))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{option} {text!r} is no time.", way_out="Write 2020-01-31, or 2020-01-31T08:00:00Z; times are UTC."
    )


def refuse_unable(every: Sequence[Settings]) -> None:
    """Refuse entities that a CRM cannot list window by window; of several CRMs the message says which."""
    for settings in every:
        try:
            _able(settings, settings.entities)
        except UsageError as error:
            if len(every) == 1:
                raise
            name = settings.crm.name
            others = " ".join(f"--crm {one.crm.name}" for one in every if one.crm.name != name)
            way_out = f"{error.way_out} `{others}` leaves {name} out."
            raise UsageError(f"{name}: {error.message}", way_out=way_out) from error


def _able(settings: Settings, names: Sequence[str]) -> list[Entity]:
    """The entities, if they can be read in order of their update time."""
    if not names:
        raise UsageError("No entity was named.", way_out="Add --entity activities, for example.")
    chosen = settings.chosen(names)
    for entity in chosen:
        chosen_crm = _chosen_crm(settings.crm.name, entity.name)
        way_out = f"`roundtrip load --full{chosen_crm} --entity {entity.name}` reads the whole list."
        if not entity.incremental or entity.embedded:
            raise UsageError(f"The list of {entity.name} cannot be asked for a window.", way_out=way_out)
        if not all(listing.since or listing.sortable for listing in entity.lists):
            raise UsageError(f"The list of {entity.name} cannot be asked for a window.", way_out=way_out)
        if not all(listing.sortable for listing in entity.lists):
            raise UsageError(
                f"The older API lists {entity.name} in no order to rely on, so they cannot be read window by window.",
                way_out=f'Set sources.{settings.crm.name}.api.{entity.name} to "v2" for the backfill; or {way_out}',
            )
    return chosen


def _refuse_future(since: str, now: str) -> None:
    if since >= now:
        raise UsageError(
            f"--from {since} is not past: the CRM's clock, less the safety lag, is at {now}.",
            way_out="Give an earlier --from.",
        )


def _begun(loading: Loading, entity: Entity, asked: tuple[str, str], now: str, *, restart: bool) -> Backfill:
    """The unfinished backfill of this window, or a new one."""
    since, asked_until = asked
    until = min(asked_until or now, now)
    lists = [listing.name for listing in entity.lists]
    left = [Span.read_from(name, since, until) for name in lists]
    new = Backfill(entity.name, since, asked_until, until, lists, left)
    kept = loading.state.get(BACKFILLS, {}).get(new.key)
    if restart or not kept or kept["lists"] != lists or not loading.holds(entity.name):
        return new
    return Backfill.read_from(kept)


class _Backfilling:
    """One entity's backfill."""

    def __init__(
        self,
        loading: Loading,
        fetcher: Fetcher,
        entity: Entity,
        backfill: Backfill,
        *,
        walkers: int,
        group_rows: int,
    ) -> None:
        self.loading = loading
        self.fetcher = fetcher
        self.entity = entity
        self.backfill = backfill
        self.group_rows = group_rows
        self.walkers = walkers or _walkers(fetcher.client.limiter)
        self.windows = Windows(backfill.left, entity.lists[0].page_size)
        plan = Plan(entity, backfill.until, since=backfill.since)
        self.progress = Progress(plan, Reader(fetcher.client, entity))
        self.expected = _held(loading.warehouse, entity, backfill.left)

    def run(self) -> None:
        """Group by group, to the end."""
        self.loading.run.entities.append(self.progress)
        pages = self.fetcher.stream(self._walk, self.entity.name, AHEAD)
        begins_table = not self.loading.holds(self.entity.name)
        ended = False
        while not ended:
            ended = self._load_group(pages, begins_table=begins_table)
            begins_table = False
        self._settle()

    def _walk(self, emit: Emit) -> Coroutine[Any, Any, None]:
        reader, loaded_at = self.progress.reader, self.loading.run.started_at
        return Walkers(reader, self.windows, emit, most=self.walkers, loaded_at=loaded_at).walk()

    def _load_group(self, pages: Iterator[Page | None], *, begins_table: bool) -> bool:
        """Load the next group; whether it was the last."""
        before = self.progress.written
        group = Group(
            self.backfill,
            pages,
            self.progress,
            self.fetcher,
            self.loading.warehouse,
            loaded_at=self.loading.run.started_at,
            begins_table=begins_table,
            most_rows=self.group_rows,
        )
        self.loading.watch(f"extracting {self._outlook()}")
        self.loading.into_files([resource(group)])
        self.loading.normalize_and_load()
        self.loading.warehouse.analyze({self.entity.name: self.progress.written - before})
        return group.ended

    def _outlook(self) -> str:
        """How much is done, and what is about to go, in rows, tokens and time."""
        tally, listing = self.progress.reader.tally, self.entity.lists[0]
        rows = round(max(self.windows.rows_left, (self.expected or 0) - tally.rows))
        done = f"{self.entity.name}: {tally.rows:,} rows read"
        if not rows:
            return f"{done}; how many there are shows on the way" if not tally.rows else done
        pages = math.ceil(rows / listing.page_size)
        told = pendulum.duration(seconds=math.ceil(pages / self._rate())).in_words()
        return f"{done}, about {rows:,} to go: {pages * listing.cost:,} tokens, {told}"

    def _rate(self) -> float:
        """Pages a second that the limit and the walks allow."""
        limiter = self.fetcher.client.limiter
        return min(limiter.limit / WINDOW, self.walkers / max(limiter.latency, 0.01))

    def _settle(self) -> None:
        """Say how it ended, and what goes on with it."""
        progress, one = self.progress, self.backfill
        if progress.problem is None:
            progress.outcome = "done"
            progress.remark = DONE.format(since=one.since, until=one.until, entity=one.entity)
            return
        progress.outcome = "partial" if isinstance(progress.problem, BudgetSpent) else "failed"
        resumed = command(one, self.loading.settings.crm)
        progress.remark = f"not at its end yet; `{resumed}` goes on with it."


def _walkers(limiter: Limiter) -> int:
    """How many walks at once: twice as many as the limit can feed, for answers come slower while a group is loaded."""
    fed = limiter.walkers()
    return 1 if fed == 1 else min(MOST_WALKERS, 2 * fed)


def _held(warehouse: Warehouse, entity: Entity, left: Sequence[Span]) -> int | None:
    """How many rows are held of what is left; None when there are none at all."""
    if not warehouse.columns(entity) or not left:
        return None
    holds = {listing.name: listing.holds or "true" for listing in entity.lists}
    within = " or ".join(f"({_between(entity, span)} and {holds[span.listing]})" for span in left)
    ((rows,),) = warehouse.rows_of(f"select count(*) from {warehouse.table(entity)} where {within}")  # noqa: S608 (quoted names, declared conditions, times of ours)
    return int(rows)


def _between(entity: Entity, span: Span) -> str:
    time = quoted(entity.watermark)
    return f"{time} >= '{moment(span.since)}' and {time} < '{moment(span.until)}'"


def command(one: Backfill, crm: Crm) -> str:
    """What goes on with a CRM's backfill."""
    until = f" --to {one.asked_until}" if one.asked_until else ""
    chosen_crm = _chosen_crm(crm.name, one.entity)
    return f"roundtrip backfill{chosen_crm} --entity {one.entity} --from {one.since}{until}"


def _chosen_crm(crm: str, entity: str) -> str:
    """The option that says which CRM, where another one has an entity of that name too."""
    return f" --crm {crm}" if sum(entity in one.entities for one in CRMS.values()) > 1 else ""


def unfinished(warehouse: Warehouse, crm: Crm) -> list[Backfill]:
    """The backfills that are not at their end, as the last load left them; of tables that are still there."""
    tables = warehouse.tables()
    if STATES not in tables:
        return []
    query = f"select state from {quoted(warehouse.dataset)}.{STATES} order by version desc, created_at desc limit 1"  # noqa: S608 (a quoted name)
    kept = warehouse.rows_of(query)
    state = decompress_state(kept[0][0]) if kept else {}
    found = state.get("sources", {}).get(crm.name, {}).get(BACKFILLS, {})
    return [Backfill.read_from(one) for one in found.values() if one["entity"] in tables]
