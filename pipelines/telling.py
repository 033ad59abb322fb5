"""What a run of the transforms has to tell: to a person, to a machine."""

from typing import Any

from pipelines import console
from pipelines.failures import Failure
from pipelines.nightly import Night, Part
from pipelines.place import Place
from pipelines.push import showing
from pipelines.push.summing import summary as push_summary
from pipelines.reports import SCHEMA
from pipelines.several import document
from pipelines.transform import Transformation


def closing(done: Transformation, place: Place) -> None:
    """What was built and published, or why it was not."""
    counts = f"{done.count('model')} models built, {done.count('test')} tests run"
    console.say(f"transform: {done.status} in {done.seconds:.1f} s. {counts}.")
    for change in done.field_changes:
        console.note(str(change))
    for warning in done.warnings:
        _show(warning, "yellow", warning.query)
    for failure in done.failures:
        _show(failure, "red", failure.command)
    if done.problem and not done.failures:
        console.note(done.problem, "red")
    if done.snapshots_not_taken:
        console.note(
            f"Not taken today: {', '.join(done.snapshots_not_taken)}. What is on a day cannot be found again later: "
            "mend this and run `roundtrip transform` before the next load.",
            "red",
        )
    if done.tables:
        console.say(
            f"{done.tables} tables published as of {done.as_of:%Y-%m-%d %H:%M} UTC: {published_at(place)}"
        )
        console.say(f"Dashboard: {place.dashboard}")
    else:
        console.note("Nothing was published; what was before stays.")


def _show(failure: Failure, style: str, all_of_them: str) -> None:
    console.note(str(failure), style)
    for row in failure.examples:
        console.note("    " + ", ".join(f"{name} {value}" for name, value in row.items()), "dim")
    if all_of_them:
        console.note(f"  All of them: {all_of_them}", "dim")


def published_at(place: Place) -> str:
    """Where the published tables are, in words."""
    return str(place.reports) if place.destination == "duckdb" else f"{place.title}, schema {SCHEMA}"


def summary(done: Transformation, place: Place) -> dict[str, Any]:
    """A run of the transforms as JSON."""
    return {
        "run_id": done.run_id,
        "command": done.command,
        "status": done.status,
        "problem": done.problem or None,
        "seconds": round(done.seconds, 3),
        "as_of": done.as_of,
        "models": done.count("model"),
        "tests": done.count("test"),
        "field_changes": [vars(change) for change in done.field_changes],
        "snapshots_not_taken": done.snapshots_not_taken,
        "published_tables": done.tables,
        "published_at": published_at(place) if done.tables else None,
        "dashboard": str(place.dashboard) if done.tables else None,
        "failures": [vars(failure) for failure in done.failures],
        "warnings": [vars(failure) for failure in done.warnings],
    }


def night(done: Night, place: Place) -> None:
    """What a night did: each CRM's load, the tables, and each CRM's push."""
    for part in done.parts:
        if part.run:
            console.closing(part.run, names_crm=len(done.parts) > 1)
        else:
            console.note(f"{part.crm}: {part.load_problem}", "bold red")
    if done.transformation:
        closing(done.transformation, place)
    if done.lacking:
        what = "The reporting tables lack a CRM" if done.transformation else "No reporting tables yet"
        console.note(f"{what}: {done.lacking} The next runs go on with that.")
    for part in done.parts:
        showing.night(part.push, part.push_problem)


def night_summary(night: Night, place: Place) -> dict[str, Any]:
    """A nightly job as JSON: the loads, and beside them what followed."""
    transformation = night.transformation
    followed = {
        "status": night.status,
        "problem": night.problem or None,
        "transform": summary(transformation, place) if transformation else None,
        "lacking": night.lacking or None,
    }
    parts = [_part_summary(part) for part in night.parts]
    return {**document(parts), **followed}


def _part_summary(part: Part) -> dict[str, Any]:
    failed = {"crm": part.crm, "status": "failed", "problem": part.load_problem}
    pushed = push_summary(part.push) if part.push else None
    return {**(console.summary(part.run) if part.run else failed), "push": pushed}
