"""The rows that health is judged by, beside those that `status` shows. Reads the warehouse only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.warehouse import Warehouse

PAST_LOADS = 31
"""How many loads of a list the latest one is compared with, and itself."""
LATEST = """
select distinct on (command = 'push') run_id, command, status, started_at, problem from ops.runs
where crm = ? order by command = 'push', started_at desc
"""
KILLED = (
    "select run_id, command, started_at from ops.runs where crm = ? and status = 'killed' order by started_at"
)
NIGHTLY = """
select max(started_at) from ops.runs
where crm = ? and command = 'nightly' and run_id in (select entity_loads.run_id from ops.entity_loads)
"""
LOADS = """
with ranked as (
    select
        entity,
        entity_loads.run_id,
        started_at,
        window_since,
        window_until,
        entity_loads.rows_read,
        entity_loads.rows_inserted + entity_loads.rows_updated + entity_loads.rows_deleted as changed,
        filled::varchar as filled,
        row_number() over (partition by entity order by started_at desc) as latest
    from ops.entity_loads
    inner join ops.runs on entity_loads.run_id = runs.run_id
    where runs.crm = ? and entity_loads.status = 'done' and command in ('nightly', 'load')
)

select * from ranked where latest <= ? order by entity, latest
"""
FIELDS = """
select entity, field_code, column_name, first_seen_at, last_seen_at, is_deleted,
    min(first_seen_at) over (partition by entity) as begun_at
from ops.custom_fields where crm = ? order by entity, column_name
"""
PUBLISHED = "select max(as_of) from ops.transforms where is_published"


@dataclass(frozen=True)
class Load:
    """One load of a list that got to its end."""

    run_id: str
    started_at: datetime
    window_since: datetime | None
    window_until: datetime | None
    rows_read: int
    changed: int
    filled: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known of one CRM's runs."""

    latest: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The latest run that reads, and the latest push."""
    killed: list[dict[str, Any]] = field(default_factory=list)
    nightly_at: datetime | None = None
    """When the last nightly run began that came to reading."""
    loads: Mapping[str, list[Load]] = field(default_factory=dict)
    """By entity, the latest first."""
    fields: list[dict[str, Any]] = field(default_factory=list)
    """Custom fields."""
    published: datetime | None = None
    """Which moment the published tables tell of."""
    is_under_way: bool = False
    """Whether a run holds the warehouse just now, so that what has not ended may yet end."""


def read_facts(warehouse: Warehouse, crm: str, *, is_under_way: bool) -> Facts:
    """What is known of a CRM."""
    latest = warehouse.records_of(LATEST, [crm])
    loads: dict[str, list[Load]] = {}
    for row in warehouse.records_of(LOADS, [crm, PAST_LOADS]):
        loads.setdefault(row["entity"], []).append(_load(row))
    return Facts(
        latest={"push" if one["command"] == "push" else "read": one for one in latest},
        killed=warehouse.records_of(KILLED, [crm]),
        nightly_at=warehouse.rows_of(NIGHTLY, [crm])[0][0],
        loads=loads,
        fields=warehouse.records_of(FIELDS, [crm]),
        published=warehouse.rows_of(PUBLISHED)[0][0],
        is_under_way=is_under_way,
    )


def _load(row: Mapping[str, Any]) -> Load:
    counted = {name: row[name] for name in ("run_id", "started_at", "window_since", "window_until")}
    filled = json.loads(row["filled"] or "{}")
    return Load(**counted, rows_read=row["rows_read"] or 0, changed=row["changed"] or 0, filled=filled)
