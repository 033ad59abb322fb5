"""SQL values, and the texts of a CSV file, as JSON values of a field's kind.

Only the form is changed: a date becomes its text, 5.00 becomes 5. What is of another kind stays so, and is refused
later by `values.problem`: a text "5" is no number, neither here nor in the CRM.
"""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sources.pushing import WriteKind

NESTED = ("ints", "object", "objects")
NUMERIC = ("int", "number")
WHOLE = re.compile(r"-?\d{1,18}")
MINUTE = 60


def json_value(kind: WriteKind, value: Any) -> Any:
    """What a SQL value is in JSON."""
    if isinstance(value, str):
        return _parsed(value) if kind in NESTED else value
    if value is None or isinstance(value, int):
        return value
    if kind in NUMERIC and isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime) and kind == "moment":
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, datetime) and kind == "date" and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value of any SQL type, and what is in it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [
            _parsed(one) if isinstance(one, str) and one.startswith("{") else _plain(one) for one in value
        ]
    form = FORMS.get(type(value))
    return value if form is None else form(value)


def _number(value: float | Decimal) -> Any:
    if not math.isfinite(value):
        return float(value)
    return int(value) if value == int(value) else float(value)


def _duration(value: timedelta) -> Any:
    """Hours and minutes; what is no whole number of minutes cannot be said so."""
    minutes, rest = divmod(value.total_seconds(), MINUTE)
    if rest or minutes < 0:
        return str(value)
    return f"{int(minutes) // MINUTE:02}:{int(minutes) % MINUTE:02}"


FORMS: dict[type, Callable[[Any], Any]] = {
    Decimal: _number,
    timedelta: _duration,
    datetime: lambda value: value.isoformat(sep=" "),
    date: date.isoformat,
    time: time.isoformat,
    UUID: str,
}


def _parsed(text: str) -> Any:
    """JSON out of its text; what is none stays a text."""
    with suppress(ValueError):
        return json.loads(text)
    return text


def text_value(kind: WriteKind, text: str) -> Any:
    """What the text of a cell in a CSV file is, as far as it is one of the kind; an empty cell is nothing."""
    stripped = text.strip()
    if not stripped:
        return None
    read = READERS.get(kind)
    return text if read is None else read(stripped)


def _int(text: str) -> Any:
    return int(text) if WHOLE.fullmatch(text) else text


def _float(text: str) -> Any:
    with suppress(ValueError):
        return _number(float(text))
    return text


def _bool(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)


def _ints(text: str) -> Any:
    """A JSON list, or numbers with commas between."""
    if text.startswith("["):
        return _parsed(text)
    parts = [part.strip() for part in text.split(",")]
    return [_int(part) for part in parts]


READERS: dict[WriteKind, Callable[[str], Any]] = {
    "int": _int,
    "number": _float,
    "bool": _bool,
    "ints": _ints,
    "object": _parsed,
    "objects": _parsed,
}
"""The others are texts in JSON too."""
