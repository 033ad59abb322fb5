"""Publishing into a DuckDB file: a new one is made beside the published one, then renamed over it.

Whoever has the published file open keeps the old state until it opens it again; nobody is locked out, and nobody locks.

The new file begins as a copy of the published one, and is given the rows that differ: to find those by a hash of each
row takes a sixth of the time that writing all of them takes. What does not work on the copy is made from nothing.

DuckDB opens a file, reads its header, closes it, and opens the same path again for the rest: which may be another file
by then. So the copy is changed by one transaction and one checkpoint. That leaves all blocks of the state before alone,
but for those at the end, which it cuts off and `_lengthen` puts back; with the header of before one reads what was
before. A file made from nothing holds no such blocks: whoever meets it in that moment may have to open it again.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipelines.files import put
from pipelines.publish.tables import Table, listed, told_anew
from pipelines.sql import literal, quoted
from pipelines.warehouse import Warehouse
from sources.errors import TransformError

BESIDE = "roundtrip_new"
"""What the new file is called while it is attached."""
STORAGE = "v1.2.0"
"""DuckDB from 1.2 on can read it; without that only the version that wrote it could."""
HEADER = 12_288
"""Bytes before the first block."""
MOST_CHANGED = 1 / 3
"""Of a table's rows; beyond, it is written anew."""


def swap(warehouse: Warehouse, tables: Sequence[Table]) -> None:
    """Make the new file, and put it where readers look."""
    reports = warehouse.place.reports
    new = reports.with_name(f".{reports.name}.new")
    try:
        reports.parent.mkdir(parents=True, exist_ok=True)
        _ready(reports).unlink(missing_ok=True)  # of a publish that was killed
        if not _made_from(reports, new, warehouse, tables):
            _forget(new)
            with _attached(warehouse, new), warehouse.transaction():
                for table in tables:
                    _write(warehouse, table)
        _put(new, reports)
    except (OSError, duckdb.Error) as error:
        with suppress(OSError):
            _forget(new)
        raise TransformError(
            f"The tables could not be published to {reports}: {warehouse.told(error)}.",
            way_out="What was published before stays. Make room there, or set roundtrip.reports to another place.",
        ) from error


def _made_from(reports: Path, new: Path, warehouse: Warehouse, tables: Sequence[Table]) -> bool:
    """Make the new file out of the published one; whether that was possible, and worth it."""
    _forget(new)  # of a publish that was killed
    if not reports.exists():
        return False
    shutil.copyfile(reports, new)
    try:
        with _attached(warehouse, new):
            if _is_mostly_empty(warehouse, new):
                return False
            with warehouse.transaction():
                before = _published(warehouse)
                for name in before.keys() - {table.name for table in tables}:
                    warehouse.execute(f"drop table {_named(name)}")
                for table in tables:
                    _bring(warehouse, table, before.get(table.name))
    except duckdb.Error:
        return False  # not a file of ours, or damaged: no harm done
    _lengthen(new, reports)
    return True


def _lengthen(new: Path, reports: Path) -> None:
    """Give the new file the end of the published one, if it is the shorter."""
    with reports.open("rb") as before, new.open("ab") as longer:
        before.seek(longer.tell())
        shutil.copyfileobj(before, longer)


@contextmanager
def _attached(warehouse: Warehouse, file: Path) -> Iterator[None]:
    storage = "" if file.exists() else f"(storage_version '{STORAGE}')"
    warehouse.execute(f"attach {literal(str(file))} as {BESIDE} {storage}")
    try:
        yield
        warehouse.execute(f"checkpoint {BESIDE}")
    finally:
        warehouse.execute(f"detach {BESIDE}")


def _is_mostly_empty(warehouse: Warehouse, file: Path) -> bool:
    """Whether most of the file is room that tables have left."""
    query = "select used_blocks * block_size from pragma_database_size() where database_name = ?"
    used: int = warehouse.rows_of(query, [BESIDE])[0][0]
    return file.stat().st_size > HEADER + 2 * used


