"""How things stand, for a person."""

from typing import Any

from rich.table import Table

from pipelines import console
from pipelines.health import Problem
from pipelines.login import standing as login
from pipelines.push import standing as pushing
from pipelines.status.reading import Standing

STYLES = {"failed": "bold red", "partial": "yellow", "notice": "dim"}


def show_all(standing: Standing) -> None:
    """Print it; the transforms, which are of all CRMs, once, and what is wrong last."""
    for one in standing.parts:
        show(one if one is standing.parts[-1] else {**one, "transforms": []})
    for problem in standing.problems:
        _show_problem(problem)
    if standing.is_well:
        console.say("All is well.")


def _show_problem(problem: Problem) -> None:
    console.note(f"{problem.told} {problem.remedy}", STYLES[problem.severity])


def show(found: dict[str, Any]) -> None:
    """Print it for a person."""
    console.OUT.print(_entities(found))
    console.OUT.print(_runs(found))
    if found["transforms"]:
        console.OUT.print(_transforms(found))
    if found["push"]:
        pushing.show(found["push"])
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
