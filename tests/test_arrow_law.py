"""A law: whatever rows of the declared types come in, and whatever else they carry, Arrow has all of it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.test_arrow import rows_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXT,
    "at": st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    "day": st.dates(),
    "amount": st.decimals(-(10**15), 10**15, places=4),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "flag": st.booleans(),
    "tags": PLAIN,
}
# Characters that msgspec refuses in a key are a bug with a test of its own above.
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=8)
EXTRA = st.dictionaries(KEYS.filter(lambda key: key not in {"id", *KINDS}), PLAIN, max_size=3)
RECORD = st.tuples(st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in KINDS.items()}), EXTRA)
PAGES = st.lists(st.lists(RECORD, max_size=4), min_size=1, max_size=3)


def written(pages: list[list[Any]], numbers: Any) -> list[bytes]:
    """Pages of JSON as an API would send them, decimals as bare numbers."""
    return [_written([{"id": next(numbers), **known, **extra} for known, extra in rows]) for rows in pages]


def _written(rows: list[dict[str, Any]]) -> bytes:
    return b'{"data": [' + b",".join(_record(row) for row in rows) + b"]}"


def _record(row: dict[str, Any]) -> bytes:
    pairs = (f"{json.dumps(key, ensure_ascii=False)}: {_value(value)}" for key, value in row.items())
    return ("{" + ", ".join(pairs) + "}").encode()


def _value(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value.isoformat() if isinstance(value, date) else value)


def plain(value: str | None) -> Any:
    return None if value is None else json.loads(value)


@given(pages=PAGES)
def test_any_rows_of_the_declared_types_survive_the_way_from_page_bytes_to_arrow(
    pages: list[list[Any]],
) -> None:
    sent = [record for rows in pages for record in rows]
    rows = rows_of(*written(pages, iter(range(len(sent)))))
    assert [row["id"] for row in rows] == list(range(len(sent)))
    for (known, extra), row in zip(sent, rows, strict=True):
        found = {**row, "tags": plain(row["tags"])}
        name = known.get("name")  # of text, NUL is the one character that not every database takes
        expected = known | {"name": name and name.replace("\0", "\ufffd")}
        assert {name: found[name] for name in KINDS} == {name: expected.get(name) for name in KINDS}
        assert (plain(row["_extra"]) or {}) == extra
