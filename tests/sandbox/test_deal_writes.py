"""Creating, changing and deleting deals and persons: what follows from a write, and what is refused."""

from typing import Any

import pytest

from tests.sandbox.conftest import REGULAR, Sandbox
from tests.sandbox.test_shapes import SHAPES, fits

DEALS, PERSONS = "/api/v2/deals", "/api/v2/persons"
NEEDED: dict[str, dict[str, Any]] = {DEALS: {"title": "New"}, PERSONS: {"name": "Ada Lovelace"}}
BOTH = pytest.mark.parametrize("path", NEEDED)


def write(sandbox: Sandbox, method: str, path: str, **body: Any) -> dict[str, Any]:
    response = sandbox.ask(method, path, json=body)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()["data"]
    return row


def created(sandbox: Sandbox, path: str, **body: Any) -> dict[str, Any]:
    return write(sandbox, "POST", path, **{**NEEDED[path], **body})


def refused(sandbox: Sandbox, method: str, path: str, **body: Any) -> str:
    response = sandbox.ask(method, path, json=body)
    assert response.status_code == 400, response.text
    assert response.json()["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    error: str = response.json()["error"]
    return error


@BOTH
def test_what_is_created_has_the_shape_of_what_is_listed(fresh: Sandbox, path: str) -> None:
    entity = path.rpartition("/")[2]
    row = created(fresh, path)
    assert fits(row, SHAPES[entity])
    assert fresh.rows(path, sort_by="add_time", sort_direction="desc", limit=1)[0].items() <= row.items()
    assert fresh.get(f"{path}/{row['id']}", include_fields="source_lead_id").status_code in (200, 400)
    assert fresh.truth(entity)[-1] == row


@BOTH
def test_a_record_belongs_to_who_creates_it(fresh: Sandbox, path: str) -> None:
    row = fresh.ask("POST", path, json=NEEDED[path], headers=REGULAR).json()["data"]
    assert row["owner_id"] == 2
    assert created(fresh, path, owner_id=3)["owner_id"] == 3


@BOTH
def test_a_change_touches_nothing_that_was_not_given(fresh: Sandbox, path: str) -> None:
    entity = path.rpartition("/")[2]
    before = fresh.truth(entity)[0]
    after = write(fresh, "PATCH", f"{path}/{before['id']}", label_ids=[9])
    assert {key for key, value in after.items() if before[key] != value} == {"label_ids", "update_time"}
    assert after["update_time"] >= before["update_time"]


@BOTH
def test_deleting_is_soft_and_once(fresh: Sandbox, path: str) -> None:
    row = created(fresh, path)
    at = f"{path}/{row['id']}"
    assert fresh.ask("DELETE", at).json() == {"success": True, "data": {"id": row["id"]}}
    assert fresh.get(at).json()["data"]["is_deleted"] is True
    assert row["id"] not in [one["id"] for one in fresh.rows(path, limit=500)]
    assert fresh.ask("DELETE", at).status_code == 404
    response = fresh.ask("PATCH", at, json={})
    assert (response.status_code, response.json()["error"][-9:]) == (404, "not found")


@BOTH
def test_null_makes_a_list_empty(fresh: Sandbox, path: str) -> None:
    row = created(fresh, path, label_ids=[1])
    assert write(fresh, "PATCH", f"{path}/{row['id']}", label_ids=None)["label_ids"] == []


@BOTH
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [
        {"user_id": 1},
        {"id": 1},
        {"owner_id": "1"},
        {"owner_id": None},
        {"owner_id": 999999},
        {"org_id": 999999},
        {"org_id": 1.5},
        {"visible_to": 2},
        {"visible_to": "3"},
        {"label_ids": [1, "2"]},
        {"label_ids": "1,2"},
        {"custom_fields": {"0" * 40: 1}},
        {"custom_fields": []},
    ],
    ids=str,
)
def test_a_body_is_taken_strictly(sandbox: Sandbox, path: str, method: str, body: dict[str, Any]) -> None:
    entity = path.rpartition("/")[2]
    before = sandbox.truth(entity)
    at = path if method == "POST" else f"{path}/{before[0]['id']}"
    refused(sandbox, method, at, **NEEDED[path], **body)
    assert sandbox.truth(entity) == before


