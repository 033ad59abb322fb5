"""The documentation of the reporting tables as one page: models, columns, tests, and what is made of what."""

from pathlib import Path

from pipelines import dbt
from pipelines.dashboard.page import replaced
from pipelines.lock import locked
from pipelines.place import Place
from pipelines.readiness import variables, what_is_lacking
from pipelines.warehouse import open_warehouse
from sources.errors import UsageError

LOAD_FIRST = "Run `roundtrip nightly` first."


def write_docs(place: Place) -> Path:
    """Write the page beside the published tables; it works offline."""
    if place.destination == "duckdb" and not place.warehouse.exists():
        raise UsageError(f"There is no warehouse at {place.warehouse} yet.", way_out=LOAD_FIRST)
    page = place.dashboard.with_name("docs") / "index.html"
    with locked(place, "docs"), open_warehouse(place, "ops") as warehouse:
        if lacking := what_is_lacking(warehouse):
            raise UsageError(lacking, way_out=LOAD_FIRST)
        made = dbt.document(place, variables(warehouse))
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        replaced(page, made.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The documentation cannot be written to {page}: {error.strerror}.") from error
    return page
