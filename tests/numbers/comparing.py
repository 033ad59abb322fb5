"""Two accounts of one table, row by row and column by column, in both directions."""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.numbers.company import Row

CLOSE = 1e-9


def differences(
    table: str,
    expected: Iterable[Row],
    actual: Iterable[Row],
    key: tuple[str, ...],
    *,
    inputs: Mapping[Any, Any] | None = None,
) -> list[str]:
    """What is not the same, in words; with the records behind it, if they are given by the key's first two columns.

    A column that an expected row does not have is not asked of it; one that no expected row has may not be there.
    """
    wanted, found = _by_key(table, expected, key), _by_key(table, actual, key)
    lines = [f"{table} {_told(key, one)}: missing" for one in wanted.keys() - found.keys()]
    lines += [f"{table} {_told(key, one)}: should not be there" for one in found.keys() - wanted.keys()]
    lines += _columns(table, wanted.values(), found.values())
    for one in wanted.keys() & found.keys():
        behind = f"; from {inputs[one[:2]]}" if inputs and one[:2] in inputs else ""
        lines += [f"{table} {_told(key, one)}.{what}{behind}" for what in _cells(wanted[one], found[one])]
    return sorted(lines)


def _by_key(table: str, rows: Iterable[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        one = tuple(row[column] for column in key)
        assert one not in found, f"{table}: {_told(key, one)} is there twice"
        found[one] = row
    return found


def _told(key: tuple[str, ...], values: tuple[Any, ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(key, values, strict=True))


def _columns(table: str, wanted: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """Compare the columns of all rows, the build's own (`_`) aside."""
    expected, actual = (
        {name for row in rows for name in row if not name.startswith("_")} for rows in (wanted, found)
    )
    if not actual:
        return []
    lines = [f"{table}: column {name} is missing" for name in expected - actual]
    return lines + [f"{table}: column {name} is not specified" for name in actual - expected]


def _cells(wanted: Row, found: Row) -> Iterator[str]:
    for name, value in wanted.items():
        if name in found and not name.startswith("_") and not same(value, found[name]):
            yield f"{name}: is {found[name]!r}, should be {value!r}"


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same; numbers to the ninth digit, truth values only of their own kind."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(one == other)
