"""Publishing: what was built and tested becomes what readers see, all of it at once.

    tables.py    what is published: which models, which columns, described how
    duckdb.py    into a file of its own, renamed over the one before
    postgres.py  into the schema `reports`, in one transaction

Readers see the state before or the state after. Whatever fails or dies in between leaves the state before.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from pipelines.publish.duckdb import swap as swap_file
from pipelines.publish.postgres import swap as swap_rows
from pipelines.publish.tables import Edition, Since, Table, published_tables
from pipelines.reports import open_reports
from pipelines.warehouse import Warehouse
from sources.errors import RoundtripError

SINCE = """
select min(as_of), count(*) filter (where as_of is null), count(*) filter (where run_id = ? and is_published)
from ops.transforms where run_id <> ? and started_at >= (select max(started_at) from ops.transforms where run_id = ?)
"""
MARKS = "select built from ops.transforms where run_id = ? and built is not null"
MARKED = "update ops.transforms set built = ? where run_id = ?"

__all__ = ["Edition", "publish"]


def publish(warehouse: Warehouse, manifest: Mapping[str, Any], edition: Edition) -> int:
    """Publish every table of the project's marts, reports and snapshots; how many there are."""
    before = _before(warehouse)
    since = Since(_first_day(warehouse, edition, before), _marks(warehouse, before))
    tables = published_tables(warehouse, manifest, edition, since)
    _mark(warehouse, edition, tables)
    swap = swap_file if warehouse.place.destination == "duckdb" else swap_rows
    swap(warehouse, tables)
    return len(tables)


def _before(warehouse: Warehouse) -> dict[str, Any]:
    """What the published state says of itself; nothing when there is none that can be read."""
    with suppress(RoundtripError), open_reports(warehouse.place) as reports:
        return next(iter(reports.rows("select run_id, as_of from published")), {})
    return {}


def _first_day(warehouse: Warehouse, edition: Edition, before: Mapping[str, Any]) -> date | None:
    """The first day whose snapshots may be others than published; none when nothing is known of that.

    A build makes the snapshots of its own day. So it is the earliest day of all builds since the published one, unless
    that was of another warehouse, or one of them was killed before it had said its day.
    """
    if not before:
        return None
    run_id = before["run_id"]
    ((earliest, unknown, known),) = warehouse.rows_of(SINCE, [run_id, edition.run_id, run_id])
    if unknown or not known:
        return None
    first: datetime = min(earliest, edition.as_of)
    return first.astimezone(UTC).date()


def _marks(warehouse: Warehouse, before: Mapping[str, Any]) -> dict[str, str]:
    """How far the published tables had been built; nothing when that was in another warehouse."""
    for (built,) in warehouse.rows_of(MARKS, [before["run_id"]]) if before else ():
        found: dict[str, str] = json.loads(built)
        return found
    return {}


def _mark(warehouse: Warehouse, edition: Edition, tables: Iterable[Table]) -> None:
    """Note how far the tables are built; it counts once they are published, for only then are they asked for."""
    marks = {table.name: warehouse.rows_of(table.built_at)[0][0] for table in tables if table.built_at}
    warehouse.execute(MARKED, [json.dumps(marks), edition.run_id])
