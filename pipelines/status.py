"""How things stand: watermarks, last runs, undeclared fields, budget left. Reads the warehouse only."""

import json
from typing import Any

from rich.table import Table

from pipelines import console
from pipelines.place import Place
from pipelines.warehouse import Warehouse, open_warehouse
from sources.crm import Crm
from sources.errors import UsageError

LAST_RUNS = 5
ENTITIES = """
select
    loads.entity,
    arg_max_null(loads.status, runs.started_at) as status,
    arg_max(loads.window_until, runs.started_at) as watermark,
    arg_max_null(loads.drift, runs.started_at)::varchar as drift,
    arg_max_null(loads.problem, runs.started_at) as problem
from ops.entity_loads as loads
inner join ops.runs as runs on loads.run_id = runs.run_id
where runs.crm = ?
group by loads.entity
order by loads.entity
"""
RUNS = """
select run_id, command, status, started_at, round(epoch(ended_at - started_at), 1) as seconds, rows_read,
    rows_inserted, rows_updated, rows_deleted, requests, tokens, tokens_left_today, problem
from ops.runs where crm = ? order by started_at desc limit ?
"""


def read(place: Place, crm: Crm) -> dict[str, Any]:
    """Everything `status` tells, as plain values."""
    with open_warehouse(place, f"raw_{crm.name}", read_only=True) as warehouse:
        if not warehouse.rows_of("select 1 from information_schema.tables where table_schema = 'ops'"):
            raise UsageError(f"{place.title} holds no run yet.", way_out="Run `roundtrip nightly` first.")
        runs = _dicts(warehouse, RUNS, [crm.name, LAST_RUNS])
        entities = _dicts(warehouse, ENTITIES, [crm.name])
        for entity in entities:
            entity["drift"] = json.loads(entity["drift"] or "[]")
            declared = crm.entities.get(entity["entity"])
            entity["rows"], entity["deleted"] = (
                _counts(warehouse, declared.name) if declared else (None, None)
            )
    return {
        "warehouse": place.title,
        "crm": crm.name,
        "tokens_left_today": runs[0]["tokens_left_today"] if runs else None,
        "entities": entities,
        "runs": runs,
    }


def _dicts(warehouse: Warehouse, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    with warehouse.connection.cursor() as cursor:
        cursor.execute(query, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _counts(warehouse: Warehouse, name: str) -> tuple[int | None, int | None]:
    exists = warehouse.rows_of(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        (warehouse.dataset, name),
    )
    if not exists:
        return None, None
    table = f'"{warehouse.dataset}"."{name}"'
    (row,) = warehouse.rows_of(f"select count(*), count(*) filter (where is_deleted) from {table}")  # noqa: S608
    return row


def show(found: dict[str, Any]) -> None:
    """Print it for a person."""
    console.OUT.print(_entities(found))
    console.OUT.print(_runs(found))
    left = found["tokens_left_today"]
    if left is not None:
        console.OUT.print(f"Tokens left at the end of the last run: {left:,}.")
    for entity in found["entities"]:
        if entity["drift"]:
            console.note(
                f"{entity['entity']}: undeclared fields kept in _extra: {', '.join(entity['drift'])}"
            )


def _entities(found: dict[str, Any]) -> Table:
    title = f"{found['crm']} in {found['warehouse']}"
    drawn = console.grid(title, "entity", "read up to (UTC)", ">rows", ">deleted", "last run")
    drawn.add_column("problem", overflow="fold")
    for entity in found["entities"]:
        counts = ["" if entity[name] is None else f"{entity[name]:,}" for name in ("rows", "deleted")]
        place = (entity["entity"], _time(entity["watermark"]))
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


def _time(value: Any) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M:%S}"
