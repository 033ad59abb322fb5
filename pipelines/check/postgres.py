"""A warehouse in Postgres: whether it lets us in, what it is, and whether the user may do what a run does."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pipelines import dbt
from pipelines.check.finding import Finding, ok, problem, warning
from pipelines.check.places import folder
from pipelines.place import Place
from pipelines.reports import SCHEMA
from pipelines.warehouse.postgres import Postgres, may_not

OLDEST_TESTED = 15
SERVER = """
select current_setting('server_version'), current_setting('server_version_num')::int / 10000,
    current_setting('server_encoding'), pg_is_in_recovery()
"""
SCHEMAS = """
select nspname::varchar, has_schema_privilege(nspname, 'CREATE') and has_schema_privilege(nspname, 'USAGE'),
    (select min(relname::varchar) from pg_class
     where relnamespace = pg_namespace.oid and relkind in ('r', 'v') and not pg_has_role(relowner, 'USAGE'))
from pg_namespace where nspname::varchar = any(?) order by nspname
"""
OTHERS = "the table {table} of the schema {schema} is another user's"


def findings_of(place: Place, raw: Sequence[str]) -> Iterator[Finding]:
    """Whether a run could write these raw schemas and what is made of them, and its locks and working files."""
    yield from folder(place)
    with opened(place) as warehouse:
        yield from _server(warehouse)
        yield _rights(warehouse, needed(raw))


@contextmanager
def opened(place: Place) -> Iterator[Postgres]:
    """The warehouse, to be read."""
    with Postgres(place, "ops", read_only=True) as warehouse:
        yield warehouse


def _server(warehouse: Postgres) -> Iterator[Finding]:
    ((version, major, encoding, is_standby),) = warehouse.rows_of(SERVER)
    title = warehouse.place.title
    if is_standby:
        yield problem(
            "warehouse", f"{title} is a standby: nothing can be written there.", "Name the primary server."
        )
    if encoding != "UTF8":
        yield problem(
            "warehouse",
            f"The database {title} keeps texts in {encoding}, which lacks letters that names are made of.",
            f"Make one that does: `createdb --encoding UTF8 --template template0 {warehouse.place.database}`.",
        )
    if major < OLDEST_TESTED:
        remedy = f"Versions from {OLDEST_TESTED} on are tested."
        yield warning("warehouse", f"{title} is Postgres {version}.", remedy)


def _rights(warehouse: Postgres, schemas: Sequence[str]) -> Finding:
    if lacking := _lacking(warehouse, schemas):
        refusal = may_not(warehouse.place, "; ".join(lacking))
        return problem("warehouse", refusal.message, refusal.way_out)
    ((version,),) = warehouse.rows_of("show server_version")
    return ok("warehouse", f"{warehouse.place.title} can be read and written (Postgres {version}).")


def needed(raw: Sequence[str]) -> list[str]:
    """The schemas that runs write: raw tables and what dlt stages, our records, what dbt builds, what is published."""
    built = re.findall(r"\+schema: (\w+)", (dbt.PROJECT / "dbt_project.yml").read_text())
    return [*raw, *(f"{name}_staging" for name in raw), "ops", *dict.fromkeys(built), SCHEMA]


def _lacking(warehouse: Postgres, schemas: Sequence[str]) -> list[str]:
    ((may_create,),) = warehouse.rows_of("select has_database_privilege(current_database(), 'CREATE')")
    there = warehouse.rows_of(SCHEMAS, [list(schemas)])
    missing = sorted({*schemas} - {name for name, _, _ in there})
    told = (
        [] if may_create or not missing else [f"permission denied to create the schemas {', '.join(missing)}"]
    )
    told += [f"permission denied for schema {name}" for name, may_use, _ in there if not may_use]
    return told + [OTHERS.format(table=table, schema=name) for name, _, table in there if table]
