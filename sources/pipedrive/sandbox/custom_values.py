"""The custom fields of a body: keys and values are taken strictly by the fields that the account defines."""

from collections.abc import Callable
from typing import Any, Final

from sources.pipedrive.sandbox.bodies import PLACE, exists
from sources.pipedrive.sandbox.replies import invalid
from sources.sandbox.checks import (
    Check,
    is_boolean,
    is_date,
    is_integer,
    is_list,
    is_number,
    is_object,
    is_text,
    is_time,
)
from sources.sandbox.store import Account, Record

_ZONE: Final[dict[str, Check]] = {"timezone_id": is_integer, "timezone_name": is_text}


def _is_clock(value: object) -> bool:
    return value != "" and is_time(value)


TYPES: Final[dict[str, tuple[str, Check]]] = {
    "varchar": ("string", is_text),
    "varchar_auto": ("string", is_text),
    "text": ("string", is_text),
    "phone": ("string", is_text),
    "double": ("number", is_number),
    "int": ("number", is_integer),
    "boolean": ("boolean", is_boolean),
    "monetary": (
        "object",
        is_object({"value": is_number, "currency": is_text}, frozenset({"value", "currency"})),
    ),
    "date": ("date", is_date),
    "daterange": ("object", is_object({"value": is_date, "until": is_date}, frozenset({"value", "until"}))),
    "time": ("object", is_object({"value": _is_clock, **_ZONE}, frozenset({"value"}))),
    "timerange": (
        "object",
        is_object({"value": _is_clock, "until": _is_clock, **_ZONE}, frozenset({"value", "until"})),
    ),
    "enum": ("integer", is_integer),
    "set": ("array", lambda value: bool(value) and is_list(is_integer)(value)),
    "user": ("integer", is_integer),
    "org": ("integer", is_integer),
    "people": ("integer", is_integer),
    "address": (
        "object",
        is_object(dict.fromkeys((*PLACE, "formatted_address"), is_text), frozenset({"value"})),
    ),
}
REFERS: Final = {"user": "users", "org": "organizations", "people": "persons"}


def applied(account: Account, fields: str, held: Record | None, given: Record | None) -> Record:
    """Return a record's custom fields with the given ones in their place, every key present."""
    defined = account[fields].derived("custom", lambda: _defined(account, fields))
    for key, value in (given or {}).items():
        if key not in defined:
            raise invalid(f"Validation failed: custom_fields: Unknown key '{key}'")
        if value is not None:
            _check(account, defined[key], value)
    new = {key: _whole(defined[key]["field_type"], value) for key, value in (given or {}).items()}
    return {**dict.fromkeys(defined), **(held or {}), **new}


def _defined(account: Account, fields: str) -> dict[str, Record]:
    return {row["field_code"]: row for row in account[fields].records() if row["is_custom_field"]}


def _check(account: Account, field: Record, value: Any) -> None:
    kind = field["field_type"]
    expected, fits = TYPES[kind]
    if not fits(value):
        raise invalid(f"Validation failed: custom_fields: Expected '{expected}' as value")
    options = {option["id"] for option in field["options"] or ()}
    if kind in ("enum", "set") and not options.issuperset(value if kind == "set" else [value]):
        raise invalid("Validation failed: custom_fields: Unknown option")
    if kind in REFERS and not exists(account[REFERS[kind]], value):
        raise invalid("Validation failed: custom_fields: Record not found")


def _whole(kind: str, value: Any) -> Any:
    """Return a value as it is answered: with its seconds, with all its parts."""
    return WHOLE.get(kind, lambda one: one)(value) if value is not None else None


def _with_seconds(value: Record) -> Record:
    times = {name: f"{value[name]}:00"[: len("15:00:00")] for name in value.keys() & {"value", "until"}}
    return {"timezone_id": None, "timezone_name": None, **value, **times}


WHOLE: Final[dict[str, Callable[[Any], Any]]] = {
    "time": _with_seconds,
    "timerange": _with_seconds,
    "set": sorted,
    "address": lambda value: {**dict.fromkeys(PLACE), "formatted_address": value["value"], **value},
}
