"""The published tables, to be read: a DuckDB file of their own, or the schema `reports` of the Postgres warehouse.

The names of the tables alone, `from fct_activity`, mean the same on both. What is opened is one state, however many
queries are asked and whatever is published meanwhile.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import psycopg2

from pipelines.place import Place
from pipelines.warehouse.postgres import connect, named_errors, redacted
from sources.errors import LoadError, UsageError

SCHEMA = "reports"
"""Where the published tables are in Postgres."""
MAKE_THEM = "Run `roundtrip transform` first."


class Reports(ABC):
    """The published tables as they were when they were opened."""

    @abstractmethod
    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query, by column name; times are in UTC."""


@contextmanager
def open_reports(place: Place) -> Iterator[Reports]:
    """Open what is published of a warehouse; it is never locked, and never changes while it is open."""
    with _file(place) if place.destination == "duckdb" else _schema(place) as reports:
        yield reports


class _File(Reports):
    def __init__(self, place: Place, connection: duckdb.DuckDBPyConnection) -> None:
        self.place = place
        self.connection = connection

    def rows(self, sql: str) -> list[dict[str, Any]]:
        try:
            answer = self.connection.execute(sql)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        except duckdb.Error as error:
            raise _refused(self.place, str(error)) from error


class _Schema(Reports):
    def __init__(self, place: Place, cursor: Any) -> None:
        self.place = place
        self.cursor = cursor

    def rows(self, sql: str) -> list[dict[str, Any]]:
        try:
            self.cursor.execute(sql)
            names = [column.name for column in self.cursor.description]
            return [dict(zip(names, row, strict=True)) for row in self.cursor.fetchall()]
        except psycopg2.Error as error:
            raise _refused(self.place, redacted(self.place, str(error))) from error


@contextmanager
def _file(place: Place) -> Iterator[Reports]:
    if not place.reports.exists():
        raise UsageError(f"Nothing is published at {place.reports} yet.", way_out=MAKE_THEM)
    try:
        connection = duckdb.connect(
            str(place.reports), read_only=True, config={"memory_limit": place.memory_limit}
        )
    except duckdb.Error as error:
        raise _refused(place, str(error)) from error
    with closing(connection):
        connection.execute("set timezone = 'UTC'")
        yield _File(place, connection)


@contextmanager
def _schema(place: Place) -> Iterator[Reports]:
    with closing(connect(place)) as server:
        # One snapshot for all that is asked.
        server.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        with server.cursor() as cursor:
            with named_errors(place, server):
                cursor.execute("select 1 from information_schema.schemata where schema_name = %s", [SCHEMA])
                if not cursor.fetchone():
                    raise UsageError(f"Nothing is published in {place.title} yet.", way_out=MAKE_THEM)
                cursor.execute(f"set search_path = {SCHEMA}")
            yield _Schema(place, cursor)


def _refused(place: Place, said: str) -> LoadError:
    where = place.reports if place.destination == "duckdb" else f"{place.title}, schema {SCHEMA}"
    return LoadError(f"The published tables ({where}) refused a query: {said.splitlines()[0]}")
