"""Page bytes to Arrow, without a dict in between.

msgspec decodes a page straight into structs made from the entity's fields; nested values stay JSON text. Keys that
are not declared go into `_extra`: the decoder refuses a page with an unknown key, learns the key, and reads the page
again, so that pages without news cost nothing. A value of another type than declared is an error that names it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sources.entity import DELETED, DELETED_AT, EXTRA, LOADED_AT, Entity, Field, Kind
from sources.errors import BadBody, WrongType
from sources.paging import Page

ARROW: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "decimal": pa.decimal128(38, 9),
    "text": pa.string(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "json": pa.string(),
}
PYTHON: dict[Kind, Any] = {
    "int": int | None,
    "float": float | None,
    "decimal": Decimal | None,
    "text": str | None,
    "bool": bool | None,
    "time": str | None,
    "date": str | None,
    "json": msgspec.Raw,
}
NULL = msgspec.Raw(b"null")
MOST_LEARNT = 1_000
"""Undeclared keys a decoder takes in before it says that the answers are no records of this entity."""


class More(msgspec.Struct):
    """What the envelope says about the next page."""

    next_cursor: str | None = None


def schema(entity: Entity) -> pa.Schema:
    """The one Arrow schema of an entity's raw table; every table written has exactly it."""
    return pa.schema([pa.field(column.name, ARROW[column.kind]) for column in entity.columns])


