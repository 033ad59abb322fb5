"""Reading query parameters as API v2 does: strictly, and with the words it refuses in."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from sources.pipedrive.sandbox.replies import invalid

LIMIT: Final = 100
MOST: Final = 500
MOST_IDS: Final = 100
MOST_CUSTOM_FIELDS: Final = 15
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def only(params: Mapping[str, str], allowed: frozenset[str]) -> None:
    """Refuse a parameter the endpoint does not have."""
    for name in params:
        if name not in allowed:
            raise invalid(f"Parameter '{name}' is not allowed")


def integer(params: Mapping[str, str], name: str) -> int:
    """Read a whole number."""
    if not re.fullmatch(r"-?\d{1,18}", params[name]):
        raise invalid(f"Validation failed: {name}: Expected 'integer' as value")
    return int(params[name])


def boolean(params: Mapping[str, str], name: str) -> bool:
    """Read true or false."""
    if params[name] not in {"true", "false"}:
        raise invalid(f"Validation failed: {name}: Expected 'boolean' as value")
    return params[name] == "true"


def text(params: Mapping[str, str], name: str) -> str:
    """Read a text."""
    return params[name]


def choice(params: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """Read one of the known values, the first one by default."""
    value = params.get(name, known[0])
    if value not in known:
        raise invalid(
            f"Validation failed: {name}: Invalid value '{value}', expected one of {', '.join(known)}"
        )
    return value


def choices(params: Mapping[str, str], name: str, known: frozenset[str]) -> frozenset[str] | None:
    """Read a comma list of known values, None when it is not given."""
    if name not in params:
        return None
    for value in params[name].split(","):
        if value not in known:
            raise invalid(f"Validation failed: {name}: Invalid value '{value}'")
    return frozenset(params[name].split(","))


def limit(params: Mapping[str, str]) -> int:
    """Read the page size."""
    if "limit" not in params:
        return LIMIT
    size = integer(params, "limit")
    if not 1 <= size <= MOST:
        raise invalid(f"Validation failed: limit: Value must be between 1 and {MOST}")
    return size


def ids(params: Mapping[str, str]) -> frozenset[int] | None:
    """Read the comma list of ids, None when it is not given."""
    if "ids" not in params:
        return None
    parts = params["ids"].split(",")
    if len(parts) > MOST_IDS:
        raise invalid(f"Validation failed: ids: A maximum of {MOST_IDS} ids is allowed")
    return frozenset(integer({"ids": part}, "ids") for part in parts)


def custom_fields(params: Mapping[str, str]) -> None:
    """Refuse too many custom field keys."""
    if len(params.get("custom_fields", "").split(",")) > MOST_CUSTOM_FIELDS:
        raise invalid(f"Validation failed: custom_fields: A maximum of {MOST_CUSTOM_FIELDS} keys is allowed")


def moment(params: Mapping[str, str], name: str) -> str | None:
    """Read a time, which must be whole seconds and Z."""
    value = params.get(name)
    if value is None:
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        value = ""
    if not _TIME.fullmatch(value):
        raise invalid(f"Validation failed: {name}: not a valid datetime")
    return value


def decode_cursor(text: str) -> dict[str, Any] | None:
    """Return what a cursor holds, None when it is no cursor."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (binascii.Error, msgspec.MsgspecError, UnicodeEncodeError):
        return None


def encode_cursor(place: Mapping[str, Any]) -> str:
    """Write a place as an opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()
