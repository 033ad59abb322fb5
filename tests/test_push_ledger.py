"""The ledger: what was to be sent, what became of it, and what is known of a key; on both warehouses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.place import Place
from pipelines.push import ledger
from pipelines.push.actions import Action, Change, Outcome, Pushed, Target
from pipelines.push.ledger import Ledger
from pipelines.warehouse import Warehouse, open_warehouse
from sources.pushing import Pushing, Writable

SUBJECT, DONE = Writable("subject", "text"), Writable("done", "bool")
TARGET = Target(
    "push_pipedrive__activities",
    "pipedrive",
    Pushing("activities", "/api/v2/activities", (SUBJECT, DONE)),
    {"subject": SUBJECT, "done": DONE},
)
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
THERE = datetime(2026, 10, 1, 20, tzinfo=UTC)
TEXT = 'O\'Hara "said" %s ? Ü \u2028 {} \\'


@pytest.fixture
def warehouse(place: Place) -> Iterator[Warehouse]:
    with open_warehouse(place, "raw_pipedrive") as opened:
        yield opened


def create(key: str, **changes: Any) -> Action:
    action = Action(
        TARGET.name, key, "create", None, (Change(SUBJECT, None, TEXT), Change(DONE, None, after=False))
    )
    return replace(action, **changes)


def known(warehouse: Warehouse, key: str) -> Any:
    return ledger.known(warehouse, TARGET)[key]


def test_before_the_first_push_nothing_is_known(warehouse: Warehouse) -> None:
    assert ledger.known(warehouse, TARGET) == {}


def test_an_intent_without_an_outcome_is_unknown_and_says_what_was_to_be_sent_and_when(
    warehouse: Warehouse,
) -> None:
    Ledger(warehouse, "one").intend(TARGET, [create("a"), create("b")], at=AT, server_time=THERE)
    found = known(warehouse, "b")
    assert (found.verdict, found.operation, found.record_id) == ("unknown", "create", None)
    assert found.intended == {"subject": TEXT, "done": False}
    assert found.intended_at == THERE
    assert ledger.unsettled(warehouse, TARGET).keys() == {"a", "b"}


def test_the_last_outcome_is_what_is_known_and_all_history_is_kept(warehouse: Warehouse) -> None:
    writer = Ledger(warehouse, "one")
    (intent,) = writer.intend(TARGET, [create("a")], at=AT, server_time=THERE)
    pushed = {"subject": Pushed(TEXT, "O'Hara"), "done": Pushed(sent=False, answered=False)}
    done = Outcome(
        intent.action, "applied", record_id=7, pushed=pushed, changes=intent.action.changes, request_id="r"
    )
    writer.record([(intent, done)], [], AT)
    found = known(warehouse, "a")
    assert (found.verdict, found.record_id, found.created, found.attempts) == ("applied", 7, True, 0)
    assert found.pushed == pushed
    events = warehouse.rows_of("select event, kind, verdict, request_id from ops.push_ledger order by event")
    assert events == [(1, "intent", None, None), (2, "outcome", "applied", "r")]
    assert ledger.claimed(warehouse, "pipedrive", "activities") == {7}
    assert ledger.claimed(warehouse, "pipedrive", "deals") == set()


def test_what_was_surely_not_sent_leaves_the_state_as_it_was(warehouse: Warehouse) -> None:
    writer = Ledger(warehouse, "one")
    (intent,) = writer.intend(TARGET, [create("a")], at=AT, server_time=THERE)
    writer.record([], [intent], AT)
    assert ledger.known(warehouse, TARGET) == {}
    (second,) = Ledger(warehouse, "two").intend(TARGET, [create("a")], at=AT, server_time=THERE)
    writer = Ledger(warehouse, "two")
    writer.record([(second, Outcome(second.action, "refused", "no such deal"))], [], AT)
    (third,) = writer.intend(TARGET, [create("a", attempts=1)], at=AT, server_time=THERE)
    writer.record([], [third], AT)
    assert known(warehouse, "a").verdict == "refused"
    assert known(warehouse, "a").attempts == 1


def test_what_is_refused_again_and_again_is_left_alone_longer_and_longer(warehouse: Warehouse) -> None:
    writer = Ledger(warehouse, "one")
    pauses = []
    for attempts in range(12):
        (intent,) = writer.intend(TARGET, [create("a", attempts=attempts)], at=AT, server_time=THERE)
        writer.record([(intent, Outcome(intent.action, "refused", "no"))], [], AT)
        found = known(warehouse, "a")
        assert found.attempts == attempts + 1
        pauses.append(found.next_try_at - AT)
    assert pauses[:3] == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)]
    assert pauses[-1] == timedelta(days=7)


def test_targets_do_not_know_of_each_other(warehouse: Warehouse) -> None:
    writer = Ledger(warehouse, "one")
    other = replace(TARGET, name="it's another")
    writer.intend(TARGET, [create("a")], at=AT, server_time=THERE)
    writer.intend(other, [create("b")], at=AT, server_time=THERE)
    assert ledger.known(warehouse, TARGET).keys() == {"a"}
    assert ledger.known(warehouse, other).keys() == {"b"}
