"""What is wrong, and what is not: rows in, problems out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines import health
from pipelines.health import Facts, Limits, Problem, counts, following
from pipelines.health.facts import Load
from pipelines.health.judging import cause

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
NIGHT = NOW - timedelta(hours=1)
DAY = timedelta(days=1)


def entity(name: str = "deals", **changes: Any) -> dict[str, Any]:
    """A list as `status` tells of it after a good night."""
    well = {
        "entity": name,
        "status": "done",
        "loaded_at": NIGHT,
        "read_at": NIGHT,
        "drift": [],
        "problem": None,
        "rows": 1000,
        "deleted": 10,
        "deleted_by_last_load": 0,
    }
    return well | changes


def run(status: str = "done", command: str = "nightly", **changes: Any) -> dict[str, Any]:
    return {
        "run_id": "r",
        "command": command,
        "status": status,
        "started_at": NIGHT,
        "problem": None,
    } | changes


def built(status: str = "done", unsettled: str = "[]") -> dict[str, Any]:
    return {"status": status, "unsettled": unsettled}


def judged(
    *entities: dict[str, Any],
    facts: Facts | None = None,
    transforms: Sequence[dict[str, Any]] = (),
    push: dict[str, Any] | None = None,
    now: datetime = NOW,
) -> list[Problem]:
    part = {
        "crm": "pipedrive",
        "entities": list(entities or [entity()]),
        "transforms": list(transforms or [built()]),
        "push": push,
        "login": None,
    }
    return health.problems([part], {"pipedrive": facts or ran()}, Limits(), now)


def ran(status: str = "done", **changes: Any) -> Facts:
    return replace(Facts(latest={"read": run(status)}, nightly_at=NIGHT), **changes)


def kinds(found: Sequence[Problem]) -> list[str]:
    return [one.kind for one in found]


def test_nothing_is_wrong_after_a_good_night() -> None:
    assert judged() == []
    assert health.exit_code([]) == 0


def test_lists_that_failed_are_one_problem_with_a_reason_that_quotes_nobody() -> None:
    said = "deals: /api/v2/deals answered 503: Ada Lovelace is out."
    (found,) = judged(
        entity("deals", status="failed", problem=said),
        entity("persons", status="failed", problem=said),
        entity("users"),
    )
    assert found.what == "2 lists could not be read: deals, persons (the CRM answered 503)."
    assert (found.severity, found.measure, health.exit_code([found])) == ("failed", 2, 1)


def test_a_run_that_came_to_no_list_is_told_by_itself() -> None:
    assert kinds(judged(facts=ran("failed"))) == ["run_failed"]
    assert kinds(judged(facts=ran("killed"))) == ["run_killed"]


def test_a_run_that_has_not_ended_was_killed_unless_it_is_under_way() -> None:
    assert kinds(judged(facts=ran("running"))) == ["run_killed"]
    assert judged(facts=ran("running", is_under_way=True)) == []


def test_a_spent_budget_makes_a_night_one_that_is_done_in_part() -> None:
    (found,) = judged(entity(status="partial"), facts=ran("partial"))
    assert (found.kind, health.exit_code([found])) == ("budget_spent", 3)
    assert kinds(judged(facts=ran("partial"))) == ["budget_spent"]


def test_what_was_read_grows_too_old() -> None:
    assert judged(now=NIGHT + timedelta(hours=36)) == []
    (found,) = judged(now=NIGHT + timedelta(hours=37))
    assert (found.kind, found.severity) == ("too_old", "failed")
    assert "2026-11-28 02:00 UTC" in found.what


def test_lists_that_the_nightly_job_does_not_read_are_not_judged() -> None:
    once = entity("files", status="failed", loaded_at=NIGHT - 9 * DAY, read_at=NIGHT - 9 * DAY)
    assert judged(entity(), once) == []
    assert kinds(judged(once, facts=ran(nightly_at=None))) == ["lists_failed", "too_old"]


def test_a_crm_whose_tables_were_dropped_is_not_judged() -> None:
    gone = entity(status="failed", rows=None, deleted=None, deleted_by_last_load=None)
    assert judged(gone, facts=ran("failed", loads={"deals": nights(*WEEK)})) == []
    assert kinds(judged(gone, facts=ran("failed"))) == ["run_failed"]


def test_a_list_that_the_plan_does_not_include_is_no_problem() -> None:
    assert judged(entity(status="skipped", read_at=NIGHT - 9 * DAY)) == []


def test_a_killed_run_that_another_one_made_good_is_a_notice_for_a_week() -> None:
    killed = [run("killed", run_id="k", started_at=NOW - days * DAY) for days in (8, 2)]
    (found,) = judged(facts=ran(killed=killed))
    assert (found.kind, found.marks, health.exit_code([found])) == ("killed_before", ("k",), 0)
    assert health.healthy([found])


def test_failing_tests_are_named_and_readers_are_told_what_they_see() -> None:
    unsettled = '["test.roundtrip.unique_dim_deal.1a2b", "model.roundtrip.fct_activity"]'
    (found,) = judged(transforms=[built("failed", unsettled)], facts=ran(published=NIGHT - DAY))
    assert found.what == "2 tests or models of the reporting tables failed: unique_dim_deal, fct_activity."
    assert "as of 2026-11-27 02:00 UTC" in found.safe


def test_rows_that_a_push_could_not_write_are_counted_and_not_shown() -> None:
    rows = [
        {"target": "calls", "outcome": outcome, "push_key": "Ada", "reason": "Ada"}
        for outcome in ("refused", "refused", "conflict", "gone")
    ]
    (found,) = judged(push={"open": rows}, facts=ran(latest={"read": run(), "push": run("partial", "push")}))
    assert "2 refused by the CRM, 1 in conflict" in found.what
    assert (found.measure, found.severity, "Ada" in str(found)) == (3, "partial", False)


def test_a_push_that_a_valve_stopped_is_told_and_so_is_one_that_failed() -> None:
    for status, kind in (("partial", "push_held_back"), ("failed", "push_failed"), ("done", None)):
        found = judged(push={"open": []}, facts=ran(latest={"read": run(), "push": run(status, "push")}))
        assert kinds(found) == [kind] * (kind is not None)


@pytest.mark.parametrize(("days", "severity"), [(60, None), (14, None), (13.9, "partial"), (-1, "failed")])
def test_a_login_that_ends_is_told_two_weeks_before(days: float, severity: str | None) -> None:
    found = list(following.login("pipedrive", {"in_use": True, "days_left": days}))
    assert [one.severity for one in found] == [severity] * (severity is not None)
    assert list(following.login("pipedrive", {"in_use": False, "days_left": days})) == []
    assert list(following.login("pipedrive", None)) == []


def test_fields_that_nobody_declared_are_a_notice_each_once() -> None:
    (found,) = judged(entity(drift=["mood", "age"]))
    assert found.keys == ["pipedrive/fields_new/deals/age", "pipedrive/fields_new/deals/mood"]
    assert health.healthy([found])


def test_custom_fields_are_told_when_they_come_and_when_they_go() -> None:
    def field(code: str, first: int, last: int, *, deleted: bool = False) -> dict[str, Any]:
        times = {
            "first_seen_at": NOW - first * DAY,
            "last_seen_at": NOW - last * DAY,
            "begun_at": NOW - 90 * DAY,
        }
        return {"entity": "deals", "field_code": code, "column_name": code, "is_deleted": deleted} | times

    fields = [
        field("old", 90, 1),
        field("new", 1, 1),
        field("gone", 90, 2, deleted=True),
        field("lost", 90, 30, deleted=True),
    ]
    new, gone = judged(facts=ran(fields=fields))
    assert (new.what, gone.what) == (
        "new custom fields: deals.new.",
        "custom fields were deleted in the CRM: deals.gone.",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Postgres refused a statement: invalid input 'Ada'", "Postgres refused it"),
        ("cannot reach acme.pipedrive.com ([Errno 111]).", "the CRM could not be reached in time"),
        ("ada@example.com", ""),
        (None, ""),
    ],
)
def test_a_reason_is_told_in_words_of_ours_or_not_at_all(text: str | None, told: str) -> None:
    assert cause(text) == told


# --- row counts ---


def nights(*changed: int, **also: Any) -> list[Load]:
    """Nightly loads, the latest first, that changed so many rows each."""
    ends = [NIGHT - number * DAY for number in range(len(changed))]
    return [
        Load(f"r{number}", end, end - DAY, end, rows_read=rows, changed=rows, **also)
        for number, (end, rows) in enumerate(zip(ends, changed, strict=True))
    ]


WEEK = (300, 0, 0, 310, 280, 290, 305)
"""From Friday back to Saturday: nothing changes on a weekend."""


def test_ten_times_what_is_usual_is_remarkable_and_twice_is_not() -> None:
    assert "5,000 rows changed; 290 a day are usual" in counts.too_many(nights(5000, *WEEK, *WEEK), 10)
    assert counts.too_many(nights(600, *WEEK, *WEEK), 10) == ""


def test_a_small_account_and_a_short_past_are_never_remarkable() -> None:
    assert counts.too_many(nights(900, 1, 0, 2, 0, 1, 3, 0, 1), 10) == ""
    assert counts.too_many(nights(5000, 3, 3, 3), 10) == ""


def test_what_has_happened_before_is_not_remarkable() -> None:
    assert counts.too_many(nights(5000, *WEEK, 4000, *WEEK), 10) == ""


def test_a_night_that_catches_up_with_many_days_is_judged_by_the_day() -> None:
    week = nights(3000, *WEEK, *WEEK)
    assert counts.too_many(week, 5) != ""
    assert counts.too_many([replace(week[0], window_since=NIGHT - 10 * DAY), *week[1:]], 5) == ""


def test_a_whole_list_is_compared_with_whole_lists() -> None:
    whole = [replace(one, window_since=None) for one in nights(*[50_000] * 8)]
    assert counts.too_many([*whole, *nights(*WEEK)], 10) == ""
    assert counts.too_many([*nights(50_000), *whole, *nights(*WEEK)], 10) != ""


def test_a_weekend_is_quiet_and_a_week_without_changes_is_told_with_when_it_began() -> None:
    assert counts.silent_since(nights(0, 0, *WEEK, *WEEK)) is None
    assert counts.silent_since(nights(*[0] * 4, *WEEK, *WEEK)) is None
    assert counts.silent_since(nights(*[0] * 5, *WEEK, *WEEK)) == NIGHT - 5 * DAY
    assert counts.silent_since(nights(*[0] * 6, *WEEK, *WEEK)) == NIGHT - 6 * DAY


def test_a_list_that_is_often_silent_may_be() -> None:
    assert counts.silent_since(nights(*[0] * 9, 3, 0, 0, 0, 0, 0, 0, 2, 0, 0)) is None


def test_a_table_may_lose_some_rows_and_not_a_fifth() -> None:
    assert not counts.far_fewer(19, 1, 0.2)
    assert not counts.far_fewer(200, 800, 0.2)
    assert counts.far_fewer(201, 799, 0.2)


def test_deletions_are_told_of_a_list_with_a_past_only() -> None:
    emptied = entity(deleted_by_last_load=500)
    assert judged(emptied) == []
    (found,) = judged(emptied, facts=ran(loads={"deals": nights(*WEEK)}))
    assert found.what == "deals: 500 rows were marked deleted by the last load, 990 are left."


def test_a_field_has_vanished_when_two_loads_lack_it_that_should_have_had_many() -> None:
    filled = nights(*[500] * 9, filled={"title": 500, "note": 100, "rare": 2})
    without = nights(500, 500, filled={"title": 500, "note": 0, "rare": 0})
    assert counts.vanished([*without, *filled]) == ["note"]
    assert counts.vanished([without[0], *filled]) == []
    assert counts.vanished(filled) == []
    few = nights(50, 50, filled={"title": 50, "note": 0, "rare": 0})
    assert counts.vanished([*few, *filled]) == []
    assert counts.vanished(without) == []
