"""Deskera's writer over real HTTP: what is written is read back, and nothing else has changed."""

from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.budget import Tally
from sources.deskera import DESKERA
from sources.deskera.pushes import ACTIVITIES, TYPES, VISIBILITIES
from sources.deskera.writer import OF_WRITES, Writer
from sources.errors import AnswerLost, NotFound, Refused
from sources.values import problem, values_of
from sources.walk import Fetcher
from sources.writer import Answered, Record
from tests.support import DESKERA_TOKEN, IMPATIENT, Sandbox, at_length, sandbox

Result = TypeVar("Result")
PATH = "/v1/crm/activities"
FULL: dict[str, Any] = {
    "name": "Renewal",
    "activity_type": "meeting",
    "start": "2026-10-05T13:15:00Z",
    "end": "2026-10-05T14:36:00Z",
    "notes": "<b>Müller</b> ruft an",
    "visibility_type": "private",
    "is_availability": True,
    "is_send_invitation": True,
    "is_send_contacts_invitation": True,
    "contact_ids": [1, 2],
    "assignee_ids": [2, 3],
    "linked_to": 4,
    "owner_id": 2,
    "is_status": True,
    "user_timezone": "Asia/Singapore",
}


class Box:
    """A sandbox and a client of ours."""

    def __init__(self, crm: Sandbox, fetcher: Fetcher) -> None:
        self.crm = crm
        self._fetcher = fetcher

    def do(self, work: Callable[[Writer], Coroutine[Any, Any, Result]]) -> Result:
        """Do something with a writer; what it asked for is counted anew."""
        self.crm.control("stats/reset")
        return self._fetcher.run(work(Writer(self._fetcher.client, ACTIVITIES, Tally())))

    def created(self, **values: Any) -> Record:
        """Create an activity."""
        record = self.do(lambda writer: writer.create({**FULL, **values})).record
        assert record
        return record

    def updated(self, record: Record, **values: Any) -> Answered:
        """Update an activity."""
        return self.do(lambda writer: writer.update(record, values))

    def read(self, record_id: int) -> Record:
        """Read an activity."""
        record = self.do(lambda writer: writer.read(record_id))
        assert record
        return record

    def asked(self) -> dict[str, int]:
        """How often each endpoint was asked for the last thing done."""
        endpoints = self.crm.stats()["endpoints"].items()
        return {name.replace(PATH[1:], ""): count["requests"] for name, count in endpoints}

    def living(self) -> dict[int, dict[str, Any]]:
        """All that is there."""
        rows = self.crm.truth("activities", "deskera")
        return {row["id"]: row for row in rows if not row["is_deleted"]}


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with sandbox(60, crms=("deskera",)) as crm:
        client = DESKERA.connect(access_token=DESKERA_TOKEN, base_url=crm.url, patience=IMPATIENT)
        with Fetcher(client) as fetcher:
            yield Box(crm, fetcher)


@pytest.fixture
def box(served: Box) -> Iterator[Box]:
    yield served
    served.crm.calm()


def test_what_is_created_comes_back_as_it_was_sent(box: Box) -> None:
    made = box.created()
    assert made.values_of(ACTIVITIES.fields) == {**FULL, "organization_ids": None}
    assert made.add_time == made.update_time
    assert (made.creator, made.row["notes"]) == (1, FULL["notes"])
    assert box.asked() == {"POST ": 1, "GET /{id}": 1}


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(min_size=1).filter(lambda text: not problem(ACTIVITIES.fields[0], text)),
        "activity_type": st.sampled_from(TYPES),
        "start": st.sampled_from([None, "2026-12-24T23:59:00Z"]),
        "notes": st.sampled_from([None, "<p>Neu</p>", "=1+1 \U0001f389"]),
        "visibility_type": st.sampled_from(VISIBILITIES),
        "is_availability": st.none() | st.booleans(),
        "is_send_invitation": st.booleans(),
        "contact_ids": st.none() | st.lists(st.integers(1, 8), min_size=1, unique=True).map(sorted),
        "linked_to": st.none() | st.integers(1, 8),
        "is_status": st.booleans(),
        "user_timezone": st.sampled_from([None, "Europe/Berlin"]),
    },
).filter(bool)


@settings(max_examples=at_length(100, 8), suppress_health_check=list(HealthCheck), database=None)
@given(which=st.integers(0, 10**6), values=VALUES)
def test_an_update_keeps_every_other_field_of_any_record(
    served: Box, which: int, values: dict[str, Any]
) -> None:
    before = served.living()
    record_id = sorted(before)[which % len(before)]
    record = served.read(record_id)
    answered = served.updated(record, **values)
    assert (answered.not_taken, answered.changed) == ((), ())
    after = served.living()
    assert {one for one in after if after[one] != before[one]} <= {record_id}
    kept = before[record_id].keys() - values.keys() - OF_WRITES - {"contact_details", "deal_details"}
    assert {name: after[record_id][name] for name in kept} == {name: before[record_id][name] for name in kept}
    fields = [one for one in ACTIVITIES.fields if one.name in values]
    wanted = values_of(values, fields)
    assert answered.record
    assert answered.record.values_of(fields) == values_of(after[record_id], fields) == wanted


