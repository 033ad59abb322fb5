"""A simulated business day is reproducible, keeps to its hours, and leaves the account consistent."""

from collections import Counter

import pendulum
import pytest

from sources.pipedrive.sandbox.account import build
from sources.pipedrive.sandbox.days import simulate_day
from sources.sandbox.store import Account, Record
from tests.sandbox.invariants import MAIN, broken

START = pendulum.datetime(2026, 10, 1, 20)
FRIDAY = pendulum.date(2026, 10, 2)


def account_of(activities: int, seed: int = 1) -> Account:
    return build(activities=activities, seed=seed, start=START)


def everything(account: Account) -> dict[str, dict[int, Record]]:
    return {name: {row["id"]: row for row in rows.records()} for name, rows in account.items()}


def month(account: Account, *, seed: int = 1, days: int = 30) -> Counter[str]:
    """Simulate so many business days in a row."""
    counts: Counter[str] = Counter()
    for number in range(days):
        counts.update(simulate_day(account, FRIDAY.add(days=number), seed=seed))
    return counts


def changed(
    before: dict[str, dict[int, Record]], after: dict[str, dict[int, Record]], name: str
) -> list[int]:
    return [one for one, row in after[name].items() if before[name].get(one) != row]


@pytest.mark.parametrize("activities", [50, 600])
def test_the_same_account_day_and_seed_give_the_same_work(activities: int) -> None:
    one, other = account_of(activities), account_of(activities)
    assert month(one, days=5) == month(other, days=5)
    assert everything(one) == everything(other)


def test_another_seed_and_another_day_give_other_work() -> None:
    results = []
    for seed, day in ((1, FRIDAY), (2, FRIDAY), (1, FRIDAY.add(days=1))):
        account = account_of(200)
        simulate_day(account, day, seed=seed)
        results.append({one: row["subject"] for one, row in everything(account)["activities"].items()})
    assert results[0] != results[1]
    assert results[0] != results[2]


@pytest.mark.parametrize(("activities", "seed"), [(50, 1), (50, 2), (400, 3)])
def test_thirty_days_in_a_row_leave_the_account_consistent(activities: int, seed: int) -> None:
    account = account_of(activities, seed)
    for number in range(30):
        simulate_day(account, FRIDAY.add(days=number), seed=seed)
        assert broken(account) == [], f"after day {number}"


def test_whatever_changes_gets_an_update_time_of_that_day_within_working_hours() -> None:
    account = account_of(400)
    for number in range(10):
        day = FRIDAY.add(days=number)
        before = everything(account)
        simulate_day(account, day, seed=1)
        after = everything(account)
        for name in MAIN:
            for one in changed(before, after, name):
                row, old = after[name][one], before[name].get(one)
                if old and same_but_for_new_fields(old, row):
                    continue
                assert f"{day}T06:00:00Z" <= row["update_time"] <= f"{day}T18:00:00Z"
                assert row["update_time"] >= (old["update_time"] if old and old["update_time"] else "")


def same_but_for_new_fields(old: Record, new: Record) -> bool:
    """Whether a record only got the keys, with null, of custom fields that were added."""
    grown = {code: None for code in new.get("custom_fields", {}) if code not in old.get("custom_fields", {})}
    return bool(grown) and new == old | {"custom_fields": old["custom_fields"] | grown}


def test_a_new_custom_field_reaches_every_record_as_null_and_moves_no_update_time() -> None:
    account = account_of(100)
    for number in range(60):
        before = everything(account)
        counts = simulate_day(account, FRIDAY.add(days=number), seed=1)
        if counts.get("custom fields added"):
            break
    after = everything(account)
    grown = [
        (old, after[name][one])
        for name in ("deals", "persons", "organizations", "products")
        for one, old in before[name].items()
        if old["custom_fields"].keys() != after[name][one]["custom_fields"].keys()
    ]
    assert grown
    assert any(new["update_time"] == old["update_time"] for old, new in grown)
    assert broken(account) == []


def test_a_small_account_sees_every_kind_of_work_within_a_few_months() -> None:
    counts = month(account_of(50), days=90)
    kinds = {
        **{f"{name} created": 150 for name in MAIN},
        **{f"{name} edited": 150 for name in MAIN},
        **{f"{name} deleted": 80 for name in MAIN},
        **{f"{name} merged": 30 for name in ("persons", "organizations", "deals")},
        **{f"{name} re-pointed": 10 for name in ("persons", "deals", "activities")},
        **{f"deals {event}": 60 for event in ("moved", "won", "lost", "reopened", "archived", "unarchived")},
        **{f"activities {event}": 80 for event in ("completed", "reopened", "rescheduled", "edited in bulk")},
        "activities edited twice": 150,
        "activities restored": 3,
        **{f"{thing} renamed": 1 for thing in ("stages", "activity types", "custom fields")},
        **{f"{thing} added": 1 for thing in ("users", "options", "custom fields")},
        "users deactivated": 1,
        "options retired": 1,
    }
    assert {kind: counts[kind] for kind, least in kinds.items() if counts[kind] < least} == {}


def test_no_entity_dies_out() -> None:
    account = account_of(50)
    before = {name: sum(not row["is_deleted"] for row in account[name].records()) for name in MAIN}
    month(account)
    after = {name: sum(not row["is_deleted"] for row in account[name].records()) for name in MAIN}
    assert all(after[name] >= before[name] for name in MAIN)


def test_a_day_changes_one_to_two_percent_of_the_activities() -> None:
    account = account_of(5000)
    before = everything(account)
    simulate_day(account, FRIDAY, seed=1)
    assert 0.01 < len(changed(before, everything(account), "activities")) / 5000 < 0.025


