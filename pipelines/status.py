"""How things stand: watermarks, last runs, undeclared fields, budget left. Reads the warehouse only."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from rich.table import Table

from pipelines import console
from pipelines.backfill import command, unfinished
from pipelines.config import refuse_unknown_crms
from pipelines.login import standing as login
from pipelines.place import Place
from pipelines.push import standing
from pipelines.several import document
from pipelines.sql import named
from pipelines.warehouse import Warehouse, open_warehouse
from sources.crm import Crm
from sources.errors import UsageError
from sources.registry import CRMS

LAST_RUNS = 5
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
    select distinct on (entity) entity, window_until from loads
    where window_until is not null
    order by entity, started_at desc
)

select
    latest.entity,
    latest.status,
    reached.window_until as watermark,
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
    failures, is_published, problem
from ops.transforms order by started_at desc limit ?
"""
RENAMED = """
select entity, field_name, column_name, named_after from ops.custom_fields
where crm = ? and named_after <> field_name and not is_deleted order by entity, column_name
"""


def read_all(place: Place, names: Sequence[str]) -> list[dict[str, Any]]:
    """What `status` tells of each CRM that the warehouse has runs of, or of those named."""
    refuse_unknown_crms(names)
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        there = [name for (name,) in warehouse.rows_of(LOADED)] if warehouse.columns_of("ops", "runs") else []
    chosen = [crm for crm in CRMS.values() if crm.name in (names or there)]
    if lacking := [crm.name for crm in chosen if crm.name not in there] or [""] * (not chosen):
        named = f" of {', '.join(lacking)}" if chosen else ""
        raise UsageError(f"{place.title} holds no run{named} yet.", way_out="Run `roundtrip nightly` first.")
    return [read(place, crm) for crm in chosen]


def summary(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is told, as one document."""
    shared = {name: found[0][name] for name in SHARED}
    own = [{name: value for name, value in one.items() if name not in SHARED} for one in found]
    return {**document(own), **shared}


def show_all(found: Sequence[dict[str, Any]]) -> None:
    """Print it for a person; the transforms, which are of all CRMs, once."""
    for one in found:
        show(one if one is found[-1] else {**one, "transforms": []})


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
        pushes = standing.read(warehouse, crm.name)
        proved = dict(warehouse.rows_of(PROVED, [crm.name]))
        tables = warehouse.tables()
        for entity in entities:
            entity["proved_at"] = proved.get(entity["entity"])
            entity["drift"] = json.loads(entity["drift"] or "[]")
            declared = crm.entities.get(entity["entity"])
            entity["rows"], entity["deleted"] = (
                _counts(warehouse, tables, declared.name) if declared else (None, None)
            )
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


def _counts(warehouse: Warehouse, tables: Collection[str], name: str) -> tuple[int | None, int | None]:
    if name not in tables:
        return None, None
    table = named(warehouse.dataset, name)
    (row,) = warehouse.rows_of(f"select count(*), count(*) filter (where is_deleted) from {table}")  # noqa: S608 (quoted names)
    return row


def show(found: dict[str, Any]) -> None:
    """Print it for a person."""
    console.OUT.print(_entities(found))
    console.OUT.print(_runs(found))
    if found["transforms"]:
        console.OUT.print(_transforms(found))
    if found["push"]:
        standing.show(found["push"])
    if found["login"]:
        login.show(found["crm"], found["login"])
    for one in found["unfinished_backfills"]:
        console.note(
            f"{one['entity']}: a backfill from {one['since']} to {one['until']} has read {one['rows']:,} rows; "
            f"{one['days_left']:,} days are left. `{one['command']}` goes on."
        )
    left = found["tokens_left_today"]
    if left is not None:
        console.OUT.print(f"Tokens left at the end of the last run: {left:,}.")
    for entity in found["entities"]:
        if entity["drift"]:
            console.note(
                f"{entity['entity']}: undeclared fields kept in _extra: {', '.join(entity['drift'])}"
            )
    for field in found["renamed_fields"]:
        console.note(
            f"{field['entity']}: the custom field {field['field_name']!r} has the column {field['column_name']}, "
            f"because it was called {field['named_after']!r}."
        )


def _entities(found: dict[str, Any]) -> Table:
    title = f"{found['crm']} in {found['warehouse']}"
    drawn = console.grid(
        title, "entity", "read up to (UTC)", "proved equal at", ">rows", ">deleted", "last run"
    )
    drawn.add_column("problem", overflow="fold")
    for entity in found["entities"]:
        counts = ["" if entity[name] is None else f"{entity[name]:,}" for name in ("rows", "deleted")]
        place = (entity["entity"], _time(entity["watermark"]), _time(entity["proved_at"]))
        drawn.add_row(*place, *counts, entity["status"], entity["problem"] or "")
    return drawn


def _runs(found: dict[str, Any]) -> Table:
    counts = ("rows_read", "rows_inserted", "rows_updated", "rows_deleted", "requests", "tokens")
    columns = (">seconds", ">read", ">new", ">changed", ">deleted", ">requests", ">tokens")
    drawn = console.grid("\nLast runs", "started (UTC)", "command", "status", *columns)
    for run in found["runs"]:
        numbers = ["" if run[name] is None else f"{run[name]:,}" for name in counts]
        seconds = "" if run["seconds"] is None else f"{run['seconds']:.1f}"
        drawn.add_row(f"{run['started_at']:%m-%d %H:%M:%S}", run["command"], run["status"], seconds, *numbers)
    return drawn


def _transforms(found: dict[str, Any]) -> Table:
    columns = (">seconds", ">models", ">tests", ">failures", "as of (UTC)", "published")
    drawn = console.grid("\nLast transforms", "started (UTC)", "command", "status", *columns)
    drawn.add_column("problem", overflow="fold")
    for one in found["transforms"]:
        counts = ["" if one[name] is None else f"{one[name]:,}" for name in ("models", "tests", "failures")]
        seconds = "" if one["seconds"] is None else f"{one['seconds']:.1f}"
        told = ("yes" if one["is_published"] else "no", one["problem"] or "")
        begun = (f"{one['started_at']:%m-%d %H:%M:%S}", one["command"], one["status"])
        drawn.add_row(*begun, seconds, *counts, _time(one["as_of"]), *told)
    return drawn


def _time(value: Any) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M:%S}"
