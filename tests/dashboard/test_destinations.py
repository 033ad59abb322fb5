"""The dashboard's questions mean the same to DuckDB and to Postgres."""

from contextlib import closing
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from pipelines.dashboard.queries import read
from pipelines.place import Place
from pipelines.reports import SCHEMA, open_reports
from tests.support import records

COLUMNS = """
select table_name, column_name, data_type from duckdb_columns()
where table_name in (select table_name from duckdb_tables()) order by table_name, column_index
"""
KINDS = {"VARCHAR": "text", "DOUBLE": "double precision", "HUGEINT": "numeric"}


def test_postgres_answers_as_duckdb_does(published: Place, postgres_place: Place) -> None:
    _copy(published, postgres_place)
    with open_reports(published) as file, open_reports(postgres_place) as schema:
        one, other = read(file, 52), read(schema, 52)
    assert (one.as_of, one.first_week, one.currency) == (other.as_of, other.first_week, other.currency)
    for name, rows in one.rows.items():
        assert rows, name
        assert _sorted(rows) == _sorted(other.rows[name]), name


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    """In one order: databases sort texts in their own ways."""
    return sorted(str(sorted(row.items())) for row in rows)


def _copy(published: Place, place: Place) -> None:
    tables = records(published, COLUMNS, reports=True)
    with closing(psycopg2.connect(place.postgres_url)) as server, server, server.cursor() as cursor:
        cursor.execute(f"create schema {SCHEMA}")
        for table in sorted({row["table_name"] for row in tables}):
            columns = [row for row in tables if row["table_name"] == table]
            kinds = (f'"{c["column_name"]}" {KINDS.get(c["data_type"], c["data_type"])}' for c in columns)
            cursor.execute(f"create table {SCHEMA}.{table} ({', '.join(kinds)})")
            rows = [tuple(row.values()) for row in records(published, f"from {table}", reports=True)]
            execute_values(cursor, f"insert into {SCHEMA}.{table} values %s", rows)
