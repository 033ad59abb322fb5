"""Rows of API v1 in the shape of v2: the official examples, and the sandbox's rows of both generations."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sources.arrow import Decoder
from sources.pipedrive.legacy_v1 import ADAPTERS, LACKS, MAPPERS, activity, deal, organization, person
from tests.support import ADMIN, PIPEDRIVE, V1_LACKS, Sandbox, sandbox

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ADDRESS = {
    "subpremise": "",
    "street_number": "3a",
    "route": "Mustamäe tee",
    "sublocality": "Kristiine",
    "locality": "Tallinn",
    "admin_area_level_1": "Harju maakond",
    "admin_area_level_2": "",
    "country": "Estonia",
    "postal_code": "10616",
    "formatted_address": "Mustamäe tee 3a, 10616 Tallinn, Estonia",
}
FILLED = {part: value for part, value in ADDRESS.items() if value}
"""The official examples of OpenAPI v1, apart from keys of no account."""
# fmt: off
ACTIVITY = {
    "id": 8, "company_id": 22122, "user_id": 1234, "done": False, "type": "deadline",
    "due_date": "2020-06-09", "due_time": "10:00", "duration": "01:00", "busy_flag": True,
    "add_time": "2020-06-08 12:37:56", "marked_as_done_time": "2020-08-08 08:08:38",
    "subject": "Deadline", "location": "Mustamäe tee 3a", "org_id": 5, "person_id": 1101, "deal_id": 300,
    "active_flag": True, "update_time": "2020-08-08 12:37:56", "source_timezone": "",
    "note": "A note for the activity", "created_by_user_id": 1234, "person_name": "Person",
    "attendees": [
        {
            "email_address": "attendee@pipedrivemail.com", "is_organizer": 0, "name": "Attendee",
            "person_id": 25312, "status": "noreply", "user_id": None,
        }
    ],
    "participants": [{"person_id": 17985, "primary_flag": False}, {"person_id": 1101, "primary_flag": True}],
    **{f"location_{part}": value for part, value in ADDRESS.items()},
}
DEAL = {
    "id": 1, "creator_user_id": 8877, "person_id": 1101, "org_id": 5, "stage_id": 2, "title": "Deal One",
    "value": 5000, "currency": "EUR", "add_time": "2019-05-29 04:21:51", "status": "open",
    "update_time": "2019-11-28 16:19:50", "probability": None, "lost_reason": None, "visible_to": "1",
    "close_time": None, "pipeline_id": 1, "won_time": "2019-11-27 11:40:36", "label": "11",
    "lost_time": "2019-11-27 11:40:36", "expected_close_date": "2019-06-29",
}
PERSON = {
    "id": 1, "active_flag": True, "owner_id": 123, "org_id": 1234, "name": "Will Smith", "label": 1,
    "phone": [
        {"value": "12345", "primary": True, "label": "work"},
        {"value": "", "primary": False, "label": "home"},
    ],
    "email": [{"value": "12345@email.com", "primary": True, "label": "work"}],
    "update_time": "2023-02-08 05:30:20", "delete_time": None, "add_time": "2023-01-08 05:30:20",
    "visible_to": "3", "picture_id": 12, "cc_email": "org@pipedrivemail.com",
}
ORGANIZATION = {
    "id": 1, "active_flag": True, "owner_id": 123, "name": "Pipedrive", "label": 1, "visible_to": "3",
    "update_time": "2023-02-08 05:30:20", "delete_time": None, "add_time": "2023-01-08 05:30:20",
    "address": "Mustamäe tee 3a, 10615 Tallinn", "cc_email": "org@pipedrivemail.com",
    **{f"address_{part}": value for part, value in ADDRESS.items()},
}
# fmt: on


# fmt: off
def test_the_official_activity_has_the_names_of_v2() -> None:
    kept = ("id", "company_id", "done", "type", "due_date", "due_time", "duration", "subject", "org_id")
    rest = ("person_id", "deal_id", "source_timezone", "note", "person_name")
    assert activity(ACTIVITY) == {
        **{key: ACTIVITY[key] for key in (*kept, *rest)},
        "owner_id": 1234, "creator_user_id": 1234, "busy": True, "is_deleted": False,
        "add_time": "2020-06-08T12:37:56Z", "update_time": "2020-08-08T12:37:56Z",
        "marked_as_done_time": "2020-08-08T08:08:38Z",
        "location": {"value": "Mustamäe tee 3a", **FILLED},
        "participants": [{"person_id": 17985, "primary": False}, {"person_id": 1101, "primary": True}],
        "attendees": [
            {
                "email": "attendee@pipedrivemail.com", "name": "Attendee", "status": "noreply",
                "is_organizer": False, "person_id": 25312, "user_id": None,
            }
        ],
    }


def test_the_official_deal_has_the_names_of_v2() -> None:
    assert deal(DEAL) == {
        **{key: value for key, value in DEAL.items() if key != "label"},
        "add_time": "2019-05-29T04:21:51Z", "update_time": "2019-11-28T16:19:50Z",
        "won_time": "2019-11-27T11:40:36Z", "lost_time": "2019-11-27T11:40:36Z",
        "visible_to": 1, "label_ids": [11], "is_deleted": False,
    }


def test_the_official_person_has_the_names_of_v2() -> None:
    assert person(PERSON) == {
        "id": 1, "is_deleted": False, "owner_id": 123, "org_id": 1234, "name": "Will Smith",
        "phones": [{"value": "12345", "primary": True, "label": "work"}],
        "emails": [{"value": "12345@email.com", "primary": True, "label": "work"}],
        "update_time": "2023-02-08T05:30:20Z", "add_time": "2023-01-08T05:30:20Z",
        "visible_to": 3, "picture_id": 12, "label_ids": [1], "cc_email": "org@pipedrivemail.com",
    }


def test_the_official_organization_has_the_names_of_v2() -> None:
    assert organization(ORGANIZATION) == {
        "id": 1, "is_deleted": False, "owner_id": 123, "name": "Pipedrive",
        "update_time": "2023-02-08T05:30:20Z", "add_time": "2023-01-08T05:30:20Z",
        "visible_to": 3, "label_ids": [1], "cc_email": "org@pipedrivemail.com",
        "address": {"value": "Mustamäe tee 3a, 10615 Tallinn", **FILLED},
    }
# fmt: on


@pytest.mark.parametrize(
    ("label", "ids"), [(None, []), ("", []), ("11", [11]), ("1,22", [1, 22]), ("1, 2", [1, 2]), (5, [5])]
)
def test_labels_are_ids(label: object, ids: list[int]) -> None:
    assert deal({"id": 1, "label": label})["label_ids"] == ids


@pytest.mark.parametrize(
    ("row", "deleted"),
    [
        ({"status": "deleted"}, True),
        ({"status": "won", "deleted": True}, True),
        ({"status": "won", "deleted": False}, False),
        ({"status": "open"}, False),
    ],
)
def test_a_deleted_deal_is_told_by_its_status_or_its_flag(row: dict[str, Any], deleted: bool) -> None:  # noqa: FBT001
    assert deal(row)["is_deleted"] is deleted


@pytest.mark.parametrize("owner", [7, {"id": 7, "name": "Zoë"}, {"value": 7, "name": "Zoë"}])
def test_an_id_may_come_with_what_it_stands_for(owner: object) -> None:
    assert activity({"user_id": owner})["owner_id"] == 7


@pytest.mark.parametrize("owner", [None, {}, {"id": None}, "7"])
def test_what_is_no_id_is_none(owner: object) -> None:
    assert activity({"user_id": owner})["owner_id"] is None


@pytest.mark.parametrize("time", [None, ""])
def test_no_time_is_none(time: str | None) -> None:
    assert activity({"marked_as_done_time": time})["marked_as_done_time"] is None


@pytest.mark.parametrize(
    "row", [{}, {"location": None}, {"location": ""}, {"location": "", "location_country": ""}]
)
def test_no_place_is_none(row: dict[str, Any]) -> None:
    assert activity(row)["location"] is None


def test_what_the_collection_does_not_carry_is_absent_and_becomes_null() -> None:
    assert not {"participants", "attendees", "note"} & activity({"id": 1, "user_id": 2}).keys()


def adapted(name: str, body: bytes) -> list[dict[str, Any]]:
    """The rows of a v1 page as the warehouse would hold them."""
    decoder = Decoder(PIPEDRIVE.entities[name])
    table = decoder.table(decoder.decode(ADAPTERS[name](body)).rows, NOW)
    return [dict(row) for row in table.to_pylist()]


@pytest.mark.parametrize("name", MAPPERS)
def test_a_page_without_rows_stays_one(name: str) -> None:
    assert adapted(name, b'{"success": true, "data": null}') == []


@pytest.mark.parametrize("body", [b"", b'{"data": [{"id": 1}', b"<html>"])
def test_what_cannot_be_read_is_left_for_the_decoder_to_name(body: bytes) -> None:
    assert ADAPTERS["deals"](body) == body


@pytest.mark.parametrize("body", [b"[]", b'{"data": [1]}', b'{"data": {"id": 1}}'])
def test_what_is_no_page_is_left_for_the_decoder_to_name(body: bytes) -> None:
    assert ADAPTERS["deals"](body) == body


def test_keys_without_a_name_in_v2_are_kept_beside() -> None:
    (row,) = adapted("activities", json.dumps({"data": [ACTIVITY]}).encode())
    assert json.loads(row["_extra"]) == {"company_id": 22122, "source_timezone": "", "person_name": "Person"}


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(120) as served:
        served.control("advance", days=1)
        yield served


def test_what_a_collection_lacks_is_declared() -> None:
    assert {name: set(lacking) for name, lacking in LACKS.items()} == V1_LACKS


@pytest.mark.parametrize("name", V1_LACKS)
def test_the_sandboxs_v1_rows_equal_its_v2_rows_on_every_column_both_carry(crm: Sandbox, name: str) -> None:
    old = {row["id"]: row for row in adapted(name, _page(crm, f"/v1/{name}/collection"))}
    decoder = Decoder(PIPEDRIVE.entities[name])
    table = decoder.table(decoder.decode(_page(crm, f"/api/v2/{name}")).rows, NOW)
    new = {row["id"]: row for row in table.to_pylist()}
    assert len(new) > 10
    assert set(old) == set(new)
    compared = [column for column in table.schema.names if column not in V1_LACKS[name] | {"_extra"}]
    for key, row in new.items():
        assert {c: _plain(c, old[key][c]) for c in compared} == {c: _plain(c, row[c]) for c in compared}


def _page(crm: Sandbox, path: str) -> bytes:
    headers = {"x-api-token": ADMIN}
    return httpx.get(f"{crm.url}{path}", params={"limit": 500}, headers=headers).content


def _plain(column: str, value: Any) -> Any:
    """JSON as what it says, as far as v1 says it: one label only, and an address that is always formatted."""
    found = json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    if isinstance(found, dict):
        return {key: item for key, item in found.items() if item and key != "formatted_address"}
    return found[:1] if column == "label_ids" else found


def test_a_picture_given_as_an_object_becomes_its_id() -> None:
    picture = {"item_type": "person", "item_id": 25, "update_time": "0000-00-00 00:00:00", "value": 4}
    (row,) = adapted("persons", json.dumps({"data": [PERSON | {"picture_id": picture}]}).encode())
    assert row["picture_id"] == 4
