"""The account a sandbox starts with is reproducible, consistent, and holds every oddity even when small."""

from collections import Counter
from collections.abc import Callable

import pendulum
import pytest

from sources.pipedrive.sandbox.account import build
from sources.pipedrive.sandbox.fields import ENTITY_OF
from sources.sandbox.store import Account, Record
from tests.sandbox.invariants import MAIN, broken

START = pendulum.datetime(2026, 10, 1, 20)
SMALLEST = 50


@pytest.fixture(scope="module")
def small() -> Account:
    return build(activities=SMALLEST, seed=1, start=START)


@pytest.fixture(scope="module")
def larger() -> Account:
    return build(activities=4000, seed=2, start=START)


def everything(account: Account) -> dict[str, list[bytes]]:
    return {name: [rows.whole(one) for one in rows.ids()] for name, rows in account.items()}


def test_the_same_arguments_give_the_same_bytes(small: Account) -> None:
    assert everything(build(activities=SMALLEST, seed=1, start=START)) == everything(small)


def test_another_seed_gives_another_account(small: Account) -> None:
    other = everything(build(activities=SMALLEST, seed=2, start=START))
    assert all(other[name] != everything(small)[name] for name in MAIN)


def test_entities_come_in_the_usual_proportions(larger: Account) -> None:
    sizes = {name: len(larger[name]) for name in MAIN}
    assert sizes == {
        "activities": 4000,
        "deals": 800,
        "persons": 1200,
        "organizations": 400,
        "products": 80,
    }


@pytest.mark.parametrize("activities", [1, SMALLEST, 333, 2000])
@pytest.mark.parametrize("seed", [1, 7])
def test_an_account_of_any_size_and_seed_is_consistent(activities: int, seed: int) -> None:
    account = build(activities=activities, seed=seed, start=START)
    assert broken(account) == []
    assert len(account["activities"]) == activities


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("activities", {"update_time": "2020-01-01T00:00:00Z"}, "before it was added"),
        ("activities", {"add_time": "2020-01-01 00:00:00"}, "malformed"),
        ("activities", {"done": True, "marked_as_done_time": None}, "was marked None"),
        ("activities", {"type": "unheard_of"}, "unknown type"),
        ("activities", {"person_id": 999, "participants": []}, "another person"),
        ("deals", {"status": "won", "won_time": None}, "is won"),
        ("deals", {"org_id": 999}, "does not exist"),
        ("deals", {"org_id": None}, "different organizations"),
        ("deals", {"is_archived": True, "archive_time": None}, "half archived"),
        ("persons", {"custom_fields": {}}, "keys of its fields"),
    ],
)
def test_an_inconsistent_account_would_be_noticed(name: str, change: Record, complaint: str) -> None:
    account = build(activities=SMALLEST, seed=1, start=START)
    row = account[name].get(1)
    assert row is not None
    account[name].put(row | change)
    assert any(complaint in line for line in broken(account))


@pytest.mark.parametrize("hour", [0, 17, 18])
def test_all_history_lies_before_the_start(hour: int) -> None:
    start = START.set(hour=hour)
    account = build(activities=200, seed=3, start=start)
    latest = max(row["update_time"] or "" for name in MAIN for row in account[name].records())
    assert start.subtract(days=5).to_iso8601_string() < latest < start.to_iso8601_string()


def test_history_is_denser_toward_the_start(larger: Account) -> None:
    added = [row["add_time"] for row in larger["activities"].records()]
    assert min(added) < "2024-11-01" < max(added)
    assert sum(at > "2025-10-01" for at in added) > 0.6 * len(added)


def test_rows_without_update_time_are_few_and_old(larger: Account) -> None:
    rows = [row for row in larger["activities"].records() if row["update_time"] is None]
    assert 0 < len(rows) < 40
    assert all(row["add_time"] < "2025-06-01" for row in rows)


@pytest.mark.parametrize(("activities", "imported"), [(4000, 1600), (1000, 400), (SMALLEST, 20)])
def test_a_bulk_import_left_many_rows_with_one_second(activities: int, imported: int) -> None:
    account = build(activities=activities, seed=2, start=START)
    seconds = Counter(row["update_time"] for row in account["activities"].records())
    assert imported - 10 <= seconds.most_common(1)[0][1] <= imported + 5


def test_an_activity_weighs_about_a_kilobyte(larger: Account) -> None:
    rows = larger["activities"]
    assert 1000 <= sum(len(rows.whole(one)) for one in rows.ids()) / len(rows) <= 1300


def test_seven_of_ten_activities_are_done(larger: Account) -> None:
    done = sum(row["done"] for row in larger["activities"].records())
    assert 0.65 < done / len(larger["activities"]) < 0.8


