"""Tests of values in the bodies of writes: nothing is coerced."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Check = Callable[[Any], bool]


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
