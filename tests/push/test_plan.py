"""The planner: what it says of each case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.push.actions import Plan, Policy, Pushed, Wanted
from pipelines.push.hashing import fields_hash
from pipelines.push.planning import Choice
from tests.push.planned import FIELDS, NOW, held, known, made, row, target


def test_a_row_without_a_record_is_created_without_its_empty_fields() -> None:
    found = made(target(), [row("a", subject="Call", note=None)])
    (action,) = found.actions
    assert (action.operation, action.values, action.wanted) == (
        "create",
        {"subject": "Call"},
        {"subject": "Call", "note": None},
    )
    assert (found.requests, found.tokens) == (1, 5)


def test_an_update_shows_each_field_before_and_after_and_what_it_is_based_on() -> None:
    found = made(target(), [row("a", 7, subject="new", done=True)], [held(7, subject="old", done=True)])
    (action,) = found.actions
    assert [(one.field.name, one.before, one.after) for one in action.changes] == [("subject", "old", "new")]
    assert (action.basis, action.record_id, found.requests, found.tokens) == (NOW, 7, 2, 6)


def test_null_clears_a_field_that_may_be_empty_and_refuses_one_that_may_not() -> None:
    found = made(target(), [row("a", 7, note=None), row("b", 8, owner_id=None)], [held(7, note="x"), held(8)])
    assert [action.values for action in found.actions] == [{"note": None}]
    assert _left(found) == [("b", "refusal", "owner_id cannot be cleared")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("skip", "conflict"), ("overwrite", "update"), ("fill_empty", "unchanged")],
)
def test_a_field_that_somebody_changed_since_the_push_follows_its_policy(
    policy: Policy, expected: str
) -> None:
    found = made(
        target(policies={"subject": policy}),
        [row("a", subject="ours")],
        [held(7, subject="theirs")],
        [known("a", 7, pushed={"subject": "ours"})],
    )
    happened = [str(one.operation) for one in found.actions] + [str(one.reason) for one in found.left]
    assert (happened or ["unchanged"]) == [expected]


def test_some_fields_in_conflict_do_not_keep_the_others_from_being_written() -> None:
    found = made(
        target(),
        [row("a", subject="new", note="new")],
        [held(7, subject="theirs", note="ours")],
        [known("a", 7, pushed={"subject": "ours", "note": "ours"})],
    )
    assert [action.values for action in found.actions] == [{"note": "new"}]
    assert _left(found) == [("a", "conflict", "somebody has changed subject since it was pushed")]


def test_a_value_that_the_crm_keeps_in_its_own_way_is_not_sent_for_ever() -> None:
    before = [known("a", 7, pushed={"note": Pushed(" x", "x")})]
    assert made(target(), [row("a", note=" x")], [held(7, note="x")], before).actions == ()
    (action,) = made(target(), [row("a", note=" y")], [held(7, note="x")], before).actions
    assert action.values == {"note": " y"}


def test_a_field_of_creates_only_is_left_alone_afterwards() -> None:
    how = target(only_on_create=frozenset({"subject"}))
    (action,) = made(how, [row("a", subject="Call")]).actions
    assert action.values == {"subject": "Call"}
    found = made(how, [row("a", subject="Meet", note="n")], [held(7, subject="Call")], [known("a", 7)])
    assert [one.values for one in found.actions] == [{"note": "n"}]


@pytest.mark.parametrize(
    "twice", [[row("a", 7, note="1"), row("a", 8, note="2")], [row("a", 7), row("b", 7)]]
)
def test_two_rows_with_one_key_or_for_one_record_are_both_refused(twice: list[Wanted]) -> None:
    found = made(target(), [*twice, row("c", 9, note="x")], [held(7), held(8), held(9)])
    assert [one.push_key for one in found.actions] == ["c"]
    assert [one.reason for one in found.left] == ["refusal", "refusal"]


def test_a_row_for_a_record_that_another_key_created_is_refused_too() -> None:
    found = made(target(), [row("a", note="1"), row("b", 7, note="2")], [held(7)], [known("a", 7)])
    assert [one.text for one in found.left] == ["2 rows are for record 7"] * 2


def test_a_record_that_push_created_and_somebody_deleted_is_never_created_again() -> None:
    gone = replace(held(7), is_deleted=True)
    for before in (known("a", 7), known("a", 7, verdict="gone", operation="update")):
        found = made(target(), [row("a", subject="Call")], [gone], [before])
        assert (found.actions, [one.reason for one in found.left]) == ((), ["gone"])


def test_a_record_that_push_itself_deleted_is_created_anew_when_its_row_is_back() -> None:
    gone = replace(held(7), is_deleted=True)
    before = known("a", 7, operation="delete")
    (action,) = made(target(), [row("a", subject="Call")], [gone], [before]).actions
    assert (action.operation, action.record_id) == ("create", None)


def test_a_create_whose_answer_was_lost_is_looked_for_first() -> None:
    found = made(target(), [row("a", subject="Call")], keys=[known("a", None, verdict="unknown")])
    assert [(one.operation, one.looks_first) for one in found.actions] == [("create", True)]
    assert (found.requests, found.tokens) == (2, 15)


def test_a_refused_row_waits_unless_something_else_is_to_be_sent() -> None:
    refused = known(
        "a",
        None,
        verdict="refused",
        reason="no such deal",
        attempts=2,
        next_try_at=NOW + timedelta(hours=1),
        fields_hash=fields_hash("create", {"subject": "Call"}),
    )
    waiting = made(target(), [row("a", subject="Call")], keys=[refused])
    assert (waiting.actions, waiting.left[0].reason) == ((), "waiting")
    assert "no such deal" in waiting.left[0].text
    later = made(target(), [row("a", subject="Call")], keys=[refused], now=NOW + timedelta(hours=1))
    assert [one.attempts for one in later.actions] == [2]
    changed = made(target(), [row("a", subject="Meet")], keys=[refused])
    assert [one.attempts for one in changed.actions] == [0]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (row("a", 99, note="x"), "the warehouse holds no record 99 of activities"),
        (row("a", note="x"), "subject is needed to create a record"),
        (row("a", 7, owner_id=5), "owner_id: user 5 is inactive"),
        (replace(row("a", 7, note="x"), problems=("note: a text, not 5",)), "note: a text, not 5"),
    ],
)
def test_what_the_crm_would_refuse_is_told_and_not_sent(wanted: Wanted, text: str) -> None:
    found = made(target(), [wanted], [held(7)], lacking={"owner_id": {5: "user 5 is inactive"}})
    assert (found.actions, _left(found)) == ((), [("a", "refusal", text)])


def test_a_reference_that_is_not_to_be_written_is_not_judged() -> None:
    found = made(
        target(), [row("a", 7, owner_id=5)], [held(7, owner_id=5)], lacking={"owner_id": {5: "gone"}}
    )
    assert (found.left, found.unchanged) == ((), 1)


@pytest.mark.parametrize(
    ("when_gone", "expected"),
    [("keep", []), ("complete", [("update", {"done": True})]), ("delete", [("delete", {})])],
)
def test_only_what_push_created_is_touched_when_its_row_has_gone(when_gone: Any, expected: Any) -> None:
    keys = [known("ours", 7), known("theirs", 8, created=False), known("dead", 9), known("lost", None)]
    records = [held(7), held(8), replace(held(9), is_deleted=True)]
    found = made(target("subject", when_gone=when_gone), [], records, keys)
    assert [(one.operation, one.values) for one in found.actions] == expected
    assert [one.push_key for one in found.actions] == ["ours"] * len(expected)


def test_a_record_that_another_row_takes_over_is_not_gone() -> None:
    found = made(target(when_gone="delete"), [row("b", 7, note="x")], [held(7)], [known("a", 7)])
    assert [one.operation for one in found.actions] == ["update"]


def test_a_record_that_somebody_edited_since_it_was_pushed_is_not_deleted_under_skip() -> None:
    edited, before = held(7, note="theirs"), [known("a", 7, pushed={"note": "ours"})]
    gone = [replace(row("a"), delete=True)]
    assert [one.reason for one in made(target(), gone, [edited], before).left] == ["conflict"]
    found = made(target(delete_policy="overwrite"), gone, [edited], before)
    assert [one.operation for one in found.actions] == ["delete"]
    assert (found.requests, found.tokens) == (2, 4)


def test_only_looks_at_these_keys_and_limit_puts_off_the_rest() -> None:
    wanted = [row(key, subject=key) for key in "abc"]
    how, gone = target(when_gone="delete"), [known("z", 7)]
    found = made(how, wanted, [held(7)], gone, choice=Choice(only=frozenset("b")))
    assert ([one.push_key for one in found.actions], found.rows) == (["b"], 1)
    found = made(how, wanted, [held(7)], gone, choice=Choice(limit=2))
    assert [one.push_key for one in found.actions] == ["a", "b"]
    assert [(one.push_key, one.reason) for one in found.left] == [("c", "limit"), ("z", "limit")]


def test_valves_say_what_would_allow_the_plan() -> None:
    many = [row(f"k{number:02}", number, note="x") for number in range(1, 13)]
    records = [held(number) for number in range(1, 13)]
    assert made(target(), many, records).valve == ""
    assert "--max-rows 12" in made(target(max_rows=11), many, records).valve
    assert "12 of 100 records would be changed, 12.0%" in made(target(), many, records, records=100).valve
    assert made(target(), many[:10], records, records=10).valve == ""  # few are always allowed
    assert made(target(max_share=0.2), many, records, records=100).valve == ""
    bury = [replace(many[0], delete=True)]
    assert "--allow-deletes" in made(target(allow_deletes=False), bury, records).valve
    assert made(target(), bury, records).valve == ""


def test_the_order_of_the_rows_means_nothing() -> None:
    wanted = [row(key, subject=key) for key in "cab"]
    assert made(target(), wanted) == made(target(), wanted[::-1])
    assert [one.push_key for one in made(target(), wanted).actions] == ["a", "b", "c"]


def _left(found: Plan) -> list[tuple[str, str, str]]:
    return [(one.push_key, one.reason, one.text) for one in found.left]


def test_a_target_may_complete_records_by_a_field_that_it_does_not_select() -> None:
    assert "done" not in target("subject").fields
    (action,) = made(target("subject", when_gone="complete"), [], [held(7)], [known("a", 7)]).actions
    assert action.changes[0].field == next(one for one in FIELDS if one.name == "done")
    assert action.because == "its row has left the model"


@pytest.mark.parametrize(("policy", "expected"), [("skip", "conflict"), ("overwrite", "update")])
def test_a_record_that_was_completed_and_that_somebody_opened_again_follows_the_policy(
    policy: Policy, expected: str
) -> None:
    how = target("subject", when_gone="complete", policies={"done": policy})
    found = made(how, [], [held(7, done=False)], [known("a", 7, pushed={"done": True})])
    assert [*(one.operation for one in found.actions), *(one.reason for one in found.left)] == [expected]
