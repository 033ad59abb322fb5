"""The Postgres warehouse: statements through psycopg2, tables of rows through ADBC, as dlt does.

Raw tables are dlt's as it makes them for parquet files: JSON columns are `json`, not `jsonb`, because ADBC's binary
COPY can write the one and not the other. It keeps the text as the CRM sent it, which is what we compare by. Each table
has a unique index on its key, which dlt does not make: without it a merge of 1,000 rows reads the whole table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import adbc_driver_postgresql.dbapi as adbc
import dlt
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
import pyarrow as pa
from dlt.common.configuration import configspec
from dlt.destinations.impl.postgres.configuration import PostgresCredentials

from pipelines.place import Place
from pipelines.sql import named, quoted
from pipelines.warehouse.base import Warehouse
from sources.entity import Entity
from sources.errors import LoadError, UsageError
from sources.veil import veiled

PLACEHOLDER = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\?|%""")
"""A text or a name in quotes, a placeholder, or what psycopg2 would take for one."""


@configspec(init=False)
class Credentials(PostgresCredentials):
    """dlt's, with an address that libpq takes: one with a space in it libpq refuses, and repeats the password."""

    def to_native_representation(self) -> str:
        """The address."""
        return str(super().to_native_representation()).replace(" ", "%20")


class Postgres(Warehouse):
    """A Postgres database."""

    types: ClassVar = {
        "int": "bigint",
        "float": "double precision",
        "decimal": "numeric(38,9)",
        "text": "character varying",
        "bool": "boolean",
        "time": "timestamp with time zone",
        "date": "date",
        "json": "json",
    }
    sent_as_text = frozenset({"json", "decimal"})
    among = "= any($1)"
    errors = (psycopg2.Error, adbc.Error)
    stages_anew = True
    """What the server knows of a staging table is of an earlier load: believing that, it once read a whole raw table to
    merge 1,000 rows into it. Of new tables it knows nothing, and uses the index."""
    load_workers = 2
    file_rows = 250_000
    """In one file, three million rows took 5.5 GB to load; in files of this size 1.3 GB, and less time."""

    def __init__(self, place: Place, dataset: str, *, read_only: bool = False) -> None:
        super().__init__(place, dataset)
        self._server = connect(place, read_only=read_only)

    @property
    def destination(self) -> Any:
        """The warehouse as dlt's destination."""
        credentials = Credentials(self.place.postgres_url)
        credentials.resolve()  # what is not resolved dlt makes anew, of its own kind
        return dlt.destinations.postgres(credentials=credentials)

    def told(self, error: BaseException) -> str:
        """What an error says, on one line and without the password."""
        return redacted(self.place, str(error))

    def close(self) -> None:
        """Close the connections."""
        self._server.close()
        if "_rows" in self.__dict__:
            self._rows.close()

    @cached_property
    def _rows(self) -> Any:
        # Each query on its own: an open transaction would keep dlt from altering the tables it has read.
        return adbc.connect(self.place.postgres_url, autocommit=True)

    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; JSON is its text."""
        with self._executed(query, parameters) as cursor:
            return list(cursor.fetchall())

    def records_of(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, by column name."""
        with self._executed(query, parameters) as cursor:
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        with self._executed(statement, parameters):
            pass

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table."""
        names = ", ".join(map(quoted, rows.schema.names))
        into = f"insert into {table} ({names})".replace("%", "%%")
        columns = [column.to_pylist() for column in rows.columns]
        with self._named_errors(), self._server.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor,
                f"{into} values %s",
                list(zip(*columns, strict=True)),
                page_size=max(1, rows.num_rows),  # one statement, so that it is all or nothing
            )

    @contextmanager
    def _executed(self, statement: str, parameters: Sequence[Any]) -> Iterator[Any]:
        with self._named_errors(), self._server.cursor() as cursor:
            # Without parameters psycopg2 leaves a statement as it is.
            cursor.execute(*((_formatted(statement), tuple(parameters)) if parameters else (statement,)))
            yield cursor

    def _named_errors(self) -> AbstractContextManager[None]:
        return named_errors(self.place, self._server)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is executed within happens as a whole, or not at all."""
        with self._named_errors(), self._server:
            yield

    def _columns_in(self, schema: str) -> list[tuple[str, str, str]]:
        query = """
            select relname, attname, format_type(atttypid, atttypmod) from pg_attribute
            inner join pg_class on pg_class.oid = attrelid
            inner join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = ? and relkind in ('r', 'p', 'v', 'm', 'f') and attnum > 0 and not attisdropped
            order by relname, attnum"""
        return [(table, column, kind) for table, column, kind in self.rows_of(query, (schema,))]

    def make_missing(self, entities: Iterable[Entity]) -> None:
        """Make the tables of entities that have none, and the indexes that are missing."""
        entities = list(entities)
        super().make_missing(entities)
        query = "select indexname from pg_indexes where schemaname = ?"
        there = {name for (name,) in self.rows_of(query, (self.dataset,))}
        for entity in entities:
            name = f"{entity.name}_{entity.primary_key}_key"
            if name not in there:
                self.execute(
                    f"create unique index {quoted(name)} on {self.table(entity)} ({quoted(entity.primary_key)})"
                )

    def analyze(self, written: Mapping[str, int]) -> None:
        """Analyze tables that changed by a tenth, or never were; the server itself would do it some minutes later."""
        query = """
            select relname, reltuples from pg_class
            inner join pg_namespace on pg_namespace.oid = relnamespace where nspname = ? and relkind = 'r'"""
        for table, rows in self.rows_of(query, (self.dataset,)):
            if rows < 0 or written.get(table, 0) > rows / 10:
                self.execute(f"analyze {named(self.dataset, table)}")

    def _arrow(self, query: str, keys: pa.Array) -> pa.Table:
        parameters = pa.record_batch([pa.ListArray.from_arrays([0, len(keys)], keys)], ["keys"])
        try:
            with self._rows.cursor() as cursor:
                cursor.execute(query, parameters)
                return cursor.fetch_arrow_table()
        except adbc.Error as error:
            raise LoadError(f"Postgres refused a query: {self.told(error)}") from error

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The answer to a query, bit by bit."""
        try:
            with self._rows.cursor() as cursor:
                cursor.execute(query)
                yield from cursor.fetch_record_batch()
        except adbc.Error as error:
            raise LoadError(f"Postgres refused a query: {self.told(error)}") from error


def connect(place: Place, *, read_only: bool = False, title: str = "roundtrip") -> Any:
    """A connection on which each statement is a transaction of its own; an error says what is wrong and the way out.

    It may rest for an hour while a CRM is read: keepalives keep firewalls from forgetting it.
    """
    try:
        given = psycopg2.extensions.parse_dsn(place.postgres_url)
        ours = {"connect_timeout": 15, "keepalives_idle": 60, "application_name": title}
        server = psycopg2.connect(**ours | given)
    except psycopg2.Error as error:
        raise _refusal(place, str(error)) from error
    server.autocommit = True
    with named_errors(place, server), server.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        cursor.execute("set standard_conforming_strings = on")
        if read_only:
            cursor.execute("set default_transaction_read_only = on")
    psycopg2.extras.register_default_json(server, loads=str)
    psycopg2.extras.register_default_jsonb(server, loads=str)
    return server


@contextmanager
def named_errors(place: Place, server: Any) -> Iterator[None]:
    """Tell of what the server refuses on a connection, or of the loss of that, as an error of ours."""
    try:
        yield
    except psycopg2.errors.InsufficientPrivilege as error:
        raise may_not(place, str(error)) from error
    except psycopg2.Error as error:
        told = redacted(place, str(error)) or type(error).__name__
        # The driver does not always note at once that the server has gone; what the server says itself has a code.
        is_lost = server.closed or (isinstance(error, psycopg2.OperationalError) and not error.pgcode)
        if not is_lost:
            raise LoadError(f"Postgres refused a statement: {told}") from error
        raise LoadError(
            f"The connection to the warehouse {place.title} was lost: {told.rstrip('.')}.",
            way_out="What was loaded before is kept; once the server is back, the next run goes on from there.",
        ) from error


def redacted(place: Place, text: str) -> str:
    """A message of the server or of a driver, on one line and without the password."""
    written = urlsplit(place.postgres_url).password or ""
    return " ".join(veiled(text, [place.postgres_url, written, unquote(written)]).split())


def _refusal(place: Place, text: str) -> UsageError:
    known = {
        "role": "Correct the user in roundtrip.postgres_url.",
        "database": f"Make it (`createdb {place.database}`), or correct roundtrip.postgres_url.",
        "password": "Correct user and password in roundtrip.postgres_url.",
        "translate host": "Correct the host in roundtrip.postgres_url.",
    }
    otherwise = "Does the server run there, and does it let you in? roundtrip.postgres_url says where."
    said = text.rsplit("FATAL:", maxsplit=1)[-1]
    way_out = next((way for word, way in known.items() if word in said), otherwise)
    return UsageError(
        f"The warehouse {place.title} cannot be reached: {redacted(place, said)}.", way_out=way_out
    )


def may_not(place: Place, problem: str) -> UsageError:
    """The error of a user who lacks a right, with what grants it."""
    return UsageError(
        f"The user of the warehouse {place.title} may not do what is needed: {redacted(place, problem)}.",
        way_out=f"As its owner: `grant create on database {place.database} to {place.user}`; who did not make the "
        "schemas raw_... and ops needs `grant all` on them and their tables too.",
    )


def _formatted(statement: str) -> str:
    """The statement with `%s` for each `?` outside of texts."""

    def replaced(found: re.Match[str]) -> str:
        return {"?": "%s", "%": "%%"}.get(found[0]) or found[0].replace("%", "%%")

    return PLACEHOLDER.sub(replaced, statement)
