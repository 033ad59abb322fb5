"""Reading the bodies of writes as API v2 does: strictly, nothing coerced, and with the words it refuses in."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sources.pipedrive.sandbox.replies import invalid
from sources.sandbox.checks import Check, is_object, is_text
from sources.sandbox.store import Account, Collection, Record

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
