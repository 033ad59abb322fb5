"""Creating, changing and deleting activities."""

from typing import Any

import pytest

from tests.sandbox.conftest import REGULAR, Sandbox

PATH = "/api/v2/activities"


def created(sandbox: Sandbox, **body: Any) -> dict[str, Any]:
    response = sandbox.ask("POST", PATH, json=body)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()["data"]
    return row


def changed(sandbox: Sandbox, record_id: int, **body: Any) -> dict[str, Any]:
    response = sandbox.ask("PATCH", f"{PATH}/{record_id}", json=body)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()["data"]
    return row


def test_an_empty_body_makes_a_call_of_ones_own(fresh: Sandbox) -> None:
    row = fresh.ask("POST", PATH, json={}, headers=REGULAR).json()["data"]
    assert (row["subject"], row["type"], row["owner_id"], row["creator_user_id"]) == ("Call", "call", 2, 2)
    assert row["add_time"] == row["update_time"] >= "2026-10-01T20:00:00Z"
    assert row["is_deleted"] is row["done"] is False


def test_what_is_created_is_in_the_lists_at_once(fresh: Sandbox) -> None:
    fresh.rows(PATH, sort_by="update_time", limit=5)  # the order exists before the change
    row = created(
        fresh, subject="New", note="<b>n</b>", due_date="2026-10-05", due_time="09:30", duration="01:00"
    )
    assert fresh.rows(PATH, sort_by="update_time", sort_direction="desc", limit=1)[0]["id"] == row["id"]
    assert fresh.rows(PATH, updated_since=row["update_time"])[0]["note"] == "<b>n</b>"
    assert fresh.truth("activities")[-1] == row


def test_ids_are_never_given_twice(fresh: Sandbox) -> None:
    first = created(fresh)["id"]
    fresh.ask("DELETE", f"{PATH}/{first}")
    assert created(fresh)["id"] == first + 1


def test_the_primary_participant_decides_the_person(fresh: Sandbox) -> None:
    people = [{"person_id": 2}, {"person_id": 3, "primary": True}]
    row = created(fresh, person_id=1, participants=people)
    assert row["person_id"] == 3
    assert row["participants"] == [{"person_id": 2, "primary": False}, {"person_id": 3, "primary": True}]
    assert changed(fresh, row["id"], person_id=1)["person_id"] == 3
    assert changed(fresh, row["id"], participants=[])["person_id"] is None
    assert [r["id"] for r in fresh.rows(PATH, person_id=3)].count(row["id"]) == 0


def test_the_server_says_when_it_was_done(fresh: Sandbox) -> None:
    row = created(fresh, done=True)
    assert row["marked_as_done_time"] == row["update_time"]
    fresh.control("clock", by=60)
    again = changed(fresh, row["id"], done=True)
    assert again["marked_as_done_time"] == row["marked_as_done_time"]
    assert again["update_time"] > row["update_time"]
    assert changed(fresh, row["id"], done=False)["marked_as_done_time"] is None


def test_null_clears_what_may_be_empty(fresh: Sandbox) -> None:
    row = created(fresh, deal_id=1, note="x", location={"value": "Tallinn"})
    assert row["location"]["value"] == "Tallinn"
    row = changed(fresh, row["id"], deal_id=None, note=None, location=None)
    assert (row["deal_id"], row["note"], row["location"]) == (None, None, None)


def test_a_change_touches_nothing_that_was_not_given(fresh: Sandbox) -> None:
    before = fresh.truth("activities")[4]
    after = changed(fresh, before["id"], priority=7)
    assert {k: v for k, v in after.items() if before[k] != v}.keys() == {"priority", "update_time"}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [
        {"user_id": 1},
        {"busy_flag": True},
        {"custom": 1},
        {"marked_as_done_time": "2026-10-01T00:00:00Z"},
        {"update_time": "2026-10-01T00:00:00Z"},
        {"is_deleted": True},
        {"done": 1},
        {"done": None},
        {"busy": "true"},
        {"owner_id": "1"},
        {"owner_id": 1.5},
        {"owner_id": True},
        {"deal_id": "7"},
        {"subject": 5},
        {"subject": None},
        {"location": "Main Street 1"},
        {"location": {"value": "x", "city": "y"}},
        {"participants": [{"person_id": 1, "primary_flag": True}]},
        {"participants": [{"primary": True}]},
        {"participants": {"person_id": 1}},
        {"attendees": [{"email_address": "a@example.com"}]},
        {"due_date": "05.10.2026"},
        {"due_date": "2026-02-30"},
        {"due_time": "9:30"},
        {"duration": "an hour"},
        {"priority": "high"},
        {"owner_id": 999999},
        {"deal_id": 999999},
        {"org_id": 999999},
        {"participants": [{"person_id": 999999}]},
        {"type": "no_such_type"},
    ],
    ids=str,
)
def test_a_body_is_taken_strictly(sandbox: Sandbox, method: str, body: dict[str, Any]) -> None:
    before = sandbox.truth("activities")
    path = PATH if method == "POST" else f"{PATH}/{before[0]['id']}"
    response = sandbox.ask(method, path, json=body)
    assert response.status_code == 400
    assert response.json()["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert sandbox.truth("activities") == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"subject=Call"])
def test_a_body_is_a_json_object(sandbox: Sandbox, content: bytes) -> None:
    assert sandbox.ask("POST", PATH, content=content).status_code == 400


def test_a_refused_body_leaves_no_trace_of_its_good_parts(fresh: Sandbox) -> None:
    before = fresh.truth("activities")[0]
    body = {"subject": "good", "user_id": 1}
    assert fresh.ask("PATCH", f"{PATH}/{before['id']}", json=body).status_code == 400
    assert fresh.truth("activities")[0] == before


def test_deleting_is_soft_and_once(fresh: Sandbox) -> None:
    record = fresh.rows(PATH, limit=1)[0]
    path = f"{PATH}/{record['id']}"
    response = fresh.ask("DELETE", path)
    assert response.json() == {"success": True, "data": {"id": record["id"]}}
    assert record["id"] not in [row["id"] for row in fresh.rows(PATH, limit=500)]
    kept = fresh.get(path).json()["data"]
    assert kept["is_deleted"] is True
    assert kept["update_time"] > (record["update_time"] or "")
    assert fresh.ask("DELETE", path).status_code == 404
    assert fresh.ask("PATCH", path, json={"note": "x"}).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "GET"])
def test_unknown_ids_are_not_found(sandbox: Sandbox, method: str) -> None:
    response = sandbox.ask(method, f"{PATH}/999999", **({"json": {}} if method == "PATCH" else {}))
    assert response.status_code == 404
    assert response.json()["error"] == "Activity not found"


def test_it_is_said_whether_more_is_to_be_done_in_the_same_context(fresh: Sandbox) -> None:
    org = max(row["id"] for row in fresh.truth("organizations") if not row["is_deleted"])
    for row in fresh.rows(PATH, org_id=org):
        changed(fresh, row["id"], done=True)
    said = []
    for _ in range(2):
        body = fresh.ask("POST", PATH, json={"org_id": org}).json()
        said.append(body["additional_data"]["more_activities_scheduled_in_context"])
    assert said == [False, True]
