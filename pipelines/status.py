"""How things stand: watermarks, last runs, undeclared fields, budget left. Reads the warehouse only."""

import json
from pathlib import Path
from typing import Any

from rich.table import Table

from pipelines import console
from pipelines.warehouse import Warehouse
from sources.crm import Crm
from sources.errors import UsageError

MEMORY = "256MB"
LAST_RUNS = 5
ENTITIES = """
select entity, arg_max(status, started_at) as status, arg_max(window_until, started_at) as watermark,
    arg_max(drift, started_at)::varchar as drift, arg_max(problem, started_at) as problem
from ops.entity_loads join ops.runs using (run_id) where ops.runs.crm = ? group by entity order by entity
"""
RUNS = """
select run_id, command, status, started_at, round(epoch(ended_at - started_at), 1) as seconds, rows_read,
    rows_inserted, rows_updated, rows_deleted, requests, tokens, tokens_left_today, problem
from ops.runs where crm = ? order by started_at desc limit ?
"""


def read(path: Path, crm: Crm) -> dict[str, Any]:
    """Everything `status` tells, as plain values."""
    with Warehouse(path, f"raw_{crm.name}", MEMORY, read_only=True) as warehouse:
        if not warehouse.rows_of("select 1 from information_schema.tables where table_schema = 'ops'"):
            raise UsageError(f"{path} holds no run yet.", way_out="Run `roundtrip nightly` first.")
        runs = _dicts(warehouse, RUNS, [crm.name, LAST_RUNS])
        entities = _dicts(warehouse, ENTITIES, [crm.name])
        for entity in entities:
            entity["drift"] = json.loads(entity["drift"] or "[]")
            declared = crm.entities.get(entity["entity"])
            entity["rows"], entity["deleted"] = (
                _counts(warehouse, declared.name) if declared else (None, None)
            )
    return {
        "warehouse": str(path),
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
    drawn = Table(
        title=f"{found['crm']} in {found['warehouse']}", title_justify="left", box=None, header_style="dim"
    )
    for name in ("entity", "read up to", "rows", "deleted", "last run", "problem"):
        drawn.add_column(name, justify="right" if name in ("rows", "deleted") else "left")
    for entity in found["entities"]:
        counts = ["" if entity[name] is None else f"{entity[name]:,}" for name in ("rows", "deleted")]
        drawn.add_row(
            entity["entity"], _time(entity["watermark"]), *counts, entity["status"], entity["problem"] or ""
        )
    return drawn


def _runs(found: dict[str, Any]) -> Table:
    drawn = Table(title="Last runs", title_justify="left", box=None, header_style="dim")
    for name in (
        "started",
        "command",
        "status",
        "seconds",
        "read",
        "new",
        "changed",
        "deleted",
        "requests",
        "tokens",
    ):
        drawn.add_column(name, justify="left" if name in ("started", "command", "status") else "right")
    counts = ("rows_read", "rows_inserted", "rows_updated", "rows_deleted", "requests", "tokens")
    for run in found["runs"]:
        numbers = ["" if run[name] is None else f"{run[name]:,}" for name in counts]
        seconds = "" if run["seconds"] is None else f"{run['seconds']:.1f}"
        drawn.add_row(_time(run["started_at"]), run["command"], run["status"], seconds, *numbers)
    return drawn


def _time(value: Any) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"
