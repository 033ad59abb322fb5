"""Files and folders of this machine: whether a run could write them, and who may read the secrets."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pipelines import dbt
from pipelines.check.finding import Finding, ok, problem, warning
from pipelines.keys import FILES, secrets_in
from pipelines.place import Place

LEAST_FREE, LITTLE_FREE = 100_000_000, 1_000_000_000
"""Bytes: what any run needs, and what a run may need beside a copy of what there is."""


def findings_of(place: Place) -> Iterator[Finding]:
    """What was found of the published files, the dbt project and the secrets."""
    if place.destination == "duckdb":
        yield written("reports", place.reports)
    yield written("dashboard", place.dashboard)
    yield _project()
    yield from secrets(FILES[1])
    yield from misplaced(*FILES)


def written(area: str, file: Path) -> Finding:
    """Whether a file could be written, or replaced as a whole: that takes a right to its folder."""
    if file.is_dir():
        return problem(area, f"{file} is a folder.", f"Set roundtrip.{area} to a file.")
    if refusal := _refusal(file.parent):
        return problem(
            area,
            f"{file} cannot be written: {refusal}.",
            f"Set roundtrip.{area} to a place you may write to.",
        )
    return ok(area, f"{file} {'is there' if file.exists() else 'is not there yet'}, and can be written.")


def folder(place: Place) -> Iterator[Finding]:
    """Whether the folder with the warehouse, or with its locks and working files, can be written, and has room."""
    home = place.warehouse.parent
    if refusal := _refusal(home):
        yield problem(
            "warehouse",
            f"The folder {home} cannot be written: {refusal}.",
            "Set roundtrip.warehouse to a place you may write to.",
        )
        return
    held = sum(file.stat().st_size for file in (place.warehouse, place.reports) if file.is_file())
    yield room(home, shutil.disk_usage(_there(home)).free, held)


def room(home: Path, free: int, held: int) -> Finding:
    """Whether the disk has room: a publish writes a copy of the reports, a full refresh one of the tables."""
    told = f"{free / 1e9:,.1f} GB are free in {home}"
    remedy = "Make room, or set roundtrip.warehouse to a place with more."
    if free < LEAST_FREE:
        return problem("disk", f"{told}.", remedy)
    if free < LITTLE_FREE + held:
        return warning("disk", f"{told}, which may be too little for a large run.", remedy)
    return ok("disk", f"{told}.")


def _there(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def _refusal(home: Path) -> str:
    """Why nothing can be written into a folder, which may have to be made; empty when it can."""
    there = _there(home)
    if not there.is_dir():
        return f"{there} is a file, not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"this user may not write to {there}"


def _project() -> Finding:
    if (dbt.PROJECT / "dbt_project.yml").is_file():
        return ok("project", f"The dbt project is at {dbt.PROJECT}.")
    return problem(
        "project",
        f"There is no dbt project at {dbt.PROJECT}.",
        "Run roundtrip from its repository, installed by `make`: the project lies beside the code.",
    )


def secrets(file: Path) -> Iterator[Finding]:
    """Whether only this user may read the file."""
    if not file.is_file():
        return
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("secrets", f"Others on this machine may read {file}.", f"`chmod 600 {file}`")
        return
    yield ok("secrets", f"Only this user may read {file}.")


def misplaced(settings: Path, secrets: Path) -> Iterator[Finding]:
    """Secrets that stand where git keeps them."""
    for name in secrets_in(settings):
        yield warning(
            "secrets",
            f"{name} is a secret, and {settings} is a file that git keeps.",
            f"Move it to {secrets}; if it was committed, have a new one made.",
        )