def test_deletions_are_recent_enough_to_be_remembered(larger: Account) -> None:
    gone = [row for name in MAIN for row in larger[name].records() if row["is_deleted"]]
    assert {name for name in MAIN if any(row["is_deleted"] for row in larger[name].records())} == set(MAIN)
    assert all(row["update_time"] > "2026-09-01T20:00:00Z" for row in gone)


def test_custom_fields_are_of_every_type(small: Account) -> None:
    kinds = {field["field_type"] for field in customs(small, "deal_fields")}
    assert kinds == {
        "varchar",
        "varchar_auto",
        "text",
        "double",
        "int",
        "monetary",
        "date",
        "daterange",
        "time",
        "timerange",
        "enum",
        "set",
        "user",
        "org",
        "people",
        "phone",
        "address",
    }


def test_custom_field_names_collide_in_the_ways_that_hurt(small: Account) -> None:
    fields = list(small["deal_fields"].records())
    names = [field["field_name"] for field in fields]
    plain = Counter("".join(filter(str.isalnum, name)).lower() for name in names)
    assert plain["contractno"] == 2
    assert plain["status"] == 2
    assert "🔥 Heat" in names
    assert "Приоритет" in names


def test_field_codes_of_custom_fields_are_forty_hex_digits_and_unique(small: Account) -> None:
    codes = [field["field_code"] for name in ENTITY_OF for field in customs(small, name)]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 40 and set(code) <= set("0123456789abcdef") for code in codes)


def test_choices_belong_to_their_field(larger: Account) -> None:
    for collection, entity in ENTITY_OF.items():
        for field in customs(larger, collection):
            allowed = {choice["id"] for choice in field["options"] or ()}
            for row in larger[entity].records() if allowed else ():
                value = row["custom_fields"][field["field_code"]]
                assert set(value if isinstance(value, list) else [value]) <= allowed | {None}


def test_user_one_administers_everything_and_user_two_is_a_regular_one(small: Account) -> None:
    first, second = (small["users"].get(one) for one in (1, 2))
    assert first is not None
    assert second is not None
    assert [entry["admin"] for entry in first["access"]] == [True] * 3
    assert not any(entry["admin"] for entry in second["access"])
    assert first["active_flag"] is second["active_flag"] is True


def customs(account: Account, collection: str) -> list[Record]:
    return [field for field in account[collection].records() if field["is_custom_field"]]


def inactive(account: Account) -> set[int]:
    return {user["id"] for user in account["users"].records() if not user["active_flag"]}


