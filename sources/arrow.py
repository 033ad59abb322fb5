"""Page bytes to Arrow, without a dict in between.

msgspec decodes a page straight into structs made from the entity's fields; nested values stay JSON text. Keys that
are not declared go into `_extra`: the decoder refuses a page with an unknown key, and such a page is taken apart first,
so that pages without news cost nothing. A value of another type than declared is an error that names it.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from sources.entity import DELETED, DELETED_AT, EXTRA, LOADED_AT, Entity, Field, Kind
from sources.envelope import NULL, Loose, More, Numbered
from sources.errors import LATER, BadBody, WrongType
from sources.paging import Page
from sources.texts import NUL, UNKNOWN, paired

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
NINE_DIGITS = Decimal("1e-9")
MOST_UNDECLARED = 1_000
"""With more undeclared keys than this, the answers are no records of the entity."""
BESIDE = "roundtrip.extra"
"""Where a row keeps what is not declared; no key of an API is called so."""


def schema(entity: Entity) -> pa.Schema:
    """The one Arrow schema of an entity's raw table; every table written has exactly it."""
    return pa.schema([pa.field(column.name, ARROW[column.kind]) for column in entity.columns])


class Decoder:
    """Decodes the pages of one entity."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.schema = schema(entity)
        self.undeclared: list[str] = []
        """Keys met that the entity does not declare."""
        self.filled: dict[str, int] = dict.fromkeys((declared.name for declared in entity.fields), 0)
        """Of each declared field, how many rows had a value."""
        self._told = dict(entity.shape.told) if entity.shape else {}
        self._known = {declared.name for declared in entity.fields} | self._told.keys()
        self._decoder = self._build()

    def _build(self) -> msgspec.json.Decoder[Any]:
        kinds = {column.name: PYTHON[column.kind] for column in self.entity.fields} | self._told
        fields = [(name, kind, NULL if kind is msgspec.Raw else None) for name, kind in kinds.items()]
        row = msgspec.defstruct(
            "Row",
            [*fields, ("beside", str | None, None)],
            rename={"beside": BESIDE},
            forbid_unknown_fields=True,
            gc=False,
        )
        envelope = msgspec.defstruct(
            "Envelope",
            [
                ("success", bool, True),
                ("data", list[row] | None, None),  # type: ignore[valid-type]
                ("additional_data", More | None, None),
                ("paginationInfo", Numbered | None, None),
            ],
        )
        return msgspec.json.Decoder(envelope)

    def decode(self, body: bytes) -> Page:
        """A page of records; the rows have one attribute for each field."""
        answer, beside = self._answer(body)
        if not answer.success:
            raise BadBody(
                "the answer says that the request failed, without saying why.",
                entity=self.entity.name,
                way_out=LATER,
            )
        rows = answer.data or []
        for row, extra in zip(rows, beside, strict=False):
            row.beside = extra
        if self.entity.shape:
            self._put_right(rows, self.entity.shape.put_right)
        if NUL in body:
            self._without_nul(rows)
        self._check_keys(rows)
        told, numbered = answer.additional_data or More(), answer.paginationInfo or Numbered()
        return Page(rows, told.next_cursor or None, more=told.follows, total=numbered.total_records)

    def _put_right(self, rows: Sequence[Any], put_right: Callable[[Any], None]) -> None:
        for row in rows:
            try:
                put_right(row)
            except ValueError as error:
                identity = getattr(row, self.entity.primary_key)
                raise WrongType(
                    f"record {identity}: {error}.", entity=self.entity.name, record_id=identity
                ) from error

    def _answer(self, body: bytes) -> tuple[Any, list[str | None]]:
        try:
            if not self.undeclared:
                return self._decoder.decode(body), []
            return self._split(body)
        except msgspec.ValidationError as error:
            if "unknown field" not in str(error):
                raise self._wrong_type(body, error) from error
        except msgspec.DecodeError as error:
            sound = paired(body)
            if sound == body:
                raise self._cut_short(error) from error
            return self._answer(sound)
        return self._declared_only(body)

    def _without_nul(self, rows: list[Any]) -> None:
        """Replace NUL, which no text of Postgres may hold, in text columns; JSON keeps it escaped."""
        names = [column.name for column in self.entity.fields if column.kind == "text"]
        for row in rows:
            for name in names:
                if "\0" in (text := getattr(row, name) or ""):
                    setattr(row, name, text.replace("\0", UNKNOWN))

    def _cut_short(self, error: Exception) -> BadBody:
        return BadBody(f"the answer is not whole JSON ({error}).", entity=self.entity.name, way_out=LATER)

    def _declared_only(self, body: bytes) -> tuple[Any, list[str | None]]:
        try:
            return self._split(body)
        except msgspec.ValidationError as error:
            raise self._wrong_type(body, error) from error
        except (msgspec.DecodeError, UnicodeError) as error:
            raise self._cut_short(error) from error

    def _split(self, body: bytes) -> tuple[Any, list[str | None]]:
        """The page with its declared keys only, and for each row the others as JSON."""
        page = msgspec.json.decode(body, type=Loose)
        beside = [self._taken_out(row) for row in page.data or []]
        return self._decoder.decode(msgspec.json.encode(page)), beside

    def _taken_out(self, row: dict[str, msgspec.Raw]) -> str | None:
        extra = {key: row.pop(key) for key in [key for key in row if key not in self._known]}
        self.undeclared += [key for key in extra if key not in self.undeclared]
        if len(self.undeclared) > MOST_UNDECLARED:
            raise WrongType(
                f"the records carry over {MOST_UNDECLARED} undeclared keys.", entity=self.entity.name
            )
        return msgspec.json.encode(extra).decode() if extra else None

    def _check_keys(self, rows: Sequence[Any]) -> None:
        key = self.entity.primary_key
        if any(getattr(row, key) is None for row in rows):
            raise WrongType(f"a record has no {key!r}.", entity=self.entity.name)

    def _wrong_type(self, body: bytes, error: msgspec.ValidationError) -> WrongType | BadBody:
        place = re.search(r"\$\.data\[(\d+)\](?:\.(\w+))?", str(error))
        if not place:
            return BadBody(f"the answer is not a list of records ({error}).", entity=self.entity.name)
        identity = _key_of(body, int(place[1]), self.entity.primary_key)
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
        for name, column in columns.items():
            self.filled[name] += size - column.null_count
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
        values = [getattr(row, declared.name) for row in rows]
        try:
            return _array(values, declared.kind)
        except (pa.ArrowInvalid, OverflowError, InvalidOperation) as error:
            raise self._unfit(rows, declared) from error

    def _unfit(self, rows: Sequence[Any], declared: Field) -> WrongType:
        """Find the first value that does not fit."""
        wrong = (row for row in rows if not _fits(getattr(row, declared.name), declared.kind))
        identity = getattr(next(wrong, None), self.entity.primary_key, "(several, not alike)")
        return WrongType(
            f"record {identity}: {declared.name}: not a valid {declared.kind}.",
            entity=self.entity.name,
            record_id=identity,
        )

    def _extra(self, rows: Sequence[Any]) -> pa.Array:
        return pa.array([row.beside for row in rows], pa.string())


def _array(values: Sequence[Any], kind: Kind) -> pa.Array:
    if kind == "json":
        return pa.array([_text(value) for value in values], pa.string())
    if kind == "time":
        return _times(values)
    if kind == "date":
        return pc.cast(pa.array([value or None for value in values], pa.string()), ARROW[kind])
    if kind == "decimal":
        return _decimals(values)
    return pa.array(values, ARROW[kind])


def _fits(value: Any, kind: Kind) -> bool:
    try:
        _array([value], kind)
    except (pa.ArrowInvalid, OverflowError, InvalidOperation):
        return False
    return True


def _decimals(values: Sequence[Decimal | None]) -> pa.Array:
    """Decimals of nine digits; what an API calculated in floats carries noise beyond them."""
    try:
        return pa.array(values, ARROW["decimal"])
    except pa.ArrowInvalid:
        rounded = [value if value is None else value.quantize(NINE_DIGITS) for value in values]
        return pa.array(rounded, ARROW["decimal"])


def _times(values: Sequence[str | None]) -> pa.Array:
    """Instants; those of API v1 carry no zone and are UTC. An empty string is no time."""
    texts = pa.array([value or None for value in values], pa.string())
    try:
        return pc.cast(texts, ARROW["time"])
    except pa.ArrowInvalid:
        return pc.assume_timezone(pc.cast(texts, pa.timestamp("us")), "UTC")


def _key_of(body: bytes, number: int, key: str) -> Any:
    """The key of a page's n-th row, if it has one."""
    try:
        rows = msgspec.json.decode(body, type=Loose).data or []
        return msgspec.json.decode(rows[number][key])
    except (msgspec.MsgspecError, LookupError):
        return None


def _text(value: msgspec.Raw) -> str | None:
    if value is NULL:
        return None
    text = bytes(value).decode()
    return None if text == "null" else text
