"""What happened, as rows beside the data: `ops.runs`, `ops.entity_loads` and `ops.token_spend`."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.metadata import version

import pendulum

from pipelines.warehouse import Warehouse
from sources.budget import Limiter, Tally
from sources.crm import Account
from sources.errors import UsageError
from sources.reading import Progress

ENTITY_LOAD = """
insert into ops.entity_loads (
    run_id, crm, entity, status, problem, window_since, window_until, rows_read, rows_inserted, rows_updated,
    rows_unchanged, rows_stale, rows_deleted, requests, tokens, retries, bytes, drift, filled)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

PROVED = """
with
loaded as (select crm, entity from ops.entity_loads where window_since is not null group by crm, entity),

proved as (
    select crm, entity, max(proved_at) as proved_at from ops.reconciliations where is_proved group by crm, entity
)

select loaded.crm, case when count(*) = count(proved.proved_at) then min(proved.proved_at) end
from loaded left join proved on loaded.crm = proved.crm and loaded.entity = proved.entity
group by loaded.crm
"""
"""Lists that every run reads whole need no proof of their own."""
WRITTEN = ("inserted", "updated", "deleted")
SPEND = "insert into ops.token_spend values (?, ?, ?, ?, ?, ?, ?)"


@dataclass
class Run:
    """One run of a command."""

    run_id: str
    command: str
    crm: str
    started_at: pendulum.DateTime
    entities: list[Progress] = field(default_factory=list)
    other: Tally = field(default_factory=Tally)
    """Requests that belong to no entity: who we are, what was deleted."""
    pushing: dict[str, Tally] = field(default_factory=dict)
    """Requests of a push, by entity."""
    ended_at: pendulum.DateTime | None = None
    status: str = "running"
    problem: str = ""
    tokens_left: int | None = None
    is_dry: bool = False
    """Whether it only compares: then it counts what differs, and none of it is on record as written."""

    @property
    def tallies(self) -> list[Tally]:
        """Everything that was asked of the CRM."""
        return [*(progress.reader.tally for progress in self.entities), *self.pushing.values(), self.other]

    def total(self, name: str) -> int:
        """The sum of a count over all requests, or over all entities."""
        counted = self.tallies if hasattr(self.other, name) else self.entities
        return sum(getattr(one, name) for one in counted)

    @property
    def seconds(self) -> float:
        """How long the run took, or has taken so far."""
        return ((self.ended_at or pendulum.now("UTC")) - self.started_at).total_seconds()


def begin(warehouse: Warehouse, run: Run) -> None:
    """Record that a run has begun; one that never ended was killed."""
    warehouse.execute("update ops.runs set status = 'killed' where status = 'running' and crm = ?", [run.crm])
    warehouse.execute(
        "insert into ops.runs (run_id, command, crm, started_at, status, version) values (?, ?, ?, ?, ?, ?)",
        [run.run_id, run.command, run.crm, run.started_at, run.status, version("roundtrip")],
    )


def belongs_to(warehouse: Warehouse, crm: str, account: Account) -> None:
    """Refuse to mix two companies' records in one warehouse; the first run decides whose it is."""
    if account.company_id is None:
        return
    known = warehouse.rows_of("select company_id, company from ops.accounts where crm = ?", [crm])
    if not known:
        row = [crm, account.company_id, account.company, pendulum.now("UTC")]
        warehouse.execute("insert into ops.accounts values (?, ?, ?, ?)", row)
    elif known[0][0] != account.company_id:
        other = "file" if warehouse.place.destination == "duckdb" else "database"
        raise UsageError(
            f"The warehouse {warehouse.place.title} holds records of {known[0][1]} (company {known[0][0]}), but the "
            f"token belongs to {account.company} (company {account.company_id}).",
            way_out=f"Set {warehouse.place.setting} to another {other} for this company.",
        )