Tells = Callable[[Record], object]
FEATURES: dict[str, tuple[str, Tells]] = {
    "an activity with an emoji": ("activities", lambda row: "🎉" in row["subject"]),
    "an activity in Arabic": ("activities", lambda row: "العميل" in row["subject"]),
    "an activity in Hebrew": ("activities", lambda row: "שיחת" in row["subject"]),
    "a subject with quotes": ("activities", lambda row: '"' in row["subject"] and "'" in row["subject"]),
    "a subject with newlines": ("activities", lambda row: "\n" in row["subject"]),
    "a subject with a script": ("activities", lambda row: row["subject"] == "<script>alert(1)</script>"),
    "an HTML note": ("activities", lambda row: (row["note"] or "").startswith("<p>")),
    "an empty note": ("activities", lambda row: row["note"] == ""),
    "a null note": ("activities", lambda row: row["note"] is None),
    "a custom type": ("activities", lambda row: row["type"] == "site_visit"),
    "the inactive type": ("activities", lambda row: row["type"] == "fax"),
    "a null owner": ("activities", lambda row: row["owner_id"] is None),
    "a null update_time": ("activities", lambda row: row["update_time"] is None),
    "an all-day activity with null": ("activities", lambda row: row["due_time"] is None),
    "an all-day activity with an empty string": ("activities", lambda row: row["due_time"] == ""),
    "a timed activity": ("activities", lambda row: row["due_time"]),
    "a duration": ("activities", lambda row: row["duration"]),
    "an open activity": ("activities", lambda row: not row["done"]),
    "an overdue activity": ("activities", lambda row: not row["done"] and row["due_date"] < "2026-10-01"),
    "a done activity": ("activities", lambda row: row["done"]),
    "a deleted activity": ("activities", lambda row: row["is_deleted"]),
    "an activity on a deal": ("activities", lambda row: row["deal_id"]),
    "an activity on a lead": ("activities", lambda row: row["lead_id"] and not row["deal_id"]),
    "an activity on nothing": ("activities", lambda row: not row["deal_id"] and not row["org_id"]),
    "an activity of a project": ("activities", lambda row: row["project_id"]),
    "several participants": ("activities", lambda row: len(row["participants"]) > 1),
    "no participants": ("activities", lambda row: row["participants"] == []),
    "an attendee known by mail only": (
        "activities",
        lambda row: any(one["person_id"] is one["user_id"] is None for one in row["attendees"]),
    ),
    "an organizing user": ("activities", lambda row: any(one["is_organizer"] for one in row["attendees"])),
    "a location": ("activities", lambda row: row["location"]),
    "no location": ("activities", lambda row: row["location"] is None),
    "a conference": ("activities", lambda row: row["conference_meeting_url"]),
    "an empty conference": ("activities", lambda row: row["conference_meeting_url"] == ""),
    "a public description": ("activities", lambda row: row["public_description"]),
    "a priority": ("activities", lambda row: row["priority"]),
    "an outcome": ("activities", lambda row: row["outcome"]),
    "a private activity": ("activities", lambda row: row["private"]),
    "an open deal": ("deals", lambda row: row["status"] == "open"),
    "a won deal": ("deals", lambda row: row["status"] == "won"),
    "a lost deal": ("deals", lambda row: row["status"] == "lost"),
    "a lost reason": ("deals", lambda row: row["lost_reason"]),
    "an archived deal": ("deals", lambda row: row["is_archived"]),
    "a deleted deal": ("deals", lambda row: row["is_deleted"]),
    "a whole value": ("deals", lambda row: isinstance(row["value"], int)),
    "a broken value": ("deals", lambda row: isinstance(row["value"], float)),
    "a null value": ("deals", lambda row: row["value"] is None),
    "another currency": ("deals", lambda row: row["currency"] != "EUR"),
    "an expected close date": ("deals", lambda row: row["expected_close_date"]),
    "labels": ("deals", lambda row: row["label_ids"]),
    "recurring revenue": ("deals", lambda row: row["arr"] == 12 * row["mrr"] if row["mrr"] else False),
    "a deal with every custom value": ("deals", lambda row: None not in row["custom_fields"].values()),
    "a deal with no custom value": ("deals", lambda row: not any(row["custom_fields"].values())),
    "a person with several mails": ("persons", lambda row: len(row["emails"]) > 1),
    "a person with no mail": ("persons", lambda row: row["emails"] == []),
    "a person with several phones": ("persons", lambda row: len(row["phones"]) > 1),
    "a person of no organization": ("persons", lambda row: row["org_id"] is None),
    "a person of one name": ("persons", lambda row: row["last_name"] is None),
    "an instant messenger": ("persons", lambda row: row["im"]),
    "a birthday": ("persons", lambda row: row["birthday"] and row["job_title"] and row["notes"]),
    "a postal address": ("persons", lambda row: row["postal_address"]),
    "a deleted person": ("persons", lambda row: row["is_deleted"]),
    "an organization with an address": ("organizations", lambda row: row["address"]),
    "an organization without": ("organizations", lambda row: row["address"] is None),
    "a website": ("organizations", lambda row: row["website"] and row["linkedin"] and row["industry"]),
    "revenue and size": (
        "organizations",
        lambda row: row["annual_revenue"] is not None and row["employee_count"],
    ),
    "a deleted organization": ("organizations", lambda row: row["is_deleted"]),
    "a product with prices": ("products", lambda row: row["prices"]),
    "a product without": ("products", lambda row: row["prices"] == []),
    "a deleted product": ("products", lambda row: row["is_deleted"]),
    "an inactive user": ("users", lambda row: not row["active_flag"]),
    "an inactive type": ("activity_types", lambda row: not row["active_flag"]),
    "a custom type in the list": ("activity_types", lambda row: row["is_custom_flag"]),
    "a custom currency": ("currencies", lambda row: row["is_custom_flag"]),
    "a rotting stage": ("stages", lambda row: row["days_to_rotten"]),
    "a stage that never rots": ("stages", lambda row: row["days_to_rotten"] is None),
    "a pipeline never edited": ("pipelines", lambda row: row["update_time"] is None),
}


@pytest.fixture(scope="module", params=[1, 2, 3])
def smallest(request: pytest.FixtureRequest) -> Account:
    return build(activities=SMALLEST, seed=request.param, start=START)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_smallest_account_has(feature: str, smallest: Account) -> None:
    name, tells = FEATURES[feature]
    assert any(tells(row) for row in smallest[name].records())


def test_somebody_who_left_still_owns_activities(smallest: Account) -> None:
    assert inactive(smallest) & {row["owner_id"] for row in smallest["activities"].records()}


def test_an_activity_still_to_come_is_planned(larger: Account) -> None:
    assert any(row["due_date"] > "2026-10-01" and not row["done"] for row in larger["activities"].records())


def test_users_live_in_several_timezones(small: Account) -> None:
    assert len({user["timezone_name"] for user in small["users"].records()}) > 3