def test_what_goes_to_many_replaces_nothing_also_when_it_is_one(box: Box) -> None:
    record = box.created()
    box.updated(record, is_status=False, visibility_type="team")
    assert box.asked() == {"PATCH /bulkUpdate": 1, "GET /{id}": 1}
    box.updated(record, is_status=True, name="Both")
    assert box.asked() == {"PUT /{id}": 1, "GET /{id}": 1}


def test_many_are_read_back_in_one_page_and_one_that_is_gone_is_told(box: Box) -> None:
    records = [box.created(name=f"Many {number}") for number in range(4)]
    box.do(lambda writer: writer.delete(records[0].record_id))
    answers = box.do(lambda writer: writer.update_many(records, {"is_status": False}))
    assert box.asked() == {"PATCH /bulkUpdate": 1, "GET ": 1, "GET /{id}": 1}
    assert answers[0] is None
    assert [one.record.row["is_status"] for one in answers[1:] if one and one.record] == [False] * 3


def test_what_is_deleted_is_gone_and_deleting_it_again_is_done(box: Box) -> None:
    one, other, third = (box.created(name="Gone") for _ in range(3))
    assert box.do(lambda writer: writer.delete(one.record_id)).deleted == (one.record_id,)
    assert box.do(lambda writer: writer.delete(one.record_id)).deleted == (one.record_id,)
    both = (other.record_id, one.record_id)
    assert box.do(lambda writer: writer.delete_many(both)).deleted == both
    assert box.asked() == {"POST /bulkDelete": 1}
    assert [record.record_id in box.living() for record in (one, other, third)] == [False, False, True]
    for values in ({"name": "x"}, {"is_status": False}):
        with pytest.raises(NotFound):
            box.updated(one, **values)


@pytest.mark.parametrize("kind", ["reset", "failed_after", "truncated"])
def test_a_creation_whose_answer_is_lost_is_told_so_and_is_found(box: Box, kind: str) -> None:
    since = box.crm.server.clock.now()
    box.crm.arm(kind, path=PATH, method="POST")
    with pytest.raises(AnswerLost):
        box.do(lambda writer: writer.create({"name": f"Lost {kind}"}))
    found = box.do(lambda writer: writer.lookup({}, since))
    assert [one.row["name"] for one in found] == [f"Lost {kind}"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("reset", {"name": "Lost"}), ("failed_after", {"name": "Lost"}), ("failed_after", {"is_status": False})],
)
def test_an_update_whose_answer_is_lost_is_told_so(box: Box, kind: str, values: dict[str, Any]) -> None:
    record = box.created()
    box.crm.arm(kind, path=PATH, method="PUT,PATCH")
    with pytest.raises(AnswerLost):
        box.updated(record, **values)
    assert box.living()[record.record_id].items() >= values.items()


def test_a_creation_that_cannot_be_read_back_is_known_by_its_id(box: Box) -> None:
    box.crm.arm("server_error", path=PATH, method="GET", times=None)
    answered = box.do(lambda writer: writer.create({"name": "Unread"}))
    assert answered.record is None
    assert answered.record_id is not None
    assert box.living()[answered.record_id]["name"] == "Unread"


@pytest.mark.parametrize("values", [{"name": "Unread"}, {"is_status": False}])
def test_an_update_that_cannot_be_read_back_counts_as_lost(box: Box, values: dict[str, Any]) -> None:
    record = box.created()
    box.crm.arm("server_error", path=PATH, method="GET", times=None)
    with pytest.raises(AnswerLost, match="could not be read back"):
        box.updated(record, **values)


def test_the_youngest_are_found_over_many_pages_also_when_one_is_deleted_meanwhile(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.deskera.writer.PAGE", 3)
    since = box.crm.server.clock.now()
    made = [box.created(name=f"Young {number}").record_id for number in range(10)]
    page = Writer._page  # noqa: SLF001
    pages = 0

    async def deleting(writer: Writer, params: Any, size: int) -> Any:
        nonlocal pages
        pages += 1
        if pages == 2:
            await writer.delete(made[-1])
        return await page(writer, params, size)

    monkeypatch.setattr(Writer, "_page", deleting)
    found = {one.record_id for one in box.do(lambda writer: writer.lookup({}, since))}
    assert set(made[:-1]) <= found
    assert pages > 4, "the list was read again, since one may have slipped by"


def test_what_the_crm_does_not_keep_is_told(box: Box) -> None:
    record = box.created(name="<script>alert(1)</script>")
    box.crm.control("normalise", crm="deskera", fields=["name"])
    try:
        answered = box.updated(record, activity_type="call")
    finally:
        box.crm.control("normalise", crm="deskera", fields=[])
    assert (answered.changed, answered.not_taken) == (("name",), ())


def test_a_refusal_says_why_and_nothing_is_written(box: Box) -> None:
    record = box.created()
    before = box.living()
    with pytest.raises(Refused, match="contact_ids: 999999 does not exist"):
        box.updated(record, contact_ids=[999_999])
    with pytest.raises(Refused, match="linked_to: 999999 does not exist"):
        box.do(lambda writer: writer.create({"name": "Refused", "linked_to": 999_999}))
    assert box.living() == before


def test_times_are_what_they_are_in_any_zone(box: Box) -> None:
    record = box.created(start="2026-10-05T13:15:00Z", end="2026-10-05T13:30:00Z")
    assert datetime.fromisoformat(record.row["start"]).utcoffset()
    assert record.values_of(ACTIVITIES.fields)["start"] == "2026-10-05T13:15:00Z"
    assert record.row["duration"] in (15, "15m")
