"""The DuckDB warehouse: one connection for the whole run, given to dlt too, so that nobody comes in between.

A process that writes a DuckDB file is alone with it. We take the file at the start of a run and keep it: then a reader
that has it open makes the run refuse at once, and not after an hour of reading.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.place import Place
from sources.arrow import schema
from sources.entity import DELETED, DELETED_AT, LOADED_AT, Entity
from sources.errors import Busy, UsageError
from sources.reading import Sifted


def open_warehouse(place: Place, dataset: str, *, read_only: bool = False) -> "Warehouse":
    """Open the warehouse of a place; a writer is alone with it."""
    return Warehouse(place.warehouse, dataset, place.memory_limit, read_only=read_only)


class Warehouse:
    """A DuckDB file, open for writing; answers what is held of an entity."""

    def __init__(self, path: Path, dataset: str, memory_limit: str, *, read_only: bool = False) -> None:
        self.path = path
        self.dataset = dataset
        self.connection = _open(path, memory_limit, read_only=read_only)
        self._columns: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Nothing to open: it is open since it was made."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.connection.close()

    def rows_of(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.connection.cursor() as cursor:
            return cursor.execute(query, parameters).fetchall()

    def tables(self) -> set[str]:
        """The names of the raw tables there are."""
        query = "select table_name from information_schema.tables where table_schema = ?"
        return {name for (name,) in self.rows_of(query, (self.dataset,))}

    def last_load(self) -> str:
        """What the last completed load is called; empty before the first."""
        if "_dlt_loads" not in self.tables():
            return ""
        ((load_id,),) = self.rows_of(f"select max(load_id) from {_quoted(self.dataset)}._dlt_loads")  # noqa: S608
        return str(load_id or "")

    def make_missing(self, entities: Iterable[Entity]) -> None:
        """Make the tables of entities without any record, so that SQL over them works; dlt makes none."""
        with self.connection.cursor() as cursor:
            for entity in entities:
                cursor.register("nothing", schema(entity).empty_table())
                json = [_quoted(column.name) for column in entity.columns if column.kind == "json"]
                replaced = (
                    f"replace ({', '.join(f'{name}::json as {name}' for name in json)})" if json else ""
                )
                cursor.execute(
                    f"create table if not exists {self._table(entity)} as select * {replaced} from nothing"  # noqa: S608
                )

    def columns(self, entity: Entity) -> dict[str, str]:
        """The columns of an entity's raw table with their types; empty when there is no table, or no row in it."""
        if entity.name not in self._columns:
            found = self.rows_of(
                "select column_name, data_type from information_schema.columns "
                "where table_schema = ? and table_name = ?",
                (self.dataset, entity.name),
            )
            held = found and self.rows_of(f"select 1 from {self._table(entity)} limit 1")  # noqa: S608
            self._columns[entity.name] = dict(found) if held else {}
        return self._columns[entity.name]

    def sift(self, entity: Entity, table: pa.Table) -> Sifted:
        """Leave out rows that are held as they are, or newer."""
        if not self.columns(entity):
            return Sifted(table, inserted=table.num_rows)
        verdicts = self._verdicts(entity, table)
        same = [key for key, verdict in verdicts if verdict == "same"]
        changed = self._changed(entity, table, same) if same else []
        new = [key for key, verdict in verdicts if verdict == "new"]
        newer = [key for key, verdict in verdicts if verdict == "newer"]
        key = table[entity.primary_key]
        kept = table.filter(pc.is_in(key, pa.array([*new, *newer, *changed], key.type)))
        if entity.is_legacy_reading and (newer or changed):
            kept = self._completed(entity, kept)
        return Sifted(
            kept,
            inserted=len(new),
            updated=len(newer) + len(changed),
            unchanged=len(same) - len(changed),
            stale=table.num_rows - len(new) - len(newer) - len(same),
        )

    def _verdicts(self, entity: Entity, table: pa.Table) -> list[tuple[Any, str]]:
        """For each key: new, or newer than, older than, of the same time as what is held."""
        key, time = _quoted(entity.primary_key), _quoted(entity.watermark or LOADED_AT)
        dated = f"""
            when held.{time} is not distinct from batch.{time} then 'same'
            when held.{time} is null or batch.{time} > held.{time} then 'newer'
            else 'older'"""
        query = f"""
            select batch.{key}, case
                when held.{key} is null then 'new' {dated if entity.watermark else "else 'same'"} end
            from batch left join (select {key}, {time} from {self._table(entity)}) as held
                on held.{key} = batch.{key}"""  # noqa: S608 (names come from declarations)
        with self.connection.cursor() as cursor:
            cursor.register("batch", table.select([entity.primary_key, entity.watermark or LOADED_AT]))
            return cursor.execute(query).fetchall()

    def _completed(self, entity: Entity, table: pa.Table) -> pa.Table:
        """The rows, with what is held of the fields that the older API does not carry."""
        key = entity.primary_key
        held = self.rows(entity, table[key].to_pylist())
        place = pc.index_in(table[key], held[key].combine_chunks())
        for name in sorted(entity.legacy_lacks):
            known = held[name].combine_chunks().take(place)
            number = table.schema.get_field_index(name)
            table = table.set_column(number, table.schema.field(name), pc.coalesce(table[name], known))
        return table

    def _changed(self, entity: Entity, table: pa.Table, keys: list[Any]) -> list[Any]:
        """Those of the keys whose content differs from what is held."""
        left_out = {DELETED_AT, LOADED_AT} | (entity.legacy_lacks if entity.is_legacy_reading else set())
        compared = [name for name in table.schema.names if name not in left_out]
        key = _quoted(entity.primary_key)
        query = f"""
            select batch.{key} from batch join (
                select {self._selected(entity, compared)} from {self._table(entity)}
                where {key} in (select {key} from batch)) as held on held.{key} = batch.{key}
            where ({_listed("batch", compared)}) is distinct from ({_listed("held", compared)})"""  # noqa: S608
        column = table[entity.primary_key]
        with self.connection.cursor() as cursor:
            cursor.register("batch", table.filter(pc.is_in(column, pa.array(keys, column.type))))
            return [row[0] for row in cursor.execute(query).fetchall()]

    def rows(self, entity: Entity, keys: Sequence[Any]) -> pa.Table:
        """The held rows with these keys, in the entity's schema."""
        wanted = schema(entity)
        if not self.columns(entity):
            return wanted.empty_table()
        key = _quoted(entity.primary_key)
        query = (
            f"select {self._selected(entity, wanted.names)} from {self._table(entity)} "  # noqa: S608
            f"where {key} in (select {key} from batch)"
        )
        with self.connection.cursor() as cursor:
            cursor.register(
                "batch", pa.table({entity.primary_key: pa.array(keys, wanted.field(entity.primary_key).type)})
            )
            return cursor.sql(query).to_arrow_table().cast(wanted)

    def live_keys(self, entity: Entity) -> list[Any]:
        """The keys of all rows that are not marked deleted."""
        if not self.columns(entity):
            return []
        query = f"select {_quoted(entity.primary_key)} from {self._table(entity)} where not {DELETED}"  # noqa: S608
        return [row[0] for row in self.rows_of(query)]

    def _selected(self, entity: Entity, names: Sequence[str]) -> str:
        """The columns as Arrow knows them: JSON as text, and null for a column that the table has not yet."""
        held = self.columns(entity)
        kinds = {column.name: column.kind for column in entity.columns}
        return ", ".join(
            (
                "null"
                if name not in held
                else f"{_quoted(name)}::varchar"
                if kinds[name] == "json"
                else _quoted(name)
            )
            + f" as {_quoted(name)}"
            for name in names
        )

    def _table(self, entity: Entity) -> str:
        return f"{_quoted(self.dataset)}.{_quoted(entity.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _listed(table: str, names: Sequence[str]) -> str:
    return ", ".join(f"{table}.{_quoted(name)}" for name in names)


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
