"""Activities written through API v1."""

import json
from typing import Any

import pytest

from tests.sandbox.conftest import REGULAR, Sandbox

PATH = "/v1/activities"
BODY: dict[str, Any] = {
    "subject": "Deadline",
    "type": "deadline",
    "due_date": "2026-10-09",
    "due_time": "10:00",
    "duration": "01:00",
    "user_id": 3,
    "deal_id": 1,
    "org_id": 1,
    "location": "Mustamäe tee 3, Tallinn",
    "note": "A note",
    "public_description": "A description",
    "participants": [{"person_id": 1, "primary_flag": True}, {"person_id": 2}],
    "attendees": [{"email_address": "guest@example.com"}],
    "busy_flag": True,
    "done": 1,
}
"""The body of the documents."""
EXAMPLE = (
    *(
        "id",
        "company_id",
        "user_id",
        "done",
        "type",
        "due_date",
        "due_time",
        "duration",
        "busy_flag",
        "add_time",
    ),
    *("marked_as_done_time", "subject", "public_description", "location", "org_id", "person_id", "deal_id"),
    *("lead_id", "project_id", "active_flag", "update_time", "update_user_id", "source_timezone", "note"),
    *("created_by_user_id", "location_subpremise", "location_street_number", "location_route"),
    *("location_sublocality", "location_locality", "location_admin_area_level_1", "location_country"),
    *("location_admin_area_level_2", "location_postal_code", "location_formatted_address", "attendees"),
    *("participants", "assigned_to_user_id", "conference_meeting_client", "conference_meeting_url"),
    "conference_meeting_id",
)
"""Keys of the documents' answer, without those of calendars, files and repetition."""


def created(sandbox: Sandbox, **body: Any) -> dict[str, Any]:
    response = sandbox.ask("POST", PATH, json=body)
    assert response.status_code == 201, response.text
    row: dict[str, Any] = response.json()["data"]
    return row


def test_the_documented_body_is_answered_with_201_and_in_v1s_shape(fresh: Sandbox) -> None:
    response = fresh.ask("POST", PATH, json=BODY)
    assert response.status_code == 201
    row = response.json()["data"]
    assert row.keys() == set(EXAMPLE)
    assert response.json()["additional_data"].keys() == {"more_activities_scheduled_in_context"}
    kept = ("subject", "type", "due_date", "due_time", "duration", "user_id", "deal_id", "org_id", "location")
    assert {name: row[name] for name in kept} == {name: BODY[name] for name in kept}
    assert (row["busy_flag"], row["done"], row["person_id"]) == (True, True, 1)
    assert row["participants"] == [
        {"person_id": 1, "primary_flag": True},
        {"person_id": 2, "primary_flag": False},
    ]
    assert row["attendees"][0]["email_address"] == "guest@example.com"
    assert row["add_time"] == row["update_time"] == row["marked_as_done_time"]


def test_it_is_the_same_record_in_v2(fresh: Sandbox) -> None:
    row = created(fresh, **BODY)
    current = fresh.get(f"/api/v2/activities/{row['id']}", include_fields="attendees").json()["data"]
    assert (current["owner_id"], current["busy"], current["done"]) == (3, True, True)
    assert current["location"]["value"] == BODY["location"]
    assert current["participants"][0] == {"person_id": 1, "primary": True}
    assert fresh.get(f"{PATH}/{row['id']}").json()["data"] == row


def test_an_empty_body_makes_a_call_of_ones_own(fresh: Sandbox) -> None:
    row = fresh.ask("POST", PATH, json={}, headers=REGULAR).json()["data"]
    assert (row["subject"], row["type"], row["user_id"], row["busy_flag"]) == ("Call", "call", 2, False)
    assert created(fresh, due_time="10:00")["busy_flag"] is True


def test_a_person_alone_is_the_primary_participant(fresh: Sandbox) -> None:
    row = created(fresh, person_id=2)
    assert row["participants"] == [{"person_id": 2, "primary_flag": True}]


def test_a_change_is_a_put_and_touches_nothing_that_was_not_given(fresh: Sandbox) -> None:
    row = created(fresh, **BODY)
    fresh.control("clock", by=60)
    response = fresh.ask("PUT", f"{PATH}/{row['id']}", json={"note": "", "location": "", "done": 0})
    assert response.status_code == 200
    after = response.json()["data"]
    changed = {name for name in row if row[name] != after[name]}
    assert changed - {name for name in row if name.startswith("location")} == {
        *("note", "done", "marked_as_done_time", "update_time"),
    }
    assert fresh.ask("PATCH", f"{PATH}/{row['id']}", json={}).status_code == 404


def test_keys_that_v1_does_not_know_are_ignored(fresh: Sandbox) -> None:
    assert created(fresh, owner_id=3, unheard_of=1)["user_id"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"user_id": "3"},
        {"deal_id": 999999},
        {"done": "yes"},
        {"location": {"value": "x"}},
        {"participants": [{"primary_flag": True}]},
        {"participants": [{"person_id": 1, "primary": True}]},
        {"attendees": [{"email": "a@example.com"}]},
        {"due_date": "tomorrow"},
    ],
    ids=json.dumps,
)
def test_a_wrong_body_is_refused_in_v1s_words(sandbox: Sandbox, body: dict[str, Any]) -> None:
    before = sandbox.truth("activities")
    response = sandbox.ask("POST", PATH, json=body)
    assert response.status_code == 400
    assert "code" not in response.json()
    assert response.json()["error"]
    assert sandbox.truth("activities") == before


def test_deleting_again_is_answered_as_gone(fresh: Sandbox) -> None:
    row = created(fresh)
    at = f"{PATH}/{row['id']}"
    answers = [fresh.ask("DELETE", at) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 410]
    assert {json.dumps(answer.json()) for answer in answers} == {
        json.dumps({"success": True, "data": {"id": row["id"]}})
    }
    assert fresh.get(at).json()["data"]["active_flag"] is False
    assert fresh.ask("DELETE", f"{PATH}/999999").status_code == 404
    assert fresh.ask("PUT", at, json={}).status_code == 404


def test_many_are_deleted_at_once_those_that_are_there(fresh: Sandbox) -> None:
    ids = [created(fresh)["id"] for _ in range(3)]
    fresh.ask("DELETE", f"{PATH}/{ids[0]}")
    response = fresh.ask("DELETE", PATH, params={"ids": ",".join(map(str, [*ids, 999999]))})
    assert response.json() == {"success": True, "data": {"id": ids[1:]}}
    assert fresh.ask("DELETE", PATH, params={"ids": "x"}).json()["data"] == {"id": []}
