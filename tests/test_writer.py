"""The writer over real HTTP: what it reads, writes, finds again, and what it says when an answer is lost."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from sources.budget import Tally
from sources.errors import AnswerLost, BudgetSpent, NotAccepted, NotFound, NotServed, Refused
from sources.pipedrive.writer import Writer
from sources.pushing import Pushing
from sources.walk import Fetcher
from sources.writer import Answered, Record
from tests.bodies import PUSHINGS
from tests.support import ADMIN, IMPATIENT, PIPEDRIVE, Sandbox
from tests.support import sandbox as started

Result = TypeVar("Result")
V1, V2 = PUSHINGS["v1/activities"], PUSHINGS["v2/activities"]
BOTH = pytest.mark.parametrize("pushing", [V2, V1], ids=["v2", "v1"])


class Box:
    """A sandbox and a client of ours; what it spent is in `tally`."""

    def __init__(self, sandbox: Sandbox, fetcher: Fetcher) -> None:
        self.sandbox = sandbox
        self.tally = Tally()
        self._fetcher = fetcher

    def do(self, work: Callable[[Writer], Coroutine[Any, Any, Result]], pushing: Pushing = V2) -> Result:
        """Do something with a writer; what it took is counted anew."""
        self.tally = Tally()
        return self._fetcher.run(work(Writer(self._fetcher.client, pushing, self.tally)))

    def created(self, pushing: Pushing = V2, **values: Any) -> Record:
        """Create an activity."""
        record = self.do(lambda writer: writer.create(values), pushing).record
        assert record
        return record

    def rows(self, subject: str) -> list[dict[str, Any]]:
        """The activities of a subject that there are."""
        return [row for row in self.sandbox.truth("activities") if row["subject"] == subject]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with started(60) as sandbox:
        yield sandbox


@pytest.fixture
def box(server: Sandbox) -> Iterator[Box]:
    client = PIPEDRIVE.connect(company_domain=server.url, api_token=ADMIN, patience=IMPATIENT)
    with Fetcher(client) as fetcher:
        yield Box(server, fetcher)
    server.calm()


@BOTH
def test_a_record_comes_back_in_the_current_shape(box: Box, pushing: Pushing) -> None:
    made = box.created(pushing, subject="Shape", participants=[{"person_id": 1, "primary": True}], done=True)
    assert (made.is_deleted, made.row["person_id"], made.row["participants"]) == (
        False,
        1,
        [{"person_id": 1, "primary": True}],
    )
    assert made.update_time == made.add_time
    assert made.update_time
    assert made.update_time.tzinfo
    read = box.do(lambda writer: writer.read(made.record_id), pushing)
    assert read
    assert read.values_of(pushing.fields) == made.values_of(pushing.fields)
    assert b'"attendees"' in read.raw
    truth = box.rows("Shape")[0]
    assert {name: read.row[name] for name in ("subject", "owner_id", "done", "busy", "note")} == {
        name: truth[name] for name in ("subject", "owner_id", "done", "busy", "note")
    }


@pytest.mark.parametrize(
    ("pushing", "costs"), [(V2, (5, 1, 5, 3, 10)), (V1, (10, 2, 10, 6, 10))], ids=["v2", "v1"]
)
def test_every_request_costs_what_is_declared(box: Box, pushing: Pushing, costs: tuple[int, ...]) -> None:
    record = box.created(pushing, subject="Cost")
    works: list[Callable[[Writer], Coroutine[Any, Any, Any]]] = [
        lambda writer: writer.create({"subject": "Cost"}),
        lambda writer: writer.read(record.record_id),
        lambda writer: writer.update(record, {"done": True}),
        lambda writer: writer.delete(record.record_id),
        lambda writer: writer.lookup({"owner_id": 1}, now(box)),
    ]
    box.sandbox.control("stats/reset")
    spent = []
    for work in works:
        box.do(work, pushing)
        spent.append(box.tally.tokens)
    assert tuple(spent) == costs
    assert box.sandbox.stats()["tokens"] == sum(costs)


def now(box: Box) -> datetime:
    return box.sandbox.server.clock.now()


def test_a_creation_sends_no_nulls_and_a_change_nothing_but_what_is_given(box: Box) -> None:
    record = box.created(subject="Nulls", note=None, owner_id=None, deal_id=1)
    assert record.row["owner_id"] == 1
    changed = box.do(lambda writer: writer.update(record, {"deal_id": None})).record
    assert changed
    before, after = dict(record.row), dict(changed.row)
    assert {name for name in before if before[name] != after[name]} <= {"deal_id", "update_time"}
    assert after["deal_id"] is None


@BOTH
def test_what_is_deleted_is_gone_and_deleting_it_again_is_done(box: Box, pushing: Pushing) -> None:
    record = box.created(pushing, subject="Gone")
    for _ in range(2):
        answered = box.do(lambda writer: writer.delete(record.record_id), pushing)
        assert (answered.record, answered.deleted) == (None, (record.record_id,))
        assert answered.request_id
    assert box.do(lambda writer: writer.read(record.record_id), pushing) is None
    assert box.rows("Gone")[0]["is_deleted"]
    with pytest.raises(NotFound) as told:
        box.do(lambda writer: writer.update(record, {"note": "x"}), pushing)
    assert told.value.reason == "Activity not found"


@BOTH
def test_what_never_was_is_not_there(box: Box, pushing: Pushing) -> None:
    assert box.do(lambda writer: writer.read(999_999), pushing) is None
    assert box.do(lambda writer: writer.delete(999_999), pushing).deleted == (999_999,)


def test_many_are_deleted_in_one_request(box: Box) -> None:
    ids = [box.created(V1, subject="Many").record_id for _ in range(3)]
    answered = box.do(lambda writer: writer.delete_many(ids), V1)
    assert answered.deleted == tuple(ids)
    assert answered.request_id
    assert (box.tally.requests, box.tally.tokens) == (1, 10)
    assert all(row["is_deleted"] for row in box.rows("Many"))


def test_what_is_not_named_among_many_deleted_is_deleted_by_itself(box: Box) -> None:
    ids = [box.created(V1, subject="Alone").record_id for _ in range(3)]
    box.do(lambda writer: writer.delete(ids[1]))
    answered = box.do(lambda writer: writer.delete_many([*ids, 999_999]), V1)
    assert answered.deleted == (*ids, 999_999)
    assert (box.tally.requests, box.tally.tokens) == (3, 22)
    assert all(row["is_deleted"] for row in box.rows("Alone"))


def test_many_deleted_whose_answer_was_lost_are_found_deleted(box: Box) -> None:
    ids = [box.created(V1, subject="Twice").record_id for _ in range(3)]
    box.sandbox.arm("failed_after", method="DELETE")
    assert box.do(lambda writer: writer.delete_many(ids), V1).deleted == tuple(ids)
    assert all(row["is_deleted"] for row in box.rows("Twice"))


def test_where_many_cannot_be_deleted_any_more_that_is_told(box: Box) -> None:
    withdrawn = replace(V1, bulk_delete="/v1/withdrawn")
    with pytest.raises(NotServed):
        box.do(lambda writer: writer.delete_many([1, 2]), withdrawn)
    assert not box.sandbox.truth("activities")[0]["is_deleted"]


@BOTH
def test_a_refusal_is_told_in_the_crms_words_and_changes_nothing(box: Box, pushing: Pushing) -> None:
    with pytest.raises(Refused) as told:
        box.do(lambda writer: writer.create({"subject": "Refused", "deal_id": 999_999}), pushing)
    assert told.value.reason == "Validation failed: deal_id: Deal not found"
    assert told.value.request_id
    assert box.rows("Refused") == []


LOST: list[dict[str, Any]] = [
    {"kind": "reset"},
    {"kind": "truncated"},
    {"kind": "late", "seconds": 0.8},
    {"kind": "failed_after", "status": 500},
    {"kind": "failed_after", "status": 502},
    {"kind": "server_error", "status": 500},
]


@BOTH
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_lost_answer_is_told_and_the_request_never_repeated(
    box: Box, pushing: Pushing, fault: dict[str, Any]
) -> None:
    done = fault["kind"] != "server_error"
    subject = f"Lost {fault} {pushing.path}"
    before = now(box)
    box.sandbox.control("faults", method="POST", times=None, **fault)
    with pytest.raises(AnswerLost):
        box.do(lambda writer: writer.create({"subject": subject}), pushing)
    assert box.tally.requests == 1
    assert len(box.rows(subject)) == done
    box.sandbox.calm()
    found = box.do(lambda writer: writer.lookup({"subject": subject}, before), pushing)
    assert [one.row["subject"] for one in found].count(subject) == done


def test_a_change_whose_answer_was_lost_is_not_repeated_and_a_deletion_is(box: Box) -> None:
    record = box.created(subject="Once")
    box.sandbox.arm("failed_after", method="PATCH,DELETE", times=2)
    with pytest.raises(AnswerLost):
        box.do(lambda writer: writer.update(record, {"note": "x"}))
    assert box.tally.requests == 1
    assert box.do(lambda writer: writer.delete(record.record_id)).deleted == (record.record_id,)
    assert box.tally.requests == 2, "the second finds it deleted, which is what was wanted"


def test_what_was_refused_for_a_moment_is_sent_again(box: Box) -> None:
    box.sandbox.arm("burst_429", method="POST")
    record = box.created(subject="Burst")
    assert (box.tally.requests, box.tally.tokens, box.tally.retries) == (2, 5, 1)
    assert [row["id"] for row in box.rows("Burst")] == [record.record_id]


@pytest.mark.parametrize(
    ("fault", "expected"), [("budget_spent", BudgetSpent), ("unauthorized", NotAccepted)]
)
def test_what_ends_a_run_ends_a_write(box: Box, fault: str, expected: type[Exception]) -> None:
    box.sandbox.arm(fault, method="POST")
    for _ in range(2):
        with pytest.raises(expected):
            box.do(lambda writer: writer.create({"subject": "End"}))
    assert box.rows("End") == []


@BOTH
def test_a_lookup_finds_all_that_was_added_since_and_may_be_meant(box: Box, pushing: Pushing) -> None:
    box.created(subject="Before", owner_id=4)
    box.sandbox.control("clock", by=5)
    since = now(box).replace(microsecond=0)
    mine = [box.created(subject=str(number), owner_id=4).record_id for number in range(3)]
    box.created(subject="Another's", owner_id=5)
    box.do(lambda writer: writer.delete(mine[1]))

    def look(**values: Any) -> list[int]:
        found = box.do(lambda writer: writer.lookup(values, since), pushing)
        return [one.record_id for one in found]

    assert look(owner_id=4, subject="anything") == [mine[2], mine[0]]
    assert len(look()) == 3
    assert look(owner_id=4, done=True) == []
    assert box.do(lambda writer: writer.lookup({}, since + timedelta(seconds=60)), pushing) == []


def test_a_lookup_reads_to_the_end_of_what_can_be_meant_and_no_further(box: Box) -> None:
    before = len(box.sandbox.truth("activities"))
    everything = box.do(lambda writer: writer.lookup({}, datetime.fromisoformat("2020-01-01T00:00:00Z")))
    assert len(everything) > before / 2
    assert box.tally.requests == 1
    times = [one.add_time for one in everything if one.add_time]
    assert times == sorted(times, reverse=True)


def test_a_lookup_walks_through_many_pages(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.pipedrive.writer.PAGE", 7)
    box.sandbox.control("clock", by=5)
    since = now(box).replace(microsecond=0)
    made = [box.created(subject="Page").record_id for _ in range(20)]
    found = box.do(lambda writer: writer.lookup({}, since))
    assert sorted(one.record_id for one in found) == made
    assert box.tally.requests == 3


def test_a_normalised_text_is_answered_as_it_is_kept(box: Box) -> None:
    box.sandbox.control("normalise", fields=["note"])
    record = box.created(subject="Script", note=" <p>a</p><script>alert(1)</script> ")
    box.sandbox.control("normalise", fields=[])
    assert record.row["note"] == "<p>a</p>"


def test_what_the_answer_says_is_what_a_load_would_read(box: Box) -> None:
    record = box.created(subject="Load", location={"value": "Tallinn"}, note="n")
    (row,) = [row for row in box.sandbox.truth("activities") if row["id"] == record.record_id]
    assert dict(record.row) == row
    assert isinstance(box.do(lambda writer: writer.update(record, {"done": True})), Answered)
