"""What every warehouse can do, in SQL that DuckDB and Postgres read alike; what differs is in their own modules.

What is held is compared with what was read in Arrow, not in SQL: so both warehouses give the same verdict, and Postgres
need not be sent a batch to compare with it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Self

import pyarrow as pa

from pipelines.place import Place
from pipelines.sql import named, quoted
from pipelines.warehouse.sifting import Sieve
from sources.arrow import schema
from sources.entity import DELETED, Entity, Kind
from sources.errors import LoadError, UsageError
from sources.reading import Sifted
from sources.seen import Seen


class Warehouse(ABC):
    """An open warehouse; answers what is held of an entity. Statements take `?` for each parameter."""

    types: ClassVar[Mapping[Kind, str]]
    """The type of each kind of column, as the warehouse itself calls it."""
    sent_as_text: ClassVar[frozenset[Kind]]
    """Kinds that reach Arrow as text only."""
    among: ClassVar[str]
    """How SQL says that a key is one of those that `_arrow` is given."""
    errors: ClassVar[tuple[type[Exception], ...]]
    """What the warehouse's own driver raises."""
    load_workers: ClassVar[int]
    """How many files dlt loads at once."""
    stages_anew: ClassVar[bool] = False
    """Whether dlt stages into new tables each time."""
    file_rows: ClassVar[int]
    """The most rows of a file that dlt loads; 0: all in one."""

    def __init__(self, place: Place, dataset: str) -> None:
        self.place = place
        self.dataset = dataset
        self._catalog: dict[str, dict[str, str]] | None = None
        self._columns: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Nothing to open: it is open since it was made."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.close()

    @property
    @abstractmethod
    def destination(self) -> Any:
        """The warehouse as dlt's destination."""

    @abstractmethod
    def told(self, error: BaseException) -> str:
        """What an error says, on one line and without a secret."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the warehouse."""

    @abstractmethod
    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; JSON is its text."""

    @abstractmethod
    def records_of(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, by column name."""

    @abstractmethod
    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """What is executed within happens as a whole, or not at all."""

    @abstractmethod
    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table (its name in SQL): a few thousand at most, in the transaction that is open."""

    @abstractmethod
    def _columns_in(self, schema: str) -> list[tuple[str, str, str]]:
        """Table, column and type of all columns in a schema."""

    @abstractmethod
    def _arrow(self, query: str, keys: pa.Array) -> pa.Table:
        """The answer to a query that holds `among`."""

    @abstractmethod
    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The answer to a query, bit by bit."""

    def catalog(self, schema: str) -> dict[str, dict[str, str]]:
        """The tables of a schema, with their columns and types."""
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._columns_in(schema):
            found.setdefault(table, {})[column] = kind
        return found

    def columns_of(self, schema: str, table: str) -> dict[str, str]:
        """The columns of a table with their types; empty when there is no such table."""
        return self.catalog(schema).get(table, {})

    def has_schema(self, name: str) -> bool:
        """Whether there is a schema of this name."""
        # information_schema tells a user of Postgres of his own schemas only.
        return bool(self.rows_of("select 1 from pg_catalog.pg_namespace where nspname = ?", (name,)))

    def make_schema(self, name: str) -> None:
        """Make a schema unless it is there; who may only use it must not be refused for not making it."""
        if not self.has_schema(name):
            self.execute(f"create schema if not exists {quoted(name)}")

    def tables(self) -> set[str]:
        """The names of the raw tables there are."""
        query = "select table_name from information_schema.tables where table_schema = ?"
        return {name for (name,) in self.rows_of(query, (self.dataset,))}

    def last_load(self) -> str:
        """What the last completed load is called; empty before the first."""
        if "_dlt_loads" not in self.tables():
            return ""
        ((load_id,),) = self.rows_of(f"select max(load_id) from {quoted(self.dataset)}._dlt_loads")  # noqa: S608 (quoted names)
        return str(load_id or "")

    def make_missing(self, entities: Iterable[Entity]) -> None:
        """Make the tables of entities that have none: dlt makes none without a record, nor one that was dropped."""
        self._catalog, self._columns = None, {}
        self.make_schema(self.dataset)
        there = self.tables()
        for entity in entities:
            if entity.name in there:
                continue
            columns = ", ".join(
                f"{quoted(column.name)} {self.types[column.kind]}"
                + (" not null" if column.name == entity.primary_key else "")
                for column in entity.columns
            )
            self.execute(f"create table {self.table(entity)} ({columns})")

    def analyze(self, written: Mapping[str, int]) -> None:  # noqa: B027 (most warehouses need nothing)
        """Learn what the tables hold, for the plans of queries to come; told how many rows were written to each."""

    def check_types(self, entities: Iterable[Entity]) -> None:
        """Refuse tables of other types than declared: values would be written to them as something else.

        What dlt stages is of one load only: where a type drifted its staging tables are dropped, and dlt makes them
        anew. To be called before anything is staged.
        """
        entities = list(entities)
        for table, name, found, wanted in self._drifted(self.catalog(self.dataset), entities):
            raise UsageError(
                f"The column {self.dataset}.{table}.{name} is of type {found} instead of {wanted}.",
                way_out=f"`drop table {self.dataset}.{table}`: the next run reads it from the beginning.",
            )
        staging = f"{self.dataset}_staging"
        staged = self.catalog(staging)
        if self.stages_anew or any(self._drifted(staged, entities)):
            for table in staged:
                self.execute(f"drop table {named(staging, table)}")

    def _drifted(
        self, catalog: Mapping[str, Mapping[str, str]], entities: Iterable[Entity]
    ) -> Iterator[tuple[str, str, str, str]]:
        for entity in entities:
            found = catalog.get(entity.name, {})
            for column in entity.columns:
                wanted = self.types[column.kind]
                if found.get(column.name, wanted) != wanted:
                    yield entity.name, column.name, found[column.name], wanted

    def columns(self, entity: Entity) -> dict[str, str]:
        """The columns of an entity's raw table with their types; empty when there is no table, or no row in it."""
        if entity.name not in self._columns:
            self._catalog = self.catalog(self.dataset) if self._catalog is None else self._catalog
            found = self._catalog.get(entity.name, {})
            held = found and self.rows_of(f"select 1 from {self.table(entity)} limit 1")  # noqa: S608 (quoted names)
            self._columns[entity.name] = found if held else {}
        return self._columns[entity.name]

    def sift(self, entity: Entity, table: pa.Table, *, whole: bool = False) -> Sifted:
        """Leave out rows that are held as they are, or newer; `whole`: they are of a list that was read whole."""
        if table.schema != schema(entity):
            # Postgres takes other types silently for what they are not.
            raise LoadError(f"{entity.name}: what was read has not the declared types.")
        if not self.columns(entity):
            return Sifted(table, inserted=table.num_rows)
        return Sieve(entity, self._held).sift(table, whole=whole)

    def rows(self, entity: Entity, keys: Sequence[Any], names: Sequence[str] = ()) -> pa.Table:
        """The held rows with these keys, in the entity's schema; `names` are the columns to read, all by default."""
        declared = schema(entity)
        wanted = pa.schema([declared.field(name) for name in names or declared.names])
        if not self.columns(entity):
            return wanted.empty_table()
        kind = declared.field(entity.primary_key).type
        return self._held(entity, wanted.names, pa.chunked_array([keys], kind))

    def _held(self, entity: Entity, names: Sequence[str], keys: pa.ChunkedArray) -> pa.Table:
        """These columns of the held rows with these keys, in the entity's types."""
        wanted = pa.schema([schema(entity).field(name) for name in names])
        query = (
            f"select {self._selected(entity, names)} from {self.table(entity)} "  # noqa: S608 (quoted names)
            f"where {quoted(entity.primary_key)} {self.among}"
        )
        return self._arrow(query, keys.combine_chunks()).cast(wanted)

    def living(self, entity: Entity) -> int:
        """How many rows are not marked deleted."""
        if not self.columns(entity):
            return 0
        query = f"select count(*) from {self.table(entity)} where not {DELETED}"  # noqa: S608 (quoted names)
        return int(self.rows_of(query)[0][0])

    def live_keys(self, entity: Entity) -> Seen:
        """The keys of all rows that are not marked deleted; a million of them take a few bits each."""
        keys = Seen()
        if self.columns(entity):
            key = quoted(entity.primary_key)
            query = f"select {key} from {self.table(entity)} where not {DELETED}"  # noqa: S608 (quoted names)
            for batch in self.batches(query):
                keys.first_time(batch.column(0).to_pylist())
        return keys

    def _selected(self, entity: Entity, names: Sequence[str]) -> str:
        """The columns as Arrow can be given them; null for a column that the table has not yet."""
        held = self.columns(entity)
        kinds = {column.name: column.kind for column in entity.columns}
        return ", ".join(
            (quoted(name) if name in held else f"null::{self.types[kinds[name]]}")
            + ("::varchar" if kinds[name] in self.sent_as_text else "")
            + f" as {quoted(name)}"
            for name in names
        )

    def table(self, entity: Entity) -> str:
        """The name of an entity's raw table in SQL."""
        return named(self.dataset, entity.name)
