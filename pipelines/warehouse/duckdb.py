"""The DuckDB warehouse: one connection for the whole run, given to dlt too, so that nobody comes in between.

A process that writes a DuckDB file is alone with it. We take the file at the start of a run and keep it: then a reader
that has it open makes the run refuse at once, and not after an hour of reading.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import dlt
import duckdb
import pyarrow as pa

from pipelines.place import Place
from pipelines.sql import quoted
from pipelines.warehouse.base import Warehouse
from sources.errors import Busy, UsageError

KEYS = 100_000
"""Rows of a batch where there are but keys in it."""


class DuckDB(Warehouse):
    """A DuckDB file."""

    types: ClassVar = {
        "int": "BIGINT",
        "float": "DOUBLE",
        "decimal": "DECIMAL(38,9)",
        "text": "VARCHAR",
        "bool": "BOOLEAN",
        "time": "TIMESTAMP WITH TIME ZONE",
        "date": "DATE",
        "json": "JSON",
    }
    sent_as_text = frozenset({"json"})
    among = "in (select key from batch)"
    errors = (duckdb.Error,)
    load_workers = 1
    """DuckDB uses all cores for one table; several at once only take more memory."""
    file_rows = 0

    def __init__(self, place: Place, dataset: str, *, read_only: bool = False) -> None:
        super().__init__(place, dataset)
        self.connection = _open(place.warehouse, place.memory_limit, read_only=read_only)
        self._transaction: duckdb.DuckDBPyConnection | None = None

    @property
    def destination(self) -> Any:
        """The warehouse as dlt's destination."""
        return dlt.destinations.duckdb(self.connection)

    def told(self, error: BaseException) -> str:
        """What an error says, on one line."""
        return str(error).strip().split("\n", maxsplit=1)[0]

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor is a connection of its own in DuckDB, so a transaction has to stay with one."""
        if self._transaction is not None:
            yield self._transaction
            return
        with self.connection.cursor() as cursor:
            yield cursor

    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; JSON is its text."""
        with self._cursor() as cursor:
            return cursor.execute(query, parameters).fetchall()

    def records_of(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, by column name."""
        with self._cursor() as cursor:
            names = [column[0] for column in cursor.execute(query, parameters).description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        with self._cursor() as cursor:
            cursor.execute(statement, parameters)

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table."""
        names = ", ".join(map(quoted, rows.schema.names))
        with self._cursor() as cursor:
            cursor.register("appended", rows)
            cursor.execute(f"insert into {table} ({names}) select {names} from appended")  # noqa: S608 (quoted names)
            cursor.unregister("appended")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is executed within happens as a whole, or not at all."""
        with self.connection.cursor() as cursor:
            self._transaction = cursor.begin()
            try:
                yield
                cursor.commit()
            except BaseException:
                with suppress(duckdb.TransactionException):  # interrupted just after it had ended
                    cursor.rollback()
                raise
            finally:
                self._transaction = None

    def _columns_in(self, schema: str) -> list[tuple[str, str, str]]:
        query = (
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = ? order by table_name, ordinal_position"
        )
        return [(table, column, kind) for table, column, kind in self.rows_of(query, (schema,))]

    def _arrow(self, query: str, keys: pa.Array) -> pa.Table:
        with self.connection.cursor() as cursor:
            cursor.register("batch", pa.table({"key": keys}))
            return cursor.sql(query).to_arrow_table()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The answer to a query, bit by bit."""
        with self.connection.cursor() as cursor:
            yield from cursor.sql(query).to_arrow_reader(KEYS)


def _open(path: Path, memory_limit: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    if read_only and not path.exists():
        raise UsageError(f"There is no warehouse at {path} yet.", way_out="Run `roundtrip nightly` first.")
    settings: dict[str, Any] = {"memory_limit": memory_limit, "preserve_insertion_order": False}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), read_only=read_only, config=settings)
        connection.execute("set timezone = 'UTC'")
    except OSError as error:
        raise UsageError(
            f"The warehouse cannot be made at {path}: {error.strerror}.",
            way_out="Set roundtrip.warehouse to a place you may write to.",
        ) from error
    except duckdb.Error as error:
        raise _refusal(path, str(error)) from error
    return connection


def _refusal(path: Path, text: str) -> UsageError:
    if "lock" in text.lower():
        holder = re.search(r"held in (.+?\(PID \d+\))", text)
        by = f" by {holder[1]}" if holder else " by another process"
        return Busy(f"The warehouse {path} is held open{by}.", way_out="Close it there, then run again.")
    first = text.splitlines()[0]
    if "memory" in first.lower():
        return UsageError(
            f"The setting roundtrip.memory_limit does not work: {first}", way_out="Write 256MB."
        )
    return UsageError(
        f"DuckDB cannot open {path}: {first}", way_out="Is it a DuckDB file, and may you write to it?"
    )