@pytest.mark.parametrize(
    "body",
    [
        {"title": None},
        {"title": 5},
        {"stage_id": 999999},
        {"stage_id": None},
        {"pipeline_id": 999999},
        {"stage_id": 1, "pipeline_id": 3},
        {"person_id": 999999},
        {"value": "5"},
        {"value": True},
        {"currency": "XXX"},
        {"status": "deleted"},
        {"status": "open", "lost_reason": "dear"},
        {"status": "won", "lost_reason": "dear"},
        {"status": "open", "won_time": "2026-10-01 10:00:00"},
        {"status": "won", "lost_time": "2026-10-01 10:00:00"},
        {"probability": 101},
        {"expected_close_date": "2026-13-01"},
        {"stage_change_time": "2026-10-01T10:00:00Z"},
        {"custom_fields": {"title": "x"}},
    ],
    ids=str,
)
def test_a_deal_is_taken_strictly(sandbox: Sandbox, body: dict[str, Any]) -> None:
    before = sandbox.truth("deals")
    deal = next(row for row in before if row["status"] == "open" and not row["is_deleted"])
    refused(sandbox, "PATCH", f"{DEALS}/{deal['id']}", **body)
    refused(sandbox, "POST", DEALS, **{**NEEDED[DEALS], **body})
    assert sandbox.truth("deals") == before


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"first_name": "Ada"},
        {"emails": "a@example.com"},
        {"emails": [{"email": "a@example.com"}]},
        {"phones": [{"primary": True}]},
        {"birthday": "tomorrow"},
        {"postal_address": "Main Street 1"},
        {"marketing_status": "maybe"},
    ],
    ids=str,
)
def test_a_person_is_taken_strictly(sandbox: Sandbox, body: dict[str, Any]) -> None:
    refused(sandbox, "POST", PERSONS, **{**NEEDED[PERSONS], **body})


def test_a_new_deal_is_open_in_the_first_stage(fresh: Sandbox) -> None:
    row = created(fresh, DEALS)
    stages = [stage for stage in fresh.rows("/api/v2/stages") if stage["pipeline_id"] == row["pipeline_id"]]
    assert row["stage_id"] == min(stages, key=lambda stage: stage["order_nr"])["id"]
    assert (row["status"], row["value"], row["currency"], row["origin"]) == ("open", 0, "USD", "API")
    assert (row["won_time"], row["stage_change_time"], row["is_archived"]) == (None, None, False)
    assert created(fresh, DEALS, stage_id=stages[-1]["id"])["stage_change_time"] is None


def test_the_stage_decides_the_pipeline(fresh: Sandbox) -> None:
    stages = fresh.rows("/api/v2/stages")
    first, other = stages[0], next(row for row in stages if row["pipeline_id"] != stages[0]["pipeline_id"])
    row = created(fresh, DEALS, stage_id=first["id"])
    fresh.control("clock", by=60)
    moved = write(fresh, "PATCH", f"{DEALS}/{row['id']}", stage_id=other["id"])
    assert (moved["stage_id"], moved["pipeline_id"]) == (other["id"], other["pipeline_id"])
    assert moved["stage_change_time"] == moved["update_time"] > row["update_time"]
    back = write(fresh, "PATCH", f"{DEALS}/{row['id']}", pipeline_id=first["pipeline_id"])
    assert (back["stage_id"], back["pipeline_id"]) == (first["id"], first["pipeline_id"])
    both = write(
        fresh, "PATCH", f"{DEALS}/{row['id']}", stage_id=other["id"], pipeline_id=other["pipeline_id"]
    )
    assert both["pipeline_id"] == other["pipeline_id"]


@pytest.mark.parametrize("status", ["won", "lost"])
def test_the_server_says_when_a_deal_was_closed(fresh: Sandbox, status: str) -> None:
    row = created(fresh, DEALS)
    at = f"{DEALS}/{row['id']}"
    fresh.control("clock", by=60)
    closed = write(fresh, "PATCH", at, status=status)
    assert closed["close_time"] == closed[f"{status}_time"] == closed["update_time"]
    assert closed[f"local_{status}_date"] == closed["local_close_date"] == closed["update_time"][:10]
    assert closed["lost_time" if status == "won" else "won_time"] is None
    fresh.control("clock", by=60)
    assert write(fresh, "PATCH", at, status=status)["close_time"] == closed["close_time"]
    reopened = write(fresh, "PATCH", at, status="open")
    assert {reopened[name] for name in ("close_time", "won_time", "lost_time", "local_close_date")} == {None}