def verdict(run: Run) -> tuple[str, str]:
    """How the run went: as its worst entity did."""
    problems = "; ".join(str(progress.problem) for progress in run.entities if progress.problem)
    outcomes = {progress.outcome for progress in run.entities}
    return next((worst for worst in ("failed", "partial") if worst in outcomes), "done"), problems


def judge(warehouse: Warehouse, run: Run, status: str, problem: str) -> None:
    """Say of a run that has ended what came of what it did."""
    statement = "update ops.runs set status = ?, problem = ? where run_id = ?"
    warehouse.execute(statement, [status, problem or None, run.run_id])


def end(warehouse: Warehouse, run: Run) -> None:
    """Record how a run ended, entity by entity, in one transaction."""
    record_spend(warehouse, run)
    with warehouse.transaction():
        warehouse.execute(
            "update ops.runs set ended_at = ?, status = ?, problem = ?, rows_read = ?, rows_inserted = ?, "
            "rows_updated = ?, rows_deleted = ?, requests = ?, tokens = ?, retries = ?, bytes = ?, "
            "tokens_left_today = ? where run_id = ?",
            [
                *(run.ended_at, run.status, run.problem or None, run.total("rows")),
                *(0 if run.is_dry else run.total(name) for name in WRITTEN),
                *(run.total(name) for name in ("requests", "tokens", "retries", "bytes")),
                *(run.tokens_left, run.run_id),
            ],
        )
        for progress in run.entities:
            warehouse.execute(ENTITY_LOAD, _row(run, progress))


def spent_by_day(warehouse: Warehouse, crm: str) -> dict[date, int]:
    """The tokens that earlier runs spent, by UTC day."""
    spent = "select day, sum(tokens) from ops.token_spend where crm = ? group by day"
    return {day: int(tokens) for day, tokens in warehouse.rows_of(spent, [crm])}


def remember_limits(warehouse: Warehouse, crm: str, limiter: Limiter) -> None:
    """Keep what the CRM allows and how fast it answers, so that a plan need not ask."""
    if limiter.latency:
        row = [crm, limiter.limit, limiter.latency, limiter.daily_limit, pendulum.now("UTC")]
        with warehouse.transaction():
            warehouse.execute("delete from ops.limits where crm = ?", [crm])
            warehouse.execute("insert into ops.limits values (?, ?, ?, ?, ?)", row)


def record_spend(warehouse: Warehouse, run: Run) -> None:
    """Record what a run has spent so far; requests that belong to no entity stand under ''."""
    tallies = {progress.plan.entity.name: progress.reader.tally for progress in run.entities}
    with warehouse.transaction():
        warehouse.execute("delete from ops.token_spend where run_id = ?", [run.run_id])
        for entity, tally in {**tallies, **run.pushing, "": run.other}.items():
            for day in sorted({day for day, _ in tally.by_day}):
                counts = [tally.by_day[day, what] for what in ("requests", "tokens")]
                warehouse.execute(SPEND, [day, run.crm, run.command, entity, run.run_id, *counts])


def proved_at(warehouse: Warehouse, crms: Collection[str]) -> datetime | None:
    """As of when the tables that are read bit by bit were last proved to equal these CRMs, all of them."""
    found = [proved for crm, proved in warehouse.rows_of(PROVED) if crm in crms]
    return datetime.fromisoformat(str(min(found))) if found and all(found) else None


def _row(run: Run, progress: Progress) -> Sequence[object]:
    plan, tally = progress.plan, progress.reader.tally
    inserted, updated, deleted = (0 if run.is_dry else getattr(progress, name) for name in WRITTEN)
    return [
        *(run.run_id, run.crm, plan.entity.name, progress.outcome),
        str(progress.problem or (progress.remark if progress.outcome == "skipped" else "")) or None,
        *(plan.since or None, progress.watermark or None),
        *(tally.rows, inserted, updated, progress.unchanged, progress.stale, deleted),
        *(tally.requests, tally.tokens, tally.retries, tally.bytes),
        json.dumps(progress.drift),
        json.dumps(progress.filled),
    ]
