"""Publishing into the schema `reports` of the same database: the rows that differ, in one transaction.

The published tables stay; only their rows change. So a reader never waits, nor is waited for, however long its query
runs; each of its statements sees one state. What others have built on the tables stays too: their views, their rights.
And a night in which little changed writes little.

Only a change of the tables' shape needs a moment alone with them. It is tried again for a while when somebody reads,
and given up with the reader's name; a view of somebody's that needs what is to go is named as well.
"""

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg2
import psycopg2.errors

from pipelines.publish.tables import EDITION, Table, listed, told_anew
from pipelines.reports import SCHEMA
from pipelines.sql import literal, quoted
from pipelines.warehouse import Warehouse
from sources.errors import LoadError, TransformError

PATIENCE = 120.0
"""Seconds for which a change of shape is tried, while others read."""
PAUSE = 2.0
LOCK_TIMEOUT = "1s"
"""How long one try may keep new readers waiting behind it."""
WORK_MEMORY = "64MB"
"""To compare a million rows without going to disk too often."""
KEEP = "Nothing was published; what was before stays."
HOLDERS = f"""
select string_agg(distinct format('%s (process %s, since %s)', usename, pid, date_trunc('second', xact_start)), ', ')
from pg_locks inner join pg_stat_activity using (pid)
where pid <> pg_backend_pid() and relation in (select oid from pg_class where relnamespace = '{SCHEMA}'::regnamespace)
"""  # noqa: S608 (constants of ours)
COMMENTS = f"""
select relname, coalesce(attname, ''), description
from pg_description
inner join pg_class on pg_class.oid = objoid and relnamespace = '{SCHEMA}'::regnamespace
left join pg_attribute on attrelid = objoid and attnum = objsubid and attnum > 0
where classoid = 'pg_class'::regclass
"""  # noqa: S608 (constants of ours)


def swap(warehouse: Warehouse, tables: Sequence[Table]) -> None:
    """Bring the published tables to what is built, all at once."""
    warehouse.make_schema(SCHEMA)
    before = _published(warehouse)
    # Those of another shape last: readers wait for them until the end.
    ordered = sorted(tables, key=lambda table: before.get(table.name, table.columns) != table.columns)

    def publish() -> None:
        with warehouse.transaction():
            warehouse.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            warehouse.execute(f"set local work_mem = '{WORK_MEMORY}'")
            for table in ordered:
                _bring(warehouse, table, before.get(table.name))
            for name in sorted(before.keys() - {table.name for table in tables}):
                warehouse.execute(f"drop table {_named(name)}")
            _comment(warehouse, tables)

    _persistently(warehouse, publish)
    for table in tables:
        if table.name not in before:
            warehouse.execute(f"analyze {_named(table.name)}")


