"""What a command would cost, from what the warehouse holds and what the last runs took; nothing is asked of the CRM.

Where the warehouse holds nothing to estimate from, a probe may ask each list for its highest id: one request a list.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Literal

import pendulum

from pipelines import ops, planning
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.planning import Estimate, Forecast, Limits
from pipelines.scope import with_hosts
from pipelines.warehouse import Warehouse, open_warehouse
from sources.crm import Crm
from sources.entity import DELETED, DELETED_AT, Entity, Parent
from sources.errors import BudgetSpent, UsageError
from sources.reading import Plan, Progress
from sources.walk import Fetcher, Reader

Command = Literal["nightly", "reconcile", "backfill"]
LAST_LOADS = 7
UNKNOWN = "never read, so at least this; how much there is, is not known"
REACHED = """
select entity, max(window_until) from ops.entity_loads where crm = ? and window_until is not null group by entity
"""
CHANGES = """
select entity_loads.rows_read from ops.entity_loads inner join ops.runs on entity_loads.run_id = runs.run_id
where runs.crm = ? and entity = ? and entity_loads.status = 'done' and window_since is not null
    and command in ('nightly', 'load') order by started_at desc limit ?
"""
LIMITS = "select burst, latency_seconds, daily_tokens from ops.limits where crm = ?"
LEFT = """
select tokens_left_today from ops.runs where crm = ? and tokens_left_today is not null order by started_at desc limit 1
"""


@dataclass(frozen=True)
class Period:
    """The update times that a backfill reads: [since, until); None is unbounded."""

    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Period()


def forecast(
    settings: Settings,
    command: Command,
    entities: Sequence[str] = (),
    *,
    span: Period = EVERYTHING,
    dry_run: bool = False,
) -> Forecast:
    """What a command would cost, as far as the warehouse can tell."""
    asked = settings.chosen(entities) if command == "nightly" else settings.walked(entities)
    chosen = with_hosts(settings.crm, asked)
    with _opened(settings) as warehouse:
        facts = _Facts(settings, warehouse)
        if command == "nightly":
            estimates = facts.nightly(chosen)
        elif command == "reconcile":
            estimates = facts.reconcile(chosen, dry_run=dry_run)
        else:
            estimates = facts.backfill(chosen, span)
        return Forecast(command, estimates, limits(settings.crm, warehouse))


@contextmanager
def _opened(settings: Settings) -> Iterator[Warehouse | None]:
    """The warehouse, to be read; None where there is none yet."""
    if settings.place.destination == "duckdb" and not settings.place.warehouse.exists():
        yield None
        return
    with open_warehouse(settings.place, settings.dataset, read_only=True) as warehouse:
        yield warehouse if "token_spend" in warehouse.catalog("ops") else None


def limits(crm: Crm, warehouse: Warehouse | None) -> Limits:
    """What the CRM allowed when it was last asked."""
    if warehouse is None or "token_spend" not in warehouse.catalog("ops"):
        return Limits()
    found = next(iter(warehouse.rows_of(LIMITS, [crm.name])), None)
    left = next(iter(warehouse.rows_of(LEFT, [crm.name])), (None,))[0]
    spent = ops.spent_by_day(warehouse, crm.name).get(pendulum.now("UTC").date(), 0)
    burst, latency, daily = found or (Limits.burst, Limits.latency, None)
    return Limits(burst, latency, daily, left, spent)


class _Facts:
    """What the warehouse tells."""

    def __init__(self, settings: Settings, warehouse: Warehouse | None) -> None:
        self.settings = settings
        self.crm = settings.crm
        self.warehouse = warehouse
        self.reached: Mapping[str, pendulum.DateTime] = {}
        if warehouse is not None:
            rows = warehouse.rows_of(REACHED, [self.crm.name])
            self.reached = {entity: pendulum.instance(until) for entity, until in rows}

    def nightly(self, chosen: Sequence[Entity]) -> tuple[Estimate, ...]:
        changes = {entity.name: self._changes(entity) for entity in chosen if self._reads_changes(entity)}
        reported = [changes[one.name] for one in chosen if one.name in changes and one.deletion == "recents"]
        return planning.joined(
            [
                planning.of_account(self.crm),
                *([planning.of_deletions(self.crm, sum(reported))] if reported else []),
                *(self._nightly(entity, changes) for entity in chosen),
            ]
        )

    def _nightly(self, entity: Entity, changes: Mapping[str, float]) -> Estimate:
        if entity.embedded:
            return planning.of_embedded(entity)
        if entity.parent is not None:
            return self._children(entity, entity.parent)
        if entity.name in changes:
            return planning.of_changes(entity, changes[entity.name], self._basis(changes[entity.name]))
        return self._whole(entity)

    def _children(self, entity: Entity, parent: Parent) -> Estimate:
        """What belongs to parents that changed; to all of them the first time, or where they do not tell."""
        parents = self.crm.entities[parent.entity]
        if entity.name in self.reached and not parent.always:
            changed = self._changes(parents)
            return planning.of_children(entity, changed, f"{parents.name}: {self._basis(changed)}")
        held = self.warehouse.living(parents) if self.warehouse is not None else 0
        basis = f"all {held:,} {parents.name} held" if parents.name in self.reached else UNKNOWN
        return planning.of_children(entity, held, basis)

    def reconcile(self, chosen: Sequence[Entity], *, dry_run: bool) -> tuple[Estimate, ...]:
        asks = any(one.deletion == "recents" and self._is_recent(one) for one in chosen) and not dry_run
        account = [planning.of_account(self.crm)]
        deletions = [planning.of_deletions(self.crm, 0)] if asks else []
        return planning.joined([*account, *deletions, *map(self._whole, chosen)])

    def backfill(self, chosen: Sequence[Entity], span: Period) -> tuple[Estimate, ...]:
        return planning.joined(
            [planning.of_account(self.crm), *(self._window(entity, span) for entity in chosen)]
        )

    def _is_recent(self, entity: Entity) -> bool:
        """Whether the list of deletions reaches back to the last run."""
        latest = max(self.reached.values(), default=None)
        reached = self.reached.get(entity.name)
        return bool(reached and latest and reached >= latest - self.crm.deletions_reach)

    def _reads_changes(self, entity: Entity) -> bool:
        return entity.incremental and not entity.embedded and entity.name in self.reached

    def _changes(self, entity: Entity) -> float:
        if self.warehouse is None:
            return 0
        rows = self.warehouse.rows_of(CHANGES, [self.crm.name, entity.name, LAST_LOADS])
        return median(count for (count,) in rows) if rows else 0

    def _basis(self, changes: float) -> str:
        return f"{changes:,.0f} changes, as in the last runs"

    def _whole(self, entity: Entity) -> Estimate:
        if entity.embedded:
            return planning.of_embedded(entity)
        counts = self._held(entity)
        basis = f"{sum(counts):,} records held" if entity.name in self.reached else UNKNOWN
        return planning.of_whole_lists(entity, counts, basis)

    def _window(self, entity: Entity, span: Period) -> Estimate:
        time = entity.watermark
        if not time:
            raise UsageError(
                f"{entity.name} has no update time, so no part of it can be read.",
                way_out=f"`roundtrip load --full --entity {entity.name}` reads all of it.",
            )
        bounds = {f"{time} >= ?": span.since, f"{time} < ?": span.until}
        given = {condition: bound for condition, bound in bounds.items() if bound is not None}
        counts = self._held(entity, tuple(given), tuple(given.values()))
        basis = f"{sum(counts):,} records held of that time" if entity.name in self.reached else UNKNOWN
        return planning.of_whole_lists(entity, counts, basis)

    def _held(
        self, entity: Entity, conditions: Sequence[str] = (), bounds: Sequence[datetime] = ()
    ) -> list[int]:
        """How many records of each of its lists are held."""
        if self.warehouse is None or entity.name not in self.reached or not self.warehouse.columns(entity):
            return [0 for _ in entity.lists]
        alive, parameters = f"not {DELETED}", list(bounds)
        if entity.deletion == "listed":
            alive = f"(not {DELETED} or {DELETED_AT} >= ?)"
            parameters = [self.reached[entity.name] - self.crm.deleted_for, *parameters]
        counts = []
        for listing in entity.lists:
            where = " and ".join([alive, *conditions, *([listing.holds] if listing.holds else [])])
            query = f"select count(*) from {self.warehouse.table(entity)} where {where}"  # noqa: S608 (declared conditions, and bounds as parameters)
            counts.append(int(self.warehouse.rows_of(query, parameters)[0][0]))
        return counts


def probed(settings: Settings, command: Command, entities: Sequence[str] = (), **seams: Any) -> Forecast:
    """The cost of whole lists, as the highest id of each would have it: what is asked for that is recorded too."""
    chosen = with_hosts(settings.crm, settings.walked(entities))
    run = Run(uuid.uuid4().hex, "plan", settings.crm.name, pendulum.now("UTC"))
    client = settings.connect(**seams)
    with locked(settings.place, "plan"), open_warehouse(settings.place, settings.dataset) as warehouse:
        ops.begin(warehouse, run)
        client.allowance = settings.allowance(ops.spent_by_day(warehouse, run.crm))
        run.entities = [Progress(Plan(entity, ""), Reader(client, entity)) for entity in chosen]
        try:
            with Fetcher(client) as fetcher:
                whole = [fetcher.run(_probe(progress.reader)) for progress in run.entities]
            run.status = "done"
        except BudgetSpent as error:
            run.status, run.problem = "partial", str(error)
            raise
        except BaseException as error:
            run.status, run.problem = "failed", str(error)
            raise
        finally:
            run.ended_at, run.tokens_left = pendulum.now("UTC"), client.limiter.daily_remaining
            ops.remember_limits(warehouse, run.crm, client.limiter)
            ops.end(warehouse, run)
        found = limits(settings.crm, warehouse)
    return Forecast(command, planning.joined([planning.of_account(settings.crm), *whole]), found)


async def _probe(reader: Reader) -> Estimate:
    """Ask each list that can be sorted for its highest id; a list that cannot is taken to be one page."""
    if reader.entity.embedded:
        return planning.of_embedded(reader.entity)
    highest = [await reader.highest(one) if one.sortable else 0 for one in reader.entity.lists]
    basis = f"ids up to {max(highest):,}, so at most this" if any(highest) else "taken to be one page"
    return planning.of_whole_lists(reader.entity, highest, basis)