class Decoder:
    """Decodes the pages of one entity."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.schema = schema(entity)
        self.learnt: list[str] = []
        self._decoder = self._build()

    def _build(self) -> msgspec.json.Decoder[Any]:
        declared = [
            (column.name, PYTHON[column.kind], NULL if column.kind == "json" else None)
            for column in self.entity.fields
        ]
        extra = [(f"extra_{number}", msgspec.Raw, NULL) for number in range(len(self.learnt))]
        row = msgspec.defstruct(
            "Row",
            [*declared, *extra],
            rename={f"extra_{number}": key for number, key in enumerate(self.learnt)},
            forbid_unknown_fields=True,
            gc=False,
        )
        envelope = msgspec.defstruct(
            "Envelope",
            [("data", list[row] | None, None), ("additional_data", More | None, None)],  # type: ignore[valid-type]
        )
        return msgspec.json.Decoder(envelope)

    def decode(self, body: bytes) -> Page:
        """A page of records; the rows have one attribute for each field."""
        while True:
            try:
                answer = self._decoder.decode(body)
            except msgspec.ValidationError as error:
                if "unknown field" not in str(error):
                    raise self._wrong_type(body, error) from error
                self._learn(body)
            except msgspec.DecodeError as error:
                raise BadBody(f"the answer is not whole JSON ({error}).", entity=self.entity.name) from error
            else:
                rows = answer.data or []
                self._check_keys(rows)
                return Page(
                    rows, (answer.additional_data.next_cursor or None) if answer.additional_data else None
                )

    def _learn(self, body: bytes) -> None:
        known = {declared.name for declared in self.entity.fields} | set(self.learnt)
        for row in _plain_rows(body):
            self.learnt += [key for key in row if key not in known]
            known.update(row)
        if len(self.learnt) > MOST_LEARNT:
            raise WrongType(f"the records carry over {MOST_LEARNT} undeclared keys.", entity=self.entity.name)
        self._decoder = self._build()

    def _check_keys(self, rows: Sequence[Any]) -> None:
        key = self.entity.primary_key
        if any(getattr(row, key) is None for row in rows):
            raise WrongType(f"a record has no {key!r}.", entity=self.entity.name)

    def _wrong_type(self, body: bytes, error: msgspec.ValidationError) -> WrongType | BadBody:
        place = re.search(r"\$\.data\[(\d+)\](?:\.(\w+))?", str(error))
        if not place:
            return BadBody(f"the answer is not a list of records ({error}).", entity=self.entity.name)
        row = _plain_rows(body)[int(place[1])]
        identity = row.get(self.entity.primary_key)
        expected = str(error).split(" - at ")[0]
        return WrongType(
            f"record {identity}: {place[2] or 'the record'}: {expected[0].lower()}{expected[1:]}.",
            entity=self.entity.name,
            record_id=identity,
            way_out="The declared kind does not fit what the API sends; the watermark stays where it was.",
        )

    def table(self, rows: Sequence[Any], loaded_at: datetime) -> pa.Table:
        """Rows as Arrow, in the entity's schema."""
        columns = {declared.name: self._column(rows, declared) for declared in self.entity.fields}
        size = len(rows)
        deleted = columns.get(DELETED, pa.nulls(size, pa.bool_()))
        columns |= {
            DELETED: pc.fill_null(deleted, fill_value=False),
            DELETED_AT: self._deleted_at(columns, size),
            EXTRA: self._extra(rows),
            LOADED_AT: pa.array([loaded_at] * size, ARROW["time"]),
        }
        return pa.table([columns[name] for name in self.schema.names], schema=self.schema)

    def _deleted_at(self, columns: dict[str, Any], size: int) -> Any:
        """A record that is listed as deleted was deleted when it last changed."""
        nothing = pa.nulls(size, ARROW["time"])
        if DELETED not in columns or self.entity.watermark not in columns:
            return nothing
        deleted = pc.fill_null(columns[DELETED], fill_value=False)
        return pc.if_else(deleted, columns[self.entity.watermark], nothing)

    def _column(self, rows: Sequence[Any], declared: Field) -> pa.Array:
        name, kind = declared.name, declared.kind
        values = [getattr(row, name) for row in rows]
        try:
            if kind == "json":
                return pa.array([_text(value) for value in values], pa.string())
            if kind == "time":
                return _times(values)
            if kind == "date":
                return pc.cast(pa.array([value or None for value in values], pa.string()), ARROW[kind])
            return pa.array(values, ARROW[kind])
        except (pa.ArrowInvalid, OverflowError) as error:
            raise self._unfit(rows, declared, error) from error

    def _unfit(self, rows: Sequence[Any], declared: Field, error: Exception) -> WrongType:
        """Find the first value that does not fit."""
        for row in rows:
            try:
                pc.cast(pa.array([getattr(row, declared.name) or None]), ARROW[declared.kind])
            except (pa.ArrowInvalid, OverflowError):
                identity = getattr(row, self.entity.primary_key)
                return WrongType(
                    f"record {identity}: {declared.name}: not a valid {declared.kind}.",
                    entity=self.entity.name,
                    record_id=identity,
                )
        return WrongType(f"{declared.name}: {error}.", entity=self.entity.name)

    def _extra(self, rows: Sequence[Any]) -> pa.Array:
        if not self.learnt:
            return pa.nulls(len(rows), pa.string())
        return pa.array([self._extra_of(row) for row in rows], pa.string())

    def _extra_of(self, row: Any) -> str | None:
        found = {
            key: value
            for number, key in enumerate(self.learnt)
            if (value := getattr(row, f"extra_{number}")) is not NULL
        }
        return msgspec.json.encode(found).decode() if found else None


def _times(values: Sequence[str | None]) -> pa.Array:
    """Instants; those of API v1 carry no zone and are UTC. An empty string is no time."""
    texts = pa.array([value or None for value in values], pa.string())
    try:
        return pc.cast(texts, ARROW["time"])
    except pa.ArrowInvalid:
        return pc.assume_timezone(pc.cast(texts, pa.timestamp("us")), "UTC")


def _plain_rows(body: bytes) -> list[dict[str, Any]]:
    data = msgspec.json.decode(body)["data"]
    return [row if isinstance(row, dict) else {} for row in data]


def _text(value: msgspec.Raw) -> str | None:
    if value is NULL:
        return None
    text = bytes(value).decode()
    return None if text == "null" else text
