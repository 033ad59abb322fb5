"""Lost creates: which of the CRM's records is the one whose answer was lost."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.push.actions import Action, Change, Pushed
from pipelines.push.finding import matched, pushed_of
from pipelines.push.ledger import Intent
from sources.writer import Record
from tests.pushing import target

TARGET = target()
AT = datetime(2026, 10, 1, 20, tzinfo=UTC)
ME = 7
VALUES = {"subject": "Call", "type": "call", "owner_id": 3, "done": False}


def lost(key: str, *, event: int = 1, at: datetime = AT, **values: Any) -> Intent:
    """A create whose answer was lost."""
    sent = {**VALUES, **values}
    changes = tuple(Change(TARGET.fields[name], None, value) for name, value in sent.items())
    action = Action(TARGET.name, key, "create", None, changes, wanted=sent)
    return Intent(event, TARGET, action, at, at)


def record(
    number: int, *, added: timedelta = timedelta(), edited: timedelta = timedelta(), **values: Any
) -> Record:
    """A record that was added, and perhaps edited, so long after the intent."""
    row = {"id": number, "creator_user_id": ME, **VALUES, **values}
    times = (AT + added + edited, AT + added)
    raw, creator = json.dumps(row).encode(), row["creator_user_id"]
    return Record(number, *times, is_deleted=False, raw=raw, row=row, creator=creator)


def found(intents: Sequence[Intent], *records: Record, claimed: Sequence[int] = ()) -> dict[str, int]:
    pairs = matched(intents, records, claimed=claimed, user_id=ME)
    return {key: one.record_id for key, one in pairs.items()}


SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_a_record_that_is_just_as_it_was_sent_is_the_lost_one() -> None:
    assert found([lost("a")], record(1, subject="Meet"), record(2)) == {"a": 2}


def test_a_record_that_was_there_before_the_intent_is_another_one() -> None:
    assert found([lost("a")], record(1, added=-2 * MINUTE)) == {}
    assert found([lost("a")], record(1, added=-MINUTE + SECOND)) == {"a": 1}, "clocks differ a little"


def test_a_record_that_belongs_to_another_key_is_left_to_it() -> None:
    assert found([lost("a")], record(1), claimed=[1]) == {}


def test_a_field_that_the_crm_keeps_in_its_own_way_may_differ() -> None:
    intent = lost("a", note="<p>Hi</p><script></script>")
    kept = record(1, note="<p>Hi</p>")
    assert found([intent], kept) == {"a": 1}
    assert pushed_of(intent, kept)["note"] == Pushed("<p>Hi</p><script></script>", "<p>Hi</p>")


def test_a_record_that_was_never_edited_must_be_as_it_was_sent() -> None:
    assert found([lost("a")], record(1, done=True)) == {}


def test_a_record_that_somebody_has_worked_with_is_found_and_that_was_not_us() -> None:
    intent, edited = lost("a"), record(1, edited=HOUR, done=True)
    assert found([intent], edited) == {"a": 1}
    assert pushed_of(intent, edited)["done"] == Pushed(sent=False, answered=False)


def test_a_record_that_somebody_else_added_or_later_or_that_shares_little_is_another_one() -> None:
    assert found([lost("a")], record(1, edited=HOUR, done=True, creator_user_id=8)) == {}
    assert found([lost("a")], record(1, added=2 * HOUR, edited=HOUR, done=True)) == {}
    assert found([lost("a")], record(1, edited=HOUR, subject="Meet", type="meeting", done=True)) == {}


def test_of_several_the_most_alike_is_taken() -> None:
    intents = [lost("a", event=1, deal_id=1), lost("b", event=2, deal_id=2)]
    records = [record(1, edited=HOUR, deal_id=1, subject="Theirs"), record(2, deal_id=2)]
    assert found(intents, *records) == {"a": 1, "b": 2}


def test_of_two_that_were_sent_alike_each_gets_one_that_is_young_enough_for_it() -> None:
    intents = [lost("early", event=1), lost("late", event=2, at=AT + HOUR)]
    assert found(intents, record(1), record(2, added=HOUR)) == {"early": 1, "late": 2}


@given(
    sent=st.lists(st.sampled_from("xyz"), max_size=8),
    there=st.lists(st.sampled_from("xyz"), max_size=8),
)
def test_as_many_are_found_as_there_are_and_none_for_two(sent: list[str], there: list[str]) -> None:
    intents = [lost(f"k{place}", event=place, subject=one) for place, one in enumerate(sent)]
    pairs = found(intents, *(record(place, subject=one) for place, one in enumerate(there)))
    assert len(set(pairs.values())) == len(pairs)
    assert len(pairs) == sum(min(sent.count(one), there.count(one)) for one in "xyz")
    assert all(sent[int(key[1:])] == there[number] for key, number in pairs.items())