def test_intensity_multiplies_the_work() -> None:
    calm, busy = account_of(3000), account_of(3000)
    assert simulate_day(busy, FRIDAY, seed=1, intensity=10)["activities created"] >= 120
    assert simulate_day(calm, FRIDAY, seed=1, intensity=1)["activities created"] < 20
    assert simulate_day(calm, FRIDAY.add(days=1), seed=1, intensity=0) == {}


def test_a_bulk_edit_leaves_many_rows_with_one_second() -> None:
    account = account_of(3000)
    counts = simulate_day(account, FRIDAY, seed=1, intensity=10)
    seconds = Counter(row["update_time"] for row in account["activities"].records())
    assert seconds[f"{FRIDAY}T17:30:00Z"] >= counts["activities edited in bulk"] > 20


def test_some_activity_is_created_and_deleted_on_one_day() -> None:
    account = account_of(50)
    simulate_day(account, FRIDAY, seed=1)
    today = [row for row in account["activities"].records() if row["add_time"].startswith(str(FRIDAY))]
    assert any(row["is_deleted"] for row in today)


def test_what_was_deleted_or_purged_stays_as_it_was_but_for_the_restored() -> None:
    account = account_of(2000)
    before = everything(account)["activities"]
    gone = [one for one, row in before.items() if row["is_deleted"]]
    account["activities"].drop(gone[0])
    restored = month(account, days=20)["activities restored"]
    after = everything(account)["activities"]
    assert after[gone[0]] == before[gone[0]]
    assert sum(after[one] != before[one] for one in gone) <= restored


def test_merging_deletes_the_loser_and_moves_its_children_visibly() -> None:
    account = account_of(50)
    before = everything(account)
    counts = simulate_day(account, FRIDAY, seed=1)
    after = everything(account)
    moved = [
        (old, after[name][one])
        for name in ("persons", "deals", "activities")
        for one, old in before[name].items()
        if links(old) != links(after[name][one])
    ]
    assert counts["organizations merged"] == 1
    assert moved
    assert all(new["update_time"] > old["update_time"] for old, new in moved)
    assert not any("silently" in event for event in counts)


def test_silent_merges_leave_half_of_the_children_as_old_as_they_were() -> None:
    account, counts = account_of(2000), Counter[str]()
    for number in range(20):
        before = everything(account)
        day = FRIDAY.add(days=number)
        seen = simulate_day(account, day, seed=1, silent_merges=True)
        counts.update(seen)
        silent = [
            one
            for one, row in everything(account)["activities"].items()
            if one in before["activities"] and links(before["activities"][one]) != links(row)
            if row["update_time"] == before["activities"][one]["update_time"]
        ]
        assert len(silent) <= seen.get("activities re-pointed silently", 0)
        assert broken(account) == []
    assert counts["activities re-pointed silently"] > 5
    assert counts["deals re-pointed"] > 5


def links(row: Record) -> tuple[object, ...]:
    return row.get("org_id"), row.get("person_id"), row.get("deal_id")


@pytest.mark.parametrize("count", [0, 1, 37, 500])
def test_an_exact_number_of_activities_is_edited_and_nothing_else(count: int) -> None:
    account = account_of(1000)
    before = everything(account)
    counts = simulate_day(account, FRIDAY, seed=1, activity_changes=count)
    after = everything(account)
    edited = changed(before, after, "activities")
    assert sum(counts.values()) == len(edited) == count
    assert all(after["activities"][one]["update_time"].startswith(str(FRIDAY)) for one in edited)
    assert {name: changed(before, after, name) for name in before if name != "activities"} == {
        name: [] for name in before if name != "activities"
    }
    assert account["activities"].version - 1000 - deleted_at_build(before) == count


def deleted_at_build(before: dict[str, dict[int, Record]]) -> int:
    return sum(row["is_deleted"] for row in before["activities"].values())


def test_the_exact_edits_are_scattered_over_the_whole_range() -> None:
    account = account_of(1000)
    before = everything(account)
    simulate_day(account, FRIDAY, seed=1, activity_changes=100)
    edited = changed(before, everything(account), "activities")
    assert all(any(low < one <= low + 250 for one in edited) for low in (0, 250, 500, 750))


def test_more_exact_edits_than_activities_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 51"):
        simulate_day(account_of(50), FRIDAY, seed=1, activity_changes=51)


def test_a_record_changed_after_work_is_left_alone_that_day() -> None:
    account = account_of(50)
    for row in list(account["activities"].records()):
        account["activities"].put(row | {"update_time": f"{FRIDAY}T20:00:05Z"})
    before = everything(account)["activities"]
    simulate_day(account, FRIDAY, seed=1)
    after = everything(account)["activities"]
    assert all(after[one]["update_time"] >= row["update_time"] for one, row in before.items())


def test_the_users_whose_tokens_are_known_never_leave() -> None:
    account = account_of(50)
    counts = month(account, days=90)
    users = everything(account)["users"]
    assert counts["users deactivated"] > 2
    assert users[1]["active_flag"] is users[2]["active_flag"] is True


def test_values_of_a_field_added_later_appear_on_later_records() -> None:
    account = account_of(50)
    known = {name: set(account[name].get(1)["custom_fields"]) for name in MAIN if name != "activities"}  # type: ignore[index]
    month(account, days=90)
    later = [
        value
        for name, old in known.items()
        for row in account[name].records()
        for code, value in row["custom_fields"].items()
        if code not in old
    ]
    assert any(value is not None for value in later)
