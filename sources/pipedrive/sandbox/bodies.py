"""Reading the bodies of writes as API v2 does: strictly, nothing coerced, and with the words it refuses in."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from sources.pipedrive.sandbox.replies import invalid
from sources.sandbox.store import Account, Collection, Record

Check = Callable[[Any], bool]
Fields = Mapping[str, tuple[str, Check]]
"""What a body may hold: the type as the refusal names it, and its test."""

PLACE: Final = (
    "value", "country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality",
    "route", "street_number", "subpremise", "postal_code",
)  # fmt: skip


def decoded(body: bytes) -> Record:
    """Read a body as a JSON object."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise invalid("Validation failed: Request body must be a JSON object") from None


def check(fields: Fields, never_null: frozenset[str], given: Record) -> None:
    """Refuse unknown keys and values of another type; null clears, save what is never null."""
    for name, value in given.items():
        if name not in fields:
            raise invalid(f"Validation failed: Unknown key '{name}'")
        expected, fits = fields[name]
        if (value is None and name in never_null) or (value is not None and not fits(value)):
            raise invalid(f"Validation failed: {name}: Expected '{expected}' as value")


def exists(collection: Collection, record_id: Any) -> bool:
    """Tell whether a living record has this id."""
    record = collection.get(record_id) if collection.knows(record_id) else None
    return record is not None and not record.get("is_deleted")


def known(account: Account, entity: str, field: str) -> frozenset[Any]:
    """Return all values of a field of a short list."""
    collection = account[entity]
    return collection.derived(("known", field), lambda: frozenset(row[field] for row in collection.records()))


def is_text(value: object) -> bool:
    """Tell whether it is a string."""
    return isinstance(value, str)


def is_integer(value: object) -> bool:
    """Tell whether it is a whole number, which true is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether it is a number, which true is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_boolean(value: object) -> bool:
    """Tell whether it is true or false."""
    return isinstance(value, bool)


def is_date(value: object) -> bool:
    """Tell whether it is a day of the calendar."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_moment(value: object) -> bool:
    """Tell whether it is a time of a day, with or without its zone."""
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", value))


def is_time(value: object) -> bool:
    """Tell whether it is a time of day, or empty."""
    return isinstance(value, str) and bool(re.fullmatch(r"|([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value))


def is_duration(value: object) -> bool:
    """Tell whether it is hours and minutes, or empty."""
    return isinstance(value, str) and bool(re.fullmatch(r"|\d{1,3}:[0-5]\d(:[0-5]\d)?", value))


def one_of(*known: Any) -> Check:
    """Test for one of some values, of their type."""
    return lambda value: any(type(value) is type(one) and value == one for one in known)


def is_object(checks: Mapping[str, Check], required: frozenset[str] = frozenset()) -> Check:
    """Test for an object that has these members only."""

    def fits(value: object) -> bool:
        return (
            isinstance(value, dict)
            and required <= value.keys()
            and all(name in checks and (one is None or checks[name](one)) for name, one in value.items())
        )

    return fits


def is_list(each: Check) -> Check:
    """Test for a list."""
    return lambda value: isinstance(value, list) and all(each(one) for one in value)


is_place: Final = is_object(dict.fromkeys(PLACE, is_text))


def filled_up(given: Record, parts: Mapping[str, Record]) -> Record:
    """Return the given lists and objects with the parts that may be left out."""
    full: Record = {}
    for name, defaults in parts.items():
        value = given.get(name)
        if isinstance(value, list):
            full[name] = [{**defaults, **one} for one in value]
        elif isinstance(value, dict):
            full[name] = {**defaults, **value}
    return full