def test_a_lost_reason_stays_with_the_loss(fresh: Sandbox) -> None:
    row = created(fresh, DEALS, status="lost", lost_reason="Too dear")
    assert row["lost_reason"] == "Too dear"
    at = f"{DEALS}/{row['id']}"
    assert write(fresh, "PATCH", at, lost_reason="Too late")["lost_reason"] == "Too late"
    assert write(fresh, "PATCH", at, status="won")["lost_reason"] is None


def test_an_archived_deal_leaves_the_list(fresh: Sandbox) -> None:
    row = created(fresh, DEALS)
    archived = write(fresh, "PATCH", f"{DEALS}/{row['id']}", is_archived=True)
    assert archived["archive_time"] == archived["update_time"]
    assert row["id"] not in [one["id"] for one in fresh.rows(DEALS, limit=500)]
    assert row["id"] in [one["id"] for one in fresh.rows(f"{DEALS}/archived", limit=500)]
    assert write(fresh, "PATCH", f"{DEALS}/{row['id']}", is_archived=False)["archive_time"] is None


def test_a_name_is_taken_apart(fresh: Sandbox) -> None:
    row = created(fresh, PERSONS, name="Ada King of Lovelace")
    assert (row["first_name"], row["last_name"]) == ("Ada", "King of Lovelace")
    row = write(fresh, "PATCH", f"{PERSONS}/{row['id']}", name="Ada")
    assert (row["first_name"], row["last_name"]) == ("Ada", None)


def test_what_is_left_out_of_an_address_of_a_person_is_filled_up(fresh: Sandbox) -> None:
    row = created(fresh, PERSONS, emails=[{"value": "a@example.com"}], postal_address={"value": "Tallinn"})
    assert row["emails"] == [{"value": "a@example.com", "primary": False, "label": "work"}]
    assert row["postal_address"]["country"] is None
    emptied = write(fresh, "PATCH", f"{PERSONS}/{row['id']}", emails=None, postal_address=None)
    assert (emptied["emails"], emptied["postal_address"]) == ([], None)


def test_every_custom_field_is_there_and_a_given_one_replaces_its_own_only(fresh: Sandbox) -> None:
    codes = {
        row["field_name"]: row["field_code"] for row in fresh.truth("deal_fields") if row["is_custom_field"]
    }
    row = created(fresh, DEALS, custom_fields={codes["Seats"]: 5, codes["Service window"]: WINDOW})
    assert row["custom_fields"].keys() == set(codes.values())
    assert row["custom_fields"][codes["Service window"]] == {
        "value": "08:30:00",
        "until": "10:00:00",
        "timezone_id": None,
        "timezone_name": None,
    }
    changed = write(fresh, "PATCH", f"{DEALS}/{row['id']}", custom_fields={codes["Seats"]: None})
    assert changed["custom_fields"] == {**row["custom_fields"], codes["Seats"]: None}


WINDOW = {"value": "08:30", "until": "10:00:00"}


def test_a_custom_field_is_refused_by_its_type(fresh: Sandbox) -> None:
    codes = {
        row["field_name"]: row["field_code"] for row in fresh.truth("deal_fields") if row["is_custom_field"]
    }
    said = {
        name: refused(fresh, "POST", DEALS, title="x", custom_fields={codes[name]: value})
        for name, value in {"Seats": "5", "Modules": [], "Deal source": 999, "Reseller": 999999}.items()
    }
    assert said == {
        "Seats": "Validation failed: custom_fields: Expected 'number' as value",
        "Modules": "Validation failed: custom_fields: Expected 'array' as value",
        "Deal source": "Validation failed: custom_fields: Unknown option",
        "Reseller": "Validation failed: custom_fields: Record not found",
    }
    assert refused(fresh, "POST", DEALS, title="x", custom_fields={"abc": 1}).endswith("Unknown key 'abc'")
