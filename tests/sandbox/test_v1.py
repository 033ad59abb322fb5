"""API v1: users, types, currencies, and the collections."""

import base64
import json
from typing import Any

import pytest

from tests.sandbox.conftest import REGULAR, Sandbox

COLLECTIONS = ("activities", "deals", "persons", "organizations")


def v1(time: str | None) -> str | None:
    return time.replace("T", " ").rstrip("Z") if time else None


def collected(sandbox: Sandbox, entity: str, *, limit: int, **params: Any) -> list[dict[str, Any]]:
    pages = sandbox.walk(f"/v1/{entity}/collection", limit=limit, **params)
    assert all(len(page) == limit for page in pages[:-1])
    return [row for page in pages for row in page]


@pytest.mark.parametrize("root", ["/v1", "/api/v1"])
def test_users_are_unpaged_and_say_who_asks(sandbox: Sandbox, root: str) -> None:
    body = sandbox.get(f"{root}/users", headers=REGULAR).json()
    assert body["additional_data"] == {"company_id": 22122}
    assert len(body["data"]) == len(sandbox.truth("users"))
    assert [user["id"] for user in body["data"] if user["is_you"]] == [2]


def test_me_is_the_user_of_the_token_with_the_company(sandbox: Sandbox) -> None:
    admin, regular = (sandbox.get("/v1/users/me", **who).json()["data"] for who in ({}, {"headers": REGULAR}))
    assert (admin["id"], regular["id"]) == (1, 2)
    assert {"app": "global", "admin": True}.items() <= admin["access"][1].items()
    assert not any(entry["admin"] for entry in regular["access"])
    assert {"company_id", "company_name", "company_domain", "timezone_name", "language"} <= admin.keys()


@pytest.mark.parametrize(
    ("path", "entity"), [("activityTypes", "activity_types"), ("currencies", "currencies")]
)
def test_types_and_currencies_come_whole_without_additional_data(
    sandbox: Sandbox, path: str, entity: str
) -> None:
    body = sandbox.get(f"/v1/{path}").json()
    assert body == {"success": True, "data": sandbox.truth(entity)}


def test_currencies_can_be_searched(sandbox: Sandbox) -> None:
    assert [row["code"] for row in sandbox.rows("/v1/currencies", term="euro")] == ["EUR"]


@pytest.mark.parametrize("entity", COLLECTIONS)
def test_a_collection_walk_brings_every_live_record_by_id(sandbox: Sandbox, entity: str) -> None:
    rows = collected(sandbox, entity, limit=7)
    wanted = [r["id"] for r in sandbox.truth(entity) if not r["is_deleted"] and not r.get("is_archived")]
    assert [row["id"] for row in rows] == wanted


@pytest.mark.parametrize("entity", COLLECTIONS)
def test_a_collection_is_for_admins(sandbox: Sandbox, entity: str) -> None:
    response = sandbox.get(f"/v1/{entity}/collection", headers=REGULAR)
    assert response.status_code == 403
    assert response.json() == {
        "success": False,
        "error": "You do not have permissions to do this.",
        "error_info": "Please check developers.pipedrive.com",
        "data": None,
        "additional_data": None,
    }


def test_a_collection_cursor_is_the_id_to_go_on_with(sandbox: Sandbox) -> None:
    body = sandbox.get("/v1/activities/collection", limit=3).json()
    cursor = body["additional_data"]["next_cursor"]
    place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    following = sandbox.rows("/v1/activities/collection", limit=1, cursor=cursor)[0]["id"]
    assert place == {"activities": following}


@pytest.mark.parametrize("entity", COLLECTIONS)
def test_a_collection_window_includes_since_and_excludes_until(sandbox: Sandbox, entity: str) -> None:
    truth = [r for r in sandbox.truth(entity) if not r["is_deleted"] and not r.get("is_archived")]
    times = sorted({row["update_time"] for row in truth if row["update_time"]})
    since, until = times[len(times) // 3], times[-2]
    rows = collected(sandbox, entity, limit=5, since=v1(since), until=v1(until))
    assert [row["id"] for row in rows] == [
        row["id"] for row in truth if row["update_time"] and since <= row["update_time"] < until
    ]
    assert v1(since) in {row["update_time"] for row in rows}


@pytest.mark.parametrize(
    ("entity", "params", "field", "values"),
    [
        ("activities", {"done": "false"}, "done", {False}),
        ("activities", {"user_id": 2}, "user_id", {2}),
        ("activities", {"type": "call,meeting"}, "type", {"call", "meeting"}),
        ("deals", {"status": "won,deleted"}, "status", {"won", "deleted"}),
        ("deals", {"stage_id": 1}, "stage_id", {1}),
        ("persons", {"owner_id": 2}, "owner_id", {2}),
    ],
)
def test_a_collection_filter_keeps_exactly_what_matches(
    sandbox: Sandbox, entity: str, params: dict[str, Any], field: str, values: set[Any]
) -> None:
    found = collected(sandbox, entity, limit=3, **params)
    assert {row[field] for row in found} == values
    unpaged = collected(sandbox, entity, limit=500, **params)
    assert [row["id"] for row in found] == [row["id"] for row in unpaged]
    if "deleted" not in values:
        everything = collected(sandbox, entity, limit=500)
        assert len(found) == sum(row[field] in values for row in everything)


def test_contacts_can_be_asked_for_by_their_first_letter(sandbox: Sandbox) -> None:
    everything = collected(sandbox, "persons", limit=500)
    letter = everything[0]["name"][0]
    found = collected(sandbox, "persons", limit=2, first_char=letter.lower())
    assert [r["id"] for r in found] == [r["id"] for r in everything if r["name"][0].lower() == letter.lower()]


def test_a_v1_row_says_the_same_as_the_v2_row_in_other_words(sandbox: Sandbox) -> None:
    truth = {row["id"]: row for row in sandbox.truth("activities")}
    for row in collected(sandbox, "activities", limit=500):
        record = truth[row["id"]]
        assert row["user_id"] == record["owner_id"]
        assert row["busy_flag"] is record["busy"]
        assert row["active_flag"] is not record["is_deleted"]
        assert row["marked_as_done_time"] == (v1(record["marked_as_done_time"]) or "")
        assert row["location"] == (record["location"] and record["location"]["value"])


def test_v1_ignores_unknown_parameters_but_not_times_it_cannot_read(sandbox: Sandbox) -> None:
    assert sandbox.get("/v1/users", page=3).status_code == 200
    assert sandbox.get("/v1/activities/collection", updated_since="x", limit=1).status_code == 200
    assert sandbox.get("/v1/activities/collection", since="2026-01-01T00:00:00Z").status_code == 400
    assert sandbox.get("/v1/activities/collection", cursor="nonsense").status_code == 400
