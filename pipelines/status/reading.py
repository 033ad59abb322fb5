"""How things stand, out of the warehouse."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pendulum

from pipelines import health
from pipelines.backfill import command, unfinished
from pipelines.config import refuse_unknown_crms
from pipelines.health import Limits, Problem
from pipelines.lock import is_held
from pipelines.login import standing as login
from pipelines.place import Place
from pipelines.push import standing as pushing
from pipelines.several import document
from pipelines.sql import named
from pipelines.warehouse import Warehouse, open_warehouse
from sources.crm import Crm
from sources.errors import UsageError
from sources.registry import CRMS

LAST_RUNS = 5
USUAL = Limits()
COUNTS = ("rows", "deleted", "deleted_by_last_load")
DELETED = "count(*) filter (where is_deleted)"
DELETED_LAST = "count(*) filter (where is_deleted and _loaded_at >= ?)"
SHARED = ("warehouse", "transforms")
"""What is the same for all CRMs."""
LOADED = "select distinct crm from ops.runs"
ENTITIES = """
with loads as (
    select entity_loads.*, runs.started_at
    from ops.entity_loads
    inner join ops.runs on entity_loads.run_id = runs.run_id
    where runs.crm = ?
),

latest as (select distinct on (entity) * from loads order by entity, started_at desc),

reached as (
    select distinct on (entity) entity, window_until, started_at from loads
    where window_until is not null
    order by entity, started_at desc
)

select
    latest.entity,
    latest.status,
    latest.started_at as loaded_at,
    reached.window_until as watermark,
    reached.started_at as read_at,
    latest.drift::varchar as drift,
    latest.problem
from latest
left join reached on latest.entity = reached.entity
order by latest.entity
"""
PROVED = """
select entity, max(proved_at) as proved_at from ops.reconciliations where crm = ? and is_proved group by entity
"""
RUNS = """
select run_id, command, status, started_at,
    round(extract(epoch from ended_at - started_at)::numeric, 1)::double precision as seconds, rows_read,
    rows_inserted, rows_updated, rows_deleted, requests, tokens, tokens_left_today, problem
from ops.runs where crm = ? order by started_at desc limit ?
"""
TRANSFORMS = """
select run_id, command, status, started_at,
    round(extract(epoch from ended_at - started_at)::numeric, 1)::double precision as seconds, as_of, models, tests,
    failures, is_published, problem, unsettled
from ops.transforms order by started_at desc limit ?
"""
RENAMED = """
select entity, field_name, column_name, named_after from ops.custom_fields
where crm = ? and named_after <> field_name and not is_deleted order by entity, column_name
"""


@dataclass(frozen=True)
class Standing:
    """How things stand."""

    parts: list[dict[str, Any]]
    """What is told of each CRM."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return health.healthy(self.problems)


def read_all(
    place: Place,
    names: Sequence[str] = (),
    *,
    limits: Limits = USUAL,
    now: datetime | None = None,
    is_ours: bool = False,
) -> Standing:
    """How each CRM stands that the warehouse has runs of, or each of those named; whether the run lock `is_ours`."""
    refuse_unknown_crms(names)
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        is_new = not warehouse.columns_of("ops", "runs")
        there = [] if is_new else [name for (name,) in warehouse.rows_of(LOADED)]
        is_under_way = not is_ours and is_held(warehouse)
        facts = {name: health.read_facts(warehouse, name, is_under_way=is_under_way) for name in there}
    chosen = [crm for crm in CRMS.values() if crm.name in (names or there)]
    if lacking := [crm.name for crm in chosen if crm.name not in there] or [""] * (not chosen):
        named = f" of {', '.join(lacking)}" if chosen else ""
        raise UsageError(f"{place.title} holds no run{named} yet.", way_out="Run `roundtrip nightly` first.")
    parts = [read(place, crm) for crm in chosen]
    return Standing(parts, health.problems(parts, facts, limits, now or pendulum.now("UTC")))


def summary(standing: Standing) -> dict[str, Any]:
    """What is told, as one document."""
    parts = standing.parts
    shared = {name: parts[0][name] for name in SHARED}
    own = [{name: value for name, value in one.items() if name not in SHARED} for one in parts]
    told = {"healthy": standing.is_well, "problems": [health.summary(one) for one in standing.problems]}
    return {**document(own), **shared, **told}


def read(place: Place, crm: Crm) -> dict[str, Any]:
    """Everything `status` tells of one CRM, as plain values."""
    with open_warehouse(place, f"raw_{crm.name}", read_only=True) as warehouse:
        if not warehouse.columns_of("ops", "runs"):
            raise UsageError(f"{place.title} holds no run yet.", way_out="Run `roundtrip nightly` first.")
        runs = warehouse.records_of(RUNS, [crm.name, LAST_RUNS])
        transforms = warehouse.records_of(TRANSFORMS, [LAST_RUNS])
        renamed = warehouse.records_of(RENAMED, [crm.name])
        entities = warehouse.records_of(ENTITIES, [crm.name])
        backfills = unfinished(warehouse, crm)
        pushes = pushing.read(warehouse, crm.name)
        proved = dict(warehouse.rows_of(PROVED, [crm.name]))
        tables = warehouse.tables()
        for entity in entities:
            entity["proved_at"] = proved.get(entity["entity"])
            entity["drift"] = json.loads(entity["drift"] or "[]")
            declared = crm.entities.get(entity["entity"])
            entity.update(_counts(warehouse, tables, declared.name if declared else "", entity["loaded_at"]))
    return {
        "warehouse": place.title,
        "crm": crm.name,
        "tokens_left_today": runs[0]["tokens_left_today"] if runs else None,
        "entities": entities,
        "runs": runs,
        "transforms": transforms,
        "renamed_fields": renamed,
        "push": pushes,
        "login": login.read(crm),
        "unfinished_backfills": [
            {
                "entity": one.entity,
                "since": one.since,
                "until": one.until,
                "rows": one.rows,
                "days_left": round(one.days_left, 1),
                "command": command(one, crm),
            }
            for one in backfills
        ],
    }


def _counts(
    warehouse: Warehouse, tables: Collection[str], name: str, loaded_at: datetime
) -> dict[str, int | None]:
    """How many rows there are of an entity, how many are marked deleted, and how many of those by the last load."""
    if name not in tables:
        return dict.fromkeys(COUNTS)
    table = named(warehouse.dataset, name)
    counted = f"select count(*), {DELETED}, {DELETED_LAST} from {table}"  # noqa: S608
    (row,) = warehouse.rows_of(counted, [loaded_at])
    return dict(zip(COUNTS, row, strict=True))
