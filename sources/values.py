"""Values that are written: whether the CRM would take them, and when two of them say the same. Pure.

The CRM answers in its own way: `15:00:00` for `15:00`, nothing for an empty text, participants in another order, texts
without the white space around them. Two values say the same if their canonical forms are equal. A canonical form is a
value to send, too: what the CRM would only tidy up is sent tidy, and comes back as it was sent.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from sources.pushing import CUSTOM, Part, Writable, WriteKind

DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
DURATION: Final = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TEXTS: Final = frozenset({"text", "date", "time", "duration", "moment", "uuid"})
"""Kinds of which an empty text is nothing."""
NO_TIME: Final = "0001-01-01T00:00:00"
"""What programs written in Go say of a time that there is not."""
MOST: Final = 2**53
"""Beyond it a number in JSON is no longer exact."""


def problem(writable: Writable, value: Any) -> str:
    """Why the CRM would refuse this value of a field; empty: it would take it. Nothing is coerced."""
    if _is_empty(writable.kind, value) or _is_nothing(writable, value):
        return "" if writable.nullable else "may not be empty"
    if found := _problem(writable.kind, value, writable.parts):
        return found
    return _choice_problem(writable, value) if writable.choices else ""


def _choice_problem(writable: Writable, value: Any) -> str:
    given = value if writable.kind == "ints" else [value]
    strange = next((one for one in given if one not in writable.choices), None)
    known = ", ".join(map(str, writable.choices))
    return "" if strange is None else f"{_shown(strange)} is none of {known}"


def _problem(kind: WriteKind, value: Any, parts: Sequence[Part]) -> str:
    if kind == "objects":
        wrong = (_problem("object", one, parts) for one in value) if isinstance(value, list) else ()
        return next(filter(None, wrong), "") if isinstance(value, list) else f"{_shown(value)} is no list"
    if kind == "object" and isinstance(value, dict):
        return _object_problem(value, parts)
    called, fits = KINDS[kind]
    return "" if fits(value) else f"{_shown(value)} is {called}"


def _object_problem(value: Mapping[str, Any], parts: Sequence[Part]) -> str:
    known = {part.name: part for part in parts}
    for name in value:
        if name not in known:
            return f"has no part {name!r}; its parts are {', '.join(known)}"
    for part in parts:
        given = value.get(part.name)
        if _is_empty(part.kind, given):
            if part.required:
                return f"lacks its part {part.name!r}"
        elif found := _problem(part.kind, given, ()):
            return f"{part.name}: {found}"
    return ""


def _is_empty(kind: WriteKind, value: Any) -> bool:
    return value is None or (kind in TEXTS and isinstance(value, str) and not value.strip())


def _is_nothing(writable: Writable, value: Any) -> bool:
    """Whether it is what the CRM says where there is no value; false is one."""
    return writable.nothing is not None and value == writable.nothing and not isinstance(value, bool)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST


def _is_number(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and b"\0" not in value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair is no character, and cannot be sent
        return False


def _is_date(value: Any) -> bool:
    if not _matches(DATE)(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _moment(value: Any) -> datetime | None:
    """The moment that a text names, in UTC; none at the ends of time, which are no moments in some zones."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:
        return None
    return moment.astimezone(UTC)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value)) and value.isascii()


KINDS: Final[Mapping[WriteKind, tuple[str, Callable[[Any], bool]]]] = {
    "int": ("no whole number", _is_int),
    "number": ("no number", _is_number),
    "text": ("no text", _is_text),
    "bool": ("neither true nor false", lambda value: isinstance(value, bool)),
    "date": ("no date like 2026-01-31", _is_date),
    "time": ("no time like 15:00", _matches(TIME)),
    "duration": ("no duration like 01:30", _matches(DURATION)),
    "moment": ("no time with its zone like 2026-01-31T15:00:00Z", lambda value: _moment(value) is not None),
    "uuid": ("no UUID", _matches(UUID)),
    "ints": (
        "no list of whole numbers",
        lambda value: isinstance(value, list) and all(map(_is_int, value)),
    ),
    "object": ("no object", lambda value: isinstance(value, dict)),
}
"""What is said of a value that is none of the kind, and the test for it."""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  a line of a plan


def canonical(writable: Writable, value: Any) -> Any:
    """The one form of all values that say the same; what is of another kind stays as it is."""
    if writable.kind == "objects":
        return _objects(writable, value)
    if writable.kind == "object":
        return _object(writable.parts, value)
    plain = _plain(writable.kind, value)
    return None if _is_nothing(writable, plain) else plain


def _plain(kind: WriteKind, value: Any) -> Any:
    if isinstance(value, str) and kind in TEXTS:
        return _text(kind, value)
    if isinstance(value, datetime) and kind == "moment":
        return _in_utc(value)
    if isinstance(value, float | Decimal) and kind in ("int", "number"):
        return _number(value)
    if kind == "ints" and isinstance(value, list):
        return sorted(set(value)) or None if all(map(_is_int, value)) else value
    return value


def _text(kind: WriteKind, value: str) -> str | None:
    if kind == "uuid":
        return value.lower() or None
    if kind == "moment" and value.startswith(NO_TIME):
        return None
    if kind == "moment":
        return _in_utc(moment) if (moment := _moment(value)) is not None else value.strip() or None
    if kind == "text":
        return value.replace("\r\n", "\n").strip() or None
    pattern = {"time": TIME, "duration": DURATION}.get(kind)
    found = pattern.fullmatch(value) if pattern else None
    if found is None:
        return value or None
    hours, minutes, seconds = found[1], found[2], found[3] or "00"
    return f"{int(hours):02}:{minutes}" + (f":{seconds}" if seconds != "00" else "")


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _number(value: float | Decimal) -> Any:
    number = float(value)
    exact = math.isfinite(number) and abs(number) <= MOST and number.is_integer()
    return int(number) if exact else number


def _object(parts: Sequence[Part], value: Any) -> Any:
    """The parts that say something; a time within an object always has its seconds."""
    if not isinstance(value, Mapping):
        return value
    made = {part.name: _part(part, value.get(part.name)) for part in parts}
    said = {name: one for name, one in made.items() if one is not None}
    return said if any(value.get(name) not in (None, "") for name in said) else None


def _part(part: Part, value: Any) -> Any:
    plain = _plain(part.kind, value)
    if part.kind == "time" and isinstance(plain, str) and TIME.fullmatch(plain):
        return plain if plain.count(":") == 2 else f"{plain}:00"  # noqa: PLR2004  hours, minutes, seconds
    return part.default if plain is None else plain


def _objects(writable: Writable, value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return value
    made = [one for one in (_object(writable.parts, one) for one in value) if one is not None]
    if len(made) > 1:
        made.sort(key=lambda one: (_order(one.get(writable.key)), msgspec.json.encode(one)))
    return made or None


def _order(key: Any) -> tuple[bool, float, str]:
    return (key is None, key if _is_number(key) else 0, str(key))


def values_of(row: Mapping[str, Any], fields: Iterable[Writable]) -> dict[str, Any]:
    """The canonical values of a record as the API tells it, by field name."""
    custom = row.get(CUSTOM[:-1]) or {}
    told = {
        one: custom.get(one.name.removeprefix(CUSTOM)) if one.name.startswith(CUSTOM) else row.get(one.name)
        for one in fields
    }
    return {one.name: canonical(one, value) for one, value in told.items()}
