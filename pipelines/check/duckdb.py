"""A warehouse that is a DuckDB file: its folder, the file, who holds it, and the room beside it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pipelines.check.finding import Finding, ok, problem, warning
from pipelines.check.holding import holder_of, named
from pipelines.check.places import folder
from pipelines.place import Place
from pipelines.warehouse import Warehouse
from pipelines.warehouse.duckdb import DuckDB


def findings_of(place: Place, _raw: Sequence[str]) -> Iterator[Finding]:
    """Whether a run could write the file."""
    yield from folder(place)
    file = place.warehouse
    if not file.exists():
        yield ok("warehouse", f"{file} is not there yet: the first run makes it.")
    elif held := _held(place):
        yield held
    elif not os.access(file, os.W_OK):
        yield problem("warehouse", f"This user may not write {file}.", f"`chmod u+w {file}`, as its owner.")
    else:
        with DuckDB(place, "ops", read_only=True) as warehouse:
            ((version,),) = warehouse.rows_of("select version()")
        yield ok(
            "warehouse", f"{file} can be read and written (DuckDB {version.lstrip('v')}); nobody holds it."
        )


@contextmanager
def opened(place: Place) -> Iterator[Warehouse | None]:
    """The warehouse, to be read; None where it is not there yet, or somebody holds it."""
    if not place.warehouse.is_file() or holder_of(place.warehouse):
        yield None
        return
    with DuckDB(place, "ops", read_only=True) as warehouse:
        yield warehouse


def _held(place: Place) -> Finding | None:
    """A run that is under way is no fault; anybody else keeps the next one from writing."""
    process = holder_of(place.warehouse)
    if process is None:
        return None
    run = ""
    with suppress(OSError):
        run = place.lock.with_suffix(".run").read_text()
    if f"process {process}," in run:
        return warning("warehouse", f"A run is under way: {run}.", "Check again when it has ended.")
    return problem(
        "warehouse",
        f"{named(process)} holds {place.warehouse} open: while it does, a run is refused.",
        f"Close it there. Read {place.reports} instead: nobody who does so hinders a run.",
    )
