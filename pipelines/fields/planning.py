"""What is known of an entity's custom fields, and what the CRM defines now, into what will be known.

A column that was given stays a field's own: whatever is added, removed, or put in another order, and while the setting
`renamed_fields` is "keep" also when the field is called something else. Only a standard column that newly has its name
takes it away. An option's label is kept after the option was retired, a field's columns after the field was deleted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from pipelines.fields.naming import LONGEST, column_name, is_standard


class Part(NamedTuple):
    """What a value of some field type consists of."""

    suffix: str
    """Of the column: the field's name and this."""
    member: str
    """Of the value, when it is an object."""
    kind: str
    """Of the column; the macro `typed` makes it."""


@dataclass(frozen=True)
class Column:
    """One column of a custom field."""

    name: str
    member: str
    kind: str


@dataclass(frozen=True)
class Option:
    """A choice of an enum or set field."""

    option_id: int
    label: str
    is_retired: bool = False


@dataclass(frozen=True)
class Definition:
    """A custom field as the CRM defines it now."""

    code: str
    name: str
    field_type: str
    options: tuple[Option, ...] = ()
    is_deleted: bool = False


@dataclass(frozen=True)
class Field:
    """A custom field as it is known here."""

    code: str
    name: str
    field_type: str
    named_after: str
    """What the field was called when its column was named."""
    columns: tuple[Column, ...]
    options: tuple[Option, ...]
    """Every one ever seen."""
    first_seen_at: datetime
    last_seen_at: datetime
    is_deleted: bool = False
    renamed_from: str | None = None
    renamed_at: datetime | None = None

    @property
    def column(self) -> str:
        """The first column, after which the others are called."""
        return self.columns[0].name


def _one(kind: str, *more: Part) -> tuple[Part, ...]:
    return (Part("", "", kind), *more)


def _linked(kind: str) -> tuple[Part, ...]:
    return _one("int", Part("_name", "", kind))


ZONE = (Part("_timezone_id", "timezone_id", "int"), Part("_timezone_name", "timezone_name", "text"))
ADDRESS = (
    *("street_number", "route", "subpremise", "sublocality", "locality"),
    *("admin_area_level_1", "admin_area_level_2", "country", "postal_code"),
)
PARTS: Mapping[str, tuple[Part, ...]] = {
    "double": _one("double"),
    "int": _one("int"),
    "boolean": _one("boolean"),
    "visible_to": _one("int"),
    "date": _one("date"),
    "enum": _one("int", Part("_label", "", "label")),
    "set": _one("ints", Part("_labels", "", "labels")),
    "user": _linked("user"),
    "org": _linked("organization"),
    "people": _linked("person"),
    "monetary": (Part("", "value", "decimal"), Part("_currency", "currency", "text")),
    "daterange": (Part("", "value", "date"), Part("_until", "until", "date")),
    "time": (Part("", "value", "time"), *ZONE),
    "timerange": (Part("", "value", "time"), Part("_until", "until", "time"), *ZONE),
    "address": _one("address", *(Part(f"_{name}", name, "text") for name in ADDRESS)),
}
"""What each field type consists of; the others are text."""
TEXT = _one("text")
NUMBER = re.compile("[0-9]{1,18}")


def parts_of(field_type: str) -> tuple[Part, ...]:
    """What a value of a type consists of; the first part is called as the field is."""
    return PARTS.get(field_type, TEXT)


def plan(
    known: Iterable[Field],
    defined: Iterable[Definition],
    *,
    standard: frozenset[str],
    now: datetime,
    follow: bool = False,
) -> list[Field]:
    """All fields of an entity, known ones first. `follow`: a field that is called something else has another column."""
    wanted = {one.code: one for one in defined}
    met = [_met(field, wanted.pop(field.code, None), now) for field in known]
    new = [_new(definition, now) for definition in wanted.values() if not definition.is_deleted]
    taken: set[str] = set()
    kept: dict[str, Field] = {}
    for field in sorted(met, key=_shape_has_changed):
        names = {f"{field.column}{part.suffix}" for part in parts_of(field.field_type)}
        outdated = follow and field.named_after != field.name and not field.is_deleted
        if not (outdated or names & taken or any(_is_no_name(name, standard) for name in names)):
            kept[field.code] = _called(field, field.column, field.named_after)
            taken |= names
    for field in sorted([*met, *new], key=lambda one: (one.name, one.code)):
        if field.code not in kept:
            suffixes = [part.suffix for part in parts_of(field.field_type)]
            stem = column_name(field.name, field.field_type, suffixes, standard, taken)
            kept[field.code] = _called(field, stem, field.name)
            taken |= {f"{stem}{suffix}" for suffix in suffixes}
    return [kept[field.code] for field in [*met, *new]]


def _is_no_name(name: str, standard: frozenset[str]) -> bool:
    return len(name) > LONGEST or is_standard(name, standard)


def _shape_has_changed(field: Field) -> bool:
    """Whether its columns are not those of its type: then it gives way to those who have theirs already."""
    return len(field.columns) != len(parts_of(field.field_type))


def _called(field: Field, stem: str, after: str) -> Field:
    columns = (Column(f"{stem}{suffix}", member, kind) for suffix, member, kind in parts_of(field.field_type))
    return replace(field, columns=tuple(columns), named_after=after)


def _new(definition: Definition, now: datetime) -> Field:
    facts = definition.code, definition.name, definition.field_type, definition.name
    return Field(*facts, (), definition.options, now, now)


def _met(field: Field, definition: Definition | None, now: datetime) -> Field:
    """A known field with what the CRM says of it now."""
    if definition is None or definition.is_deleted:
        return replace(field, is_deleted=True)
    if definition.name != field.name:
        field = replace(field, renamed_from=field.name, renamed_at=now)
    return replace(
        field,
        name=definition.name,
        field_type=definition.field_type,
        options=_all_options(field.options, definition.options),
        last_seen_at=now,
        is_deleted=False,
    )


def _all_options(before: Sequence[Option], now: Sequence[Option]) -> tuple[Option, ...]:
    """Those of before in their order, then the new ones; what is no longer listed is retired."""
    current = {option.option_id: option for option in now}
    kept = [current.pop(old.option_id, replace(old, is_retired=True)) for old in before]
    return (*kept, *current.values())


def options_of(listed: Any) -> tuple[Option, ...]:
    """The choices of a field out of JSON; what has no number for an id is none of a custom field."""
    rows = listed if isinstance(listed, list) else []
    return tuple(
        Option(int(row["id"]), readable(row.get("label")), bool(row.get("is_retired")))
        for row in rows
        if isinstance(row, dict) and NUMBER.fullmatch(str(row.get("id")))
    )


def readable(text: Any) -> str:
    """A text without what Postgres does not take."""
    return str("" if text is None else text).replace("\x00", "")
