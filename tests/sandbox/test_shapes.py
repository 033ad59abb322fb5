"""Every served row has the fields and types of the official bodies."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

Check = Callable[[Any], bool]


def is_a(*types: type) -> Check:
    return lambda value: type(value) in types


def null_or(check: Check) -> Check:
    return lambda value: value is None or check(value)


def like(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


def a_list_of(**fields: Check) -> Check:
    return lambda value: isinstance(value, list) and all(fits(row, fields) for row in value)


def an_object(**fields: Check) -> Check:
    return lambda value: fits(value, fields)


def fits(row: dict[str, Any], fields: dict[str, Check]) -> bool:
    return row.keys() == fields.keys() and all(check(row[name]) for name, check in fields.items())


INT, BOOL, STR, NUMBER = is_a(int), is_a(bool), is_a(str), is_a(int, float)
TIME, DATE = like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), like(r"\d{4}-\d\d-\d\d")
CLOCK = like(r"|\d\d:\d\d(:\d\d)?")
CUSTOM = null_or(lambda value: all(re.fullmatch("[0-9a-f]{40}", key) for key in value))
PLACE = an_object(
    value=STR,
    **dict.fromkeys(("country", "admin_area_level_1", "admin_area_level_2", "locality"), null_or(STR)),
    **dict.fromkeys(("sublocality", "route", "street_number", "subpremise", "postal_code"), null_or(STR)),
)
LABELLED = a_list_of(value=STR, primary=BOOL, label=STR)


def labels(value: Any) -> bool:
    return isinstance(value, list) and all(map(INT, value))


SHAPES: dict[str, dict[str, Check]] = {
    "activities": {
        "id": INT,
        "subject": STR,
        "type": STR,
        "owner_id": null_or(INT),
        "creator_user_id": INT,
        "is_deleted": BOOL,
        "add_time": TIME,
        "update_time": null_or(TIME),
        "deal_id": null_or(INT),
        "lead_id": null_or(like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
        "person_id": null_or(INT),
        "org_id": null_or(INT),
        "project_id": null_or(INT),
        "due_date": null_or(DATE),
        "due_time": null_or(CLOCK),
        "duration": null_or(CLOCK),
        "busy": BOOL,
        "done": BOOL,
        "marked_as_done_time": null_or(TIME),
        "location": null_or(PLACE),
        "participants": null_or(a_list_of(person_id=INT, primary=BOOL)),
        "attendees": null_or(
            a_list_of(
                email=null_or(STR),
                name=null_or(STR),
                status=null_or(STR),
                is_organizer=BOOL,
                person_id=null_or(INT),
                user_id=null_or(INT),
            )
        ),
        "conference_meeting_client": null_or(STR),
        "conference_meeting_url": null_or(STR),
        "conference_meeting_id": null_or(STR),
        "public_description": null_or(STR),
        "priority": null_or(INT),
        "outcome": null_or(INT),
        "private": BOOL,
        "note": null_or(STR),
    },
    "deals": {
        "id": INT,
        "title": STR,
        "creator_user_id": INT,
        "owner_id": INT,
        "value": null_or(NUMBER),
        "person_id": null_or(INT),
        "org_id": null_or(INT),
        "stage_id": INT,
        "pipeline_id": INT,
        "currency": like("[A-Z]{3}"),
        "archive_time": null_or(TIME),
        "add_time": TIME,
        "update_time": null_or(TIME),
        "stage_change_time": null_or(TIME),
        "status": like("open|won|lost"),
        "is_archived": BOOL,
        "is_deleted": BOOL,
        "probability": null_or(NUMBER),
        "lost_reason": null_or(STR),
        "visible_to": INT,
        "close_time": null_or(TIME),
        "won_time": null_or(TIME),
        "lost_time": null_or(TIME),
        "local_won_date": null_or(DATE),
        "local_lost_date": null_or(DATE),
        "local_close_date": null_or(DATE),
        "expected_close_date": null_or(DATE),
        "label_ids": labels,
        "origin": STR,
        "origin_id": null_or(STR),
        "channel": null_or(INT),
        "channel_id": null_or(STR),
        "source_lead_id": null_or(STR),
        "acv": null_or(NUMBER),
        "arr": null_or(NUMBER),
        "mrr": null_or(NUMBER),
        "custom_fields": CUSTOM,
    },
    "persons": {
        "id": INT,
        "name": STR,
        "first_name": null_or(STR),
        "last_name": null_or(STR),
        "owner_id": INT,
        "org_id": null_or(INT),
        "add_time": TIME,
        "update_time": null_or(TIME),
        "emails": LABELLED,
        "phones": LABELLED,
        "is_deleted": BOOL,
        "visible_to": INT,
        "label_ids": labels,
        "picture_id": null_or(INT),
        "custom_fields": CUSTOM,
        "notes": null_or(STR),
        "im": LABELLED,
        "birthday": null_or(DATE),
        "job_title": null_or(STR),
        "postal_address": null_or(PLACE),
    },
    "organizations": {
        "id": INT,
        "name": STR,
        "owner_id": INT,
        "add_time": TIME,
        "update_time": null_or(TIME),
        "address": null_or(PLACE),
        "is_deleted": BOOL,
        "visible_to": INT,
        "label_ids": labels,
        "website": null_or(STR),
        "linkedin": null_or(STR),
        "industry": null_or(INT),
        "annual_revenue": null_or(NUMBER),
        "employee_count": null_or(INT),
        "custom_fields": CUSTOM,
    },
}
INCLUDED = {"activities": "attendees", "deals": "source_lead_id"}


@pytest.mark.parametrize("path", ["activities", "deals", "deals/archived", "persons", "organizations"])
def test_every_row_has_the_official_fields_and_types(sandbox: Sandbox, path: str) -> None:
    entity = path.partition("/")[0]
    asked = {"include_fields": INCLUDED[entity]} if entity in INCLUDED else {}
    rows = sandbox.rows(f"/api/v2/{path}", limit=500, **asked)
    assert rows
    for row in rows:
        assert row.keys() == SHAPES[entity].keys()
        wrong = {name: row[name] for name, check in SHAPES[entity].items() if not check(row[name])}
        assert not wrong, f"{path} {row['id']}"


def test_a_created_activity_has_the_same_shape(fresh: Sandbox) -> None:
    body = {"attendees": [{"email": "a@example.com"}], "participants": [{"person_id": 1}]}
    row = fresh.ask("POST", "/api/v2/activities", json=body).json()["data"]
    assert fits(row, SHAPES["activities"])


V1_TIME = like(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def v1_place(name: str) -> dict[str, Check]:
    parts = (
        "subpremise street_number route sublocality locality admin_area_level_1 admin_area_level_2 "
        "country postal_code formatted_address"
    )
    return dict.fromkeys((name, *(f"{name}_{part}" for part in parts.split())), null_or(STR))


V1_SHAPES: dict[str, dict[str, Check]] = {
    "activities": {
        **dict.fromkeys(("id", "company_id"), INT),
        **dict.fromkeys(("user_id", "org_id", "person_id", "deal_id", "project_id"), null_or(INT)),
        "update_user_id": null_or(INT),
        **dict.fromkeys(("done", "busy_flag", "active_flag"), BOOL),
        **dict.fromkeys(("type", "subject", "source_timezone"), STR),
        **dict.fromkeys(("conference_meeting_client", "conference_meeting_url"), null_or(STR)),
        **dict.fromkeys(("conference_meeting_id", "public_description", "lead_id"), null_or(STR)),
        "due_date": null_or(DATE),
        **dict.fromkeys(("due_time", "duration"), null_or(CLOCK)),
        "add_time": V1_TIME,
        "update_time": null_or(V1_TIME),
        "marked_as_done_time": lambda value: value == "" or V1_TIME(value),
        **v1_place("location"),
    },
    "deals": {
        **dict.fromkeys(("id", "creator_user_id", "stage_id", "pipeline_id"), INT),
        **dict.fromkeys(("person_id", "org_id"), null_or(INT)),
        **dict.fromkeys(("title", "currency", "status", "visible_to"), STR),
        **dict.fromkeys(("value", "probability"), null_or(NUMBER)),
        "add_time": V1_TIME,
        **dict.fromkeys(("update_time", "close_time", "won_time", "lost_time"), null_or(V1_TIME)),
        "lost_reason": null_or(STR),
        "expected_close_date": null_or(DATE),
        "label": null_or(like(r"\d+(,\d+)*")),
    },
    "persons": {
        **dict.fromkeys(("id", "owner_id"), INT),
        **dict.fromkeys(("org_id", "picture_id", "label"), null_or(INT)),
        "active_flag": BOOL,
        **dict.fromkeys(("name", "visible_to", "cc_email"), STR),
        **dict.fromkeys(("phone", "email"), LABELLED),
        "add_time": V1_TIME,
        **dict.fromkeys(("update_time", "delete_time"), null_or(V1_TIME)),
    },
    "organizations": {
        **dict.fromkeys(("id", "owner_id"), INT),
        "label": null_or(INT),
        "active_flag": BOOL,
        **dict.fromkeys(("name", "visible_to", "cc_email"), STR),
        "add_time": V1_TIME,
        **dict.fromkeys(("update_time", "delete_time"), null_or(V1_TIME)),
        **v1_place("address"),
    },
}


@pytest.mark.parametrize("entity", V1_SHAPES)
def test_every_row_of_a_v1_collection_has_the_official_fields_and_types(
    sandbox: Sandbox, entity: str
) -> None:
    rows = sandbox.rows(f"/v1/{entity}/collection", limit=500)
    assert rows
    for row in rows:
        assert row.keys() == V1_SHAPES[entity].keys()
        wrong = {name: row[name] for name, check in V1_SHAPES[entity].items() if not check(row[name])}
        assert not wrong, f"{entity} {row['id']}"
