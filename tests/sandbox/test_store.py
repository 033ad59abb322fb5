"""The store's laws: what its indexes say is what a plain look at all records says."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.sandbox.index import FEW, View
from sources.sandbox.select import Query, page
from sources.sandbox.store import Collection, Record

TIMES = st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"])
RECORDS = st.builds(
    lambda **facts: facts,
    id=st.integers(1, 30),
    update_time=TIMES,
    add_time=TIMES,
    is_deleted=st.booleans(),
    owner_id=st.one_of(st.none(), st.integers(1, 3)),
    extra=st.lists(st.integers()),
)
STEPS = st.lists(st.one_of(RECORDS, st.integers(1, 30)), max_size=40)
QUERIES = [
    Query(sort=sort, descending=descending, since=since, until=until, match=match)
    for sort in ("id", "update_time", "add_time")
    for descending in (False, True)
    for since, until in ((None, None), ("2026-01-02T00:00:00Z", None), (None, "2026-01-03T00:00:00Z"))
    for match in ((), (("owner_id", 2),))
]


def apply(collection: Collection, truth: dict[int, Record], dropped: set[int], step: Any) -> None:
    if isinstance(step, dict):
        collection.put(step)
        truth[step["id"]] = step
    elif step in truth:
        collection.drop(step)
        dropped.add(step)


def plainly(truth: dict[int, Record], dropped: set[int], query: Query) -> list[int]:
    def wanted(record: Record) -> bool:
        time = record["update_time"] or ""
        return (
            record["id"] not in dropped
            and not record["is_deleted"]
            and all(record[name] == value for name, value in query.match)
            and (not query.windowed or bool(time))
            and (query.since or "") <= time
            and (query.until is None or time < query.until)
        )

    found = [record for record in truth.values() if wanted(record)]

    def key(record: dict[str, Any]) -> tuple[Any, Any]:
        return (0 if query.sort == "id" else record[query.sort] or ""), record["id"]

    return [record["id"] for record in sorted(found, key=key, reverse=query.descending)]


def walked(collection: Collection, query: Query, limit: int) -> list[int]:
    ids, then = page(collection, query, None, limit)
    while then:
        more, then = page(collection, query, then, limit)
        ids += more
    return ids


@given(before=STEPS, after=STEPS, limit=st.integers(1, 7))
@settings(max_examples=60)
def test_every_order_is_right_before_and_after_changes(
    before: list[Any], after: list[Any], limit: int
) -> None:
    collection, truth, dropped = Collection("things", optional=("extra",)), {}, set()  # type: ignore[var-annotated]
    for steps in (before, after):
        for step in steps:
            apply(collection, truth, dropped, step)
        for query in QUERIES:
            assert walked(collection, query, limit) == plainly(truth, dropped, query)


@pytest.mark.parametrize("changes", [1, FEW, FEW + 1, 900])
def test_few_and_many_changes_are_taken_in_alike(changes: int) -> None:
    collection = Collection("things")

    def put(number: int, *, is_deleted: bool) -> None:
        time = f"2026-01-01T00:{number * 7 % 60:02}:00Z"
        collection.put({"id": number % 1000, "update_time": time, "is_deleted": is_deleted})

    for number in range(1000):
        put(number, is_deleted=False)
    query = Query(sort="update_time")
    walked(collection, query, 100)
    for number in range(1000, 1000 + changes):
        put(number, is_deleted=number % 3 == 0)
    rows = sorted((r["update_time"], r["id"]) for r in collection.records() if not r["is_deleted"])
    assert walked(collection, query, 100) == [record_id for _, record_id in rows]


def test_what_is_put_is_what_is_got() -> None:
    collection = Collection("things", optional=("guests",), hidden=("secret",))
    record = {"id": 3, "name": "é", "guests": [1], "secret": 5, "update_time": None, "is_deleted": False}
    collection.put(record)
    assert collection.get(3) == record
    assert list(collection.records()) == [record]
    assert collection.get(4) is None
    assert b"guests" not in collection.page([3])
    assert b'"guests":[1]' in collection.page([3], ["guests"])
    assert b"secret" not in collection.page([3], ["guests", "secret"])


def test_a_copy_that_is_changed_changes_nothing_until_it_is_put() -> None:
    collection = Collection("things")
    collection.put({"id": 1, "update_time": None, "tags": []})
    copy = collection.get(1) or {}
    copy["tags"].append("x")
    assert collection.get(1) == {"id": 1, "update_time": None, "tags": []}


def test_ids_ascend_however_they_came() -> None:
    collection = Collection("things")
    for number in (5, 1, 4, 2):
        collection.put({"id": number})
    assert list(collection.ids()) == [1, 2, 4, 5]
    assert collection.next_id() == 6
    assert len(collection) == 4


def test_what_is_dropped_is_known_to_truth_only() -> None:
    collection = Collection("things")
    collection.put({"id": 1, "is_deleted": True})
    collection.drop(1)
    assert collection.get(1)
    assert not collection.knows(1)
    assert page(collection, Query(view=View(deleted=None)), None, 5) == ([], None)