def _published(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """The tables of the file with their columns."""
    query = """
        select table_name, column_name, data_type from duckdb_columns()
        where database_name = ? and schema_name = 'main' order by column_index"""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in warehouse.rows_of(query, [BESIDE]):
        found.setdefault(table, {})[column] = kind
    return found


def _bring(warehouse: Warehouse, table: Table, before: dict[str, str] | None) -> None:
    """Bring one table of the file to what is built."""
    if before is None or list(before.items()) != list(table.columns.items()):
        _write(warehouse, table)
        return
    if (table.changing and _brought_days(warehouse, table)) or (
        table.fresh and _brought_fresh(warehouse, table)
    ):
        _comment(warehouse, table)
        return
    if not table.key:
        _write(warehouse, table)
        return
    warehouse.execute(_outdated(table))
    ((outdated, there, wanted),) = warehouse.rows_of(_counts(table))
    if outdated > MOST_CHANGED * there:
        _write(warehouse, table)
        return
    if outdated:
        warehouse.execute(f"delete from {_named(table.name)} where rowid in (select place from outdated)")  # noqa: S608 (quoted names)
    # Rows are told apart by a key: when there are as many as wanted, they are those.
    if there - outdated < wanted:
        warehouse.execute(_missing(table))
    _comment(warehouse, table)


def _brought_days(warehouse: Warehouse, table: Table) -> bool:
    """Bring the days that may be others than published; whether as many rows are published then as are built."""
    name = _named(table.name)
    warehouse.execute(f"delete from {name} where {table.changing}")  # noqa: S608 (quoted names)
    warehouse.execute(
        f"insert into {name} ({listed(table.columns)}) select * from ({table.rows}) where {table.changing}"  # noqa: S608 (quoted names)
    )
    counts = f"select (select count(*) from {name}), (select count(*) from ({table.rows}))"  # noqa: S608 (quoted names)
    ((there, built),) = warehouse.rows_of(counts)
    return bool(there == built)


def _brought_fresh(warehouse: Warehouse, table: Table) -> bool:
    """Bring what was built since; whether all that is built is published then."""
    name, keys = _named(table.name), f"({', '.join(table.key)})"
    sizes = f"select (select count(*) from ({table.fresh})), count(*) from ({table.rows})"  # noqa: S608 (quoted names)
    ((fresh, built),) = warehouse.rows_of(sizes)
    if fresh > MOST_CHANGED * built:
        return False
    if fresh:
        warehouse.execute(f"delete from {name} where {keys} in (select {keys} from ({table.fresh}))")  # noqa: S608 (quoted names)
        warehouse.execute(f"insert into {name} ({listed(table.columns)}) {table.fresh}")
    if table.told_by_time:
        warehouse.execute(told_anew(table, name))
    there = f"select count(*) from {name}"  # noqa: S608 (quoted names)
    if warehouse.rows_of(there)[0][0] > built:
        warehouse.execute(f"delete from {name} where {keys} not in (select {keys} from ({table.rows}))")  # noqa: S608 (quoted names)
    return bool(warehouse.rows_of(there)[0][0] == built)


def _counts(table: Table) -> str:
    """How many rows are outdated, are published, and are built."""
    return f"""
        select (select count(*) from outdated), count(*), (select count(*) from ({table.rows}))
        from {_named(table.name)}
    """  # noqa: S608 (quoted names)


def _outdated(table: Table) -> str:
    """Where the published rows are that are not as built."""
    row = f"hash({listed(table.columns)}) as row_hash"
    return f"""
        create or replace temporary table outdated as
        select place from (select rowid as place, {row} from {_named(table.name)}) as published
        anti join (select {row} from ({table.rows})) as built using (row_hash)
    """  # noqa: S608 (quoted names)


def _missing(table: Table) -> str:
    """Insert the built rows whose key is not published: what was there with another content has just gone."""
    keys = ", ".join(f"({key}) as key_{number}" for number, key in enumerate(table.key))
    same = " and ".join(f"built.key_{number} = published.key_{number}" for number in range(len(table.key)))
    return f"""
        insert into {_named(table.name)} ({listed(table.columns)})
        select {listed(table.columns)} from (select *, {keys} from ({table.rows})) as built
        anti join (select {keys} from {_named(table.name)}) as published on {same}
    """  # noqa: S608 (quoted names)


def _write(warehouse: Warehouse, table: Table) -> None:
    warehouse.execute(f"create or replace table {_named(table.name)} as {table.rows}")
    _comment(warehouse, table)


def _comment(warehouse: Warehouse, table: Table) -> None:
    if table.description:
        warehouse.execute(f"comment on table {_named(table.name)} is {literal(table.description)}")
    for column, text in table.column_descriptions.items():
        warehouse.execute(f"comment on column {_named(table.name)}.{quoted(column)} is {literal(text)}")


def _named(table: str) -> str:
    return f"{BESIDE}.main.{quoted(table)}"


def _put(new: Path, reports: Path) -> None:
    """Put a copy where readers look: DuckDB may write to the file that was attached until it lets go of it for good."""
    ready = _ready(reports)
    shutil.copyfile(new, ready)
    # Whoever wrote into the published file left a log of that; it must not be read into the new one.
    _log_of(reports).unlink(missing_ok=True)
    put(ready, reports)
    _forget(new)


def _ready(reports: Path) -> Path:
    return reports.with_name(f".{reports.name}.ready")


def _forget(file: Path) -> None:
    file.unlink(missing_ok=True)
    _log_of(file).unlink(missing_ok=True)


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")