def _published(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """The published tables with their columns; what else is in the schema is somebody else's."""
    there = warehouse.catalog(SCHEMA)
    if EDITION not in there:
        return {}
    rows = warehouse.rows_of(f"select tables from {_named(EDITION)}")  # noqa: S608 (quoted names)
    names = rows[0][0].split(",") if rows else []
    return {name: there[name] for name in names if name in there}


def _persistently(warehouse: Warehouse, publish: Callable[[], None]) -> None:
    """Try again while somebody reads what has to change its shape."""
    given_up = time.monotonic() + PATIENCE
    while True:
        try:
            publish()
        except LoadError as error:
            if (
                not isinstance(error.__cause__, psycopg2.errors.LockNotAvailable)
                or time.monotonic() > given_up
            ):
                raise _refusal(warehouse, error) from error
        else:
            return
        time.sleep(PAUSE)


def _refusal(warehouse: Warehouse, error: LoadError) -> TransformError:
    cause = error.__cause__
    if isinstance(cause, psycopg2.errors.LockNotAvailable):
        ((holders,),) = warehouse.rows_of(HOLDERS)
        return TransformError(
            f"Published tables are to change their columns, but they have been read for {PATIENCE:.0f} seconds"
            + (f" by {holders}." if holders else "."),
            way_out=f"{KEEP} Run again when that is over.",
        )
    if isinstance(cause, psycopg2.errors.DependentObjectsStillExist):
        needed = " ".join((cause.diag.message_detail or "").split())
        return TransformError(
            f"A published table or column is to go, but something of yours needs it: {needed}",
            way_out=f"{KEEP} Change or drop that, then run `roundtrip transform` again.",
        )
    return TransformError(f"The tables could not be published: {error.message}", way_out=KEEP)


def _bring(warehouse: Warehouse, table: Table, before: dict[str, str] | None) -> None:
    """Bring one published table to what is built."""
    if before is None:
        warehouse.execute(f"create table {_named(table.name)} as {table.rows}")
    else:
        _reshape(warehouse, table, before)
        # In a column that has just come, rows that stay as they are would have no value.
        _replace_rows(warehouse, table if before == table.columns else replace(table, changing="", fresh=""))
    _index(warehouse, table)


def _replace_rows(warehouse: Warehouse, table: Table) -> None:
    """Replace the rows that are not as built; all of them, when nothing tells rows apart."""
    if table.changing and _brought_days(warehouse, table):
        return
    if not table.key:
        warehouse.execute(f"delete from {_named(table.name)}")  # noqa: S608 (quoted names)
        warehouse.execute(f"insert into {_named(table.name)} ({listed(table.columns)}) {table.rows}")
        return
    if table.fresh and _brought_fresh(warehouse, table):
        return
    _delete(warehouse, table, _outdated(table))
    ((there, wanted),) = warehouse.rows_of(_counts(table))
    # A key tells them apart: when there are as many as wanted, they are those.
    if there < wanted:
        warehouse.execute(_missing(table))


def _brought_days(warehouse: Warehouse, table: Table) -> bool:
    """Bring the days that may be others than published; whether as many rows are published then as are built."""
    name = _named(table.name)
    warehouse.execute(f"delete from {name} where {table.changing}")  # noqa: S608 (quoted names)
    warehouse.execute(
        f"insert into {name} ({listed(table.columns)}) "  # noqa: S608 (quoted names)
        f"select {listed(table.columns)} from ({table.rows}) as built where {table.changing}"
    )
    ((there, built),) = warehouse.rows_of(_counts(table))
    return bool(there == built)


def _brought_fresh(warehouse: Warehouse, table: Table) -> bool:
    """Bring what was built since; whether all that is built is published then."""
    _delete(warehouse, table, _replaced(table))
    warehouse.execute(f"insert into {_named(table.name)} ({listed(table.columns)}) {table.fresh}")
    if table.told_by_time:
        warehouse.execute(told_anew(table, _named(table.name)))
    ((there, built),) = warehouse.rows_of(_counts(table))
    if there > built:
        _delete(warehouse, table, _vanished(table))
        ((there, built),) = warehouse.rows_of(_counts(table))
    return bool(there == built)


def _delete(warehouse: Warehouse, table: Table, places: str) -> None:
    """Delete the rows at these places; they become a table first, because only so Postgres uses several cores."""
    warehouse.execute(f"create temporary table outdated on commit drop as {places}")
    warehouse.execute(f"delete from {_named(table.name)} where ctid in (select place from outdated)")  # noqa: S608 (quoted names)
    warehouse.execute("drop table outdated")


def _index(warehouse: Warehouse, table: Table) -> None:
    """Make the index on the key, unless it is there; one of a former key goes."""
    key = ", ".join(f"({expression})" for expression in table.key)
    wanted = f"roundtrip_{zlib.crc32(f'{table.name} {key}'.encode()):08x}" if key else ""
    query = "select indexname from pg_indexes where schemaname = ? and tablename = ? and indexname like 'roundtrip_%'"
    there = {name for (name,) in warehouse.rows_of(query, [SCHEMA, table.name])}
    for name in there - {wanted}:
        warehouse.execute(f"drop index {SCHEMA}.{quoted(name)}")
    if wanted and wanted not in there:
        warehouse.execute(f"create unique index {quoted(wanted)} on {_named(table.name)} ({key})")


def _reshape(warehouse: Warehouse, table: Table, before: dict[str, str]) -> None:
    name = _named(table.name)
    for column in before.keys() - table.columns.keys():
        warehouse.execute(f"alter table {name} drop column {quoted(column)}")
    for column, kind in table.columns.items():
        if column not in before:
            warehouse.execute(f"alter table {name} add column {quoted(column)} {kind}")
        elif before[column] != kind:
            # The values come with the rows; casting the old ones might fail.
            warehouse.execute(f"alter table {name} drop column {quoted(column)}")
            warehouse.execute(f"alter table {name} add column {quoted(column)} {kind}")


def _outdated(table: Table) -> str:
    """Where the rows are that are not as built."""
    return f"""
        select published._place as place
        from (
            select ctid as _place, *, {_keys(table)} from {_named(table.name)}
        ) as published
        left join (select *, {_keys(table)} from ({table.rows}) as built) as built
            on {_same_key(table)}
        where built._key_1 is null or ({_values(table, "published")}) is distinct from ({_values(table, "built")})
        """  # noqa: S608 (quoted names)


def _replaced(table: Table) -> str:
    """Where the rows are that were built anew since."""
    return f"""
        select published._place as place
        from (select ctid as _place, {_keys(table)} from {_named(table.name)}) as published
        inner join (select {_keys(table)} from ({table.fresh}) as built) as built on {_same_key(table)}
        """  # noqa: S608 (quoted names)


def _vanished(table: Table) -> str:
    """Where the rows are that are no longer built."""
    return f"""
        select published._place as place
        from (select ctid as _place, {_keys(table)} from {_named(table.name)}) as published
        left join (select {_keys(table)} from ({table.rows}) as built) as built on {_same_key(table)}
        where built._key_1 is null
        """  # noqa: S608 (quoted names)


def _counts(table: Table) -> str:
    """How many rows are published, and how many are built."""
    return f"""
        select
            (select count(*) from {_named(table.name)}),
            (select count(*) from ({table.rows}) as built)
        """  # noqa: S608 (quoted names)


def _missing(table: Table) -> str:
    """Insert what is built and not there."""
    return f"""
        insert into {_named(table.name)} ({listed(table.columns)})
        select {listed(table.columns)}
        from (select *, {_keys(table)} from ({table.rows}) as built) as built
        where not exists (
            select 1 from (select {_keys(table)} from {_named(table.name)}) as published
            where {_same_key(table)}
        )"""  # noqa: S608 (quoted names)


def _keys(table: Table) -> str:
    return ", ".join(f"({key}) as _key_{number}" for number, key in enumerate(table.key, 1))


def _same_key(table: Table) -> str:
    numbers = range(1, len(table.key) + 1)
    return " and ".join(f"built._key_{number} = published._key_{number}" for number in numbers)


def _values(table: Table, side: str) -> str:
    """The columns, comparable: json has no equality."""
    return ", ".join(
        f"{side}.{quoted(name)}" + ("::text" if kind == "json" else "")
        for name, kind in table.columns.items()
    )


def _comment(warehouse: Warehouse, tables: Sequence[Table]) -> None:
    """Put the descriptions beside the tables, as far as they are others than before."""
    there = {(table, column): text for table, column, text in warehouse.rows_of(COMMENTS)}
    for table in tables:
        wanted = {"": table.description} | dict(table.column_descriptions)
        for column, text in wanted.items():
            if text != there.get((table.name, column), ""):
                where = (
                    f"column {_named(table.name)}.{quoted(column)}"
                    if column
                    else f"table {_named(table.name)}"
                )
                warehouse.execute(f"comment on {where} is {literal(text)}")


def _named(table: str) -> str:
    return f"{SCHEMA}.{quoted(table)}"
