import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support import DESKERA_TOKEN, Sandbox, sandbox

ACTIVITIES = "/v1/crm/activities"
NEWEST = {"sortBy": "updated_at", "sortDir": "DESC"}
DOCUMENTED = {
    *("id", "name", "activity_type", "duration", "notes", "visibility_type", "is_availability", "tenant_id"),
    *("is_send_invitation", "is_send_contacts_invitation", "assigned_to", "assignee_ids", "assignee_details"),
    *(
        "contact_ids",
        "contact_details",
        "organization_ids",
        "organization_details",
        "linked_to",
        "deal_details",
    ),
    *(
        "owner_id",
        "owner_details",
        "is_status",
        "created_at",
        "updated_at",
        "created_by",
        "updated_by",
        "is_deleted",
    ),
    *(
        "consumer_id",
        "scheduled_status",
        "batch_id",
        "cron_status",
        "notification_error",
        "source",
        "source_id",
    ),
    *("user_timezone", "start", "end"),
}
NOTES = "<b>Hallo</b> Jürgen"


class Deskera:
    """A client of a sandbox."""

    def __init__(self, box: Sandbox, http: httpx.Client) -> None:
        self.box = box
        self.http = http

    def ask(self, method: str, path: str = "", **given: Any) -> httpx.Response:
        """Send one request."""
        return self.http.request(method, f"{ACTIVITIES}{path}", **given)

    def page(self, **params: Any) -> list[dict[str, Any]]:
        """The rows of one page."""
        answer = self.ask("GET", params=params)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def one(self, record_id: int) -> dict[str, Any]:
        """One activity."""
        row: dict[str, Any] = self.ask("GET", f"/{record_id}").json()
        return row

    def living(self) -> dict[int, dict[str, Any]]:
        """The truth of all that is not deleted."""
        return {row["id"]: row for row in self.box.truth("activities", "deskera") if not row["is_deleted"]}


@contextmanager
def opened(activities: int) -> Iterator[Deskera]:
    headers = {"x-access-token": DESKERA_TOKEN}
    with sandbox(activities) as box, httpx.Client(base_url=box.url, headers=headers, timeout=30) as http:
        yield Deskera(box, http)


@pytest.fixture(scope="module")
def read() -> Iterator[Deskera]:
    """A sandbox that tests only read; two business days have gone by in it."""
    with opened(300) as found:
        found.box.control("advance", days=2)
        yield found


@pytest.fixture(scope="module")
def crm() -> Iterator[Deskera]:
    """A sandbox that tests write to, each to records of its own."""
    with opened(60) as found:
        yield found


def body(**given: Any) -> dict[str, Any]:
    """A body that says something of all that can be told."""
    return {
        "name": "Act-001",
        "activity_type": "call",
        "start": "2026-10-05T13:15:49Z",
        "end": "2026-10-05T14:36:49Z",
        "notes": base64.b64encode(NOTES.encode()).decode(),
        "is_send_invitation": True,
        "is_send_contacts_invitation": True,
        "is_availability": True,
        "visibility_type": "private",
        "assigned_to": "all",
        "source": "WEB",
        "source_id": "7",
        "owner_id": 2,
        "user_timezone": "Asia/Singapore",
        "contact_ids": [2, 1],
        "organization_ids": [],
        "assignee_ids": [3],
        "linked_to": 4,
        "is_status": True,
        **given,
    }


def created(crm: Deskera, **given: Any) -> int:
    answer = crm.ask("POST", json=body(**given))
    assert answer.status_code == 201, answer.text
    assert answer.json().keys() == {"id"}
    number: int = answer.json()["id"]
    return number


def test_the_pages_of_a_list_hold_all_that_is_not_deleted_once_and_in_order(read: Deskera) -> None:
    rows = [row for number in range(1, 6) for row in read.page(page=number, pageSize=90, **NEWEST)]
    assert {row["id"]: row for row in rows} == read.living()
    assert len(rows) == len(read.living())
    times = [datetime.fromisoformat(row["updated_at"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert read.page(page=6, pageSize=90, **NEWEST) == []


def test_a_list_tells_how_many_there_are_and_shows_ten_of_them(read: Deskera) -> None:
    answer = read.ask("GET").json()
    assert len(answer["data"]) == 10
    assert answer["paginationInfo"] == {"page": 1, "totalRecords": len(read.living()), "isZeroState": False}


def test_an_activity_has_all_that_is_documented_in_the_shapes_of_the_sample(read: Deskera) -> None:
    rows = read.living().values()
    for row in rows:
        assert row.keys() - {"EmailSent", "email_sent"} == DOCUMENTED
        assert [one["id"] for one in row["contact_details"]] == row["contact_ids"]
        assert row["deal_details"].get("id", 0) == row["linked_to"]
        assert row["owner_details"]["id"] == row["owner_id"]
    assert {"EmailSent", "email_sent"} <= {name for row in rows for name in row}
    assert {type(row["duration"]) for row in rows} == {int, str}
    assert {row["updated_at"][-6:] for row in rows} == {"+05:30"}
    assert any("<script>" in row["notes"] for row in rows)
    assert {"pipeline_id": 0}.items() <= next(row for row in rows if row["linked_to"])["deal_details"][
        "stage"
    ].items()


def test_a_record_that_changes_while_one_pages_shifts_the_pages(crm: Deskera) -> None:
    first = crm.page(pageSize=5, **NEWEST)
    last = crm.page(page=11, pageSize=5, **NEWEST)[0]
    crm.ask("PATCH", "/bulkUpdate", json={"ids": [last["id"]], "is_status": True})
    assert crm.page(page=2, pageSize=5, **NEWEST)[0]["id"] == first[-1]["id"]
    assert crm.page(pageSize=1, **NEWEST)[0]["id"] == last["id"]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("name=CALL", lambda row: "call" in row["name"].casefold()),
        ("contact_id=3", lambda row: 3 in row["contact_ids"]),
        ("organization_id=101", lambda row: 101 in row["organization_ids"]),
        ("deal_id=4", lambda row: row["linked_to"] == 4),
        ("assignee_id=2", lambda row: 2 in row["assignee_ids"]),
        (
            "date>1767225600",
            lambda row: row["start"] and datetime.fromisoformat(row["start"]).timestamp() > 1767225600,
        ),
        ("activityType=lunch", lambda row: row["activity_type"] == "lunch"),
        ("is_status=false", lambda row: not row["is_status"]),
        (
            "source=WEB,source_id=1,is_status=true",
            lambda row: (row["source"], row["source_id"], row["is_status"]) == ("WEB", "1", True),
        ),
    ],
)
def test_a_query_narrows_the_list(read: Deskera, query: str, fits: Any) -> None:
    wanted = {record_id for record_id, row in read.living().items() if fits(row)}
    assert {row["id"] for row in read.page(pageSize=500, query=query)} == wanted
    assert wanted, "a query that nothing fits shows nothing"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "?page=0", 400),
        ("GET", "?pageSize=501", 400),
        ("GET", "?pageSize=x", 400),
        ("GET", "?sortBy=colour", 400),
        ("GET", "?sortDir=up", 400),
        ("GET", "?limit=5", 400),
        ("GET", "?query=colour=red", 400),
        ("GET", "?query=date=1", 400),
        ("GET", "?query=contact_id=x", 400),
        ("GET", "/999999", 404),
        ("PUT", "/999999", 404),
        ("DELETE", "/999999", 404),
        ("GET", "/bulkUpdate", 405),
        ("POST", "/5", 405),
        ("GET", "/5/notes", 404),
    ],
)
def test_what_makes_no_sense_is_refused_in_deskeras_words(
    read: Deskera, method: str, path: str, status: int
) -> None:
    answer = read.ask(method, path, json={} if method == "PUT" else None)
    told = answer.json()
    assert (answer.status_code, told["code"], told["status"]) == (status, status, "error")
    assert told["requestPath"] == f"{ACTIVITIES}{path.partition('?')[0]}"
    assert told["message"]


@pytest.mark.parametrize("token", ["", "sandbox-admin-token"])
def test_a_wrong_token_is_refused(read: Deskera, token: str) -> None:
    answer = read.ask("GET", headers={"x-access-token": token})
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_what_is_created_is_kept_as_it_was_sent_and_is_told_in_deskeras_zone(crm: Deskera) -> None:
    row = crm.one(created(crm))
    sent = body()
    kept = sent.keys() - {"notes", "start", "end"}
    assert {name: row[name] for name in kept} == {name: sent[name] for name in kept}
    assert (row["notes"], row["start"]) == (NOTES, "2026-10-05T18:45:49+05:30")
    assert row["duration"] in ("1h 21m", 81)
    assert row["created_at"] == row["updated_at"]


def test_a_put_empties_what_it_does_not_say(crm: Deskera) -> None:
    number = created(crm)
    assert crm.ask("PUT", f"/{number}", json={"name": "only"}).json() == {"id": number}
    row = crm.one(number)
    assert (row["name"], row["notes"], row["contact_ids"], row["linked_to"]) == ("only", "", [], 0)
    assert (row["start"], row["owner_id"], row["is_status"], row["source_id"]) == (None, 1, False, "")


def test_a_bulk_update_changes_what_is_there_and_says_nothing_of_the_rest(crm: Deskera) -> None:
    one, other = created(crm), created(crm)
    answer = crm.ask("PATCH", "/bulkUpdate", json={"ids": [one, 999_999], "visibility_type": "public"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert [crm.one(number)["visibility_type"] for number in (one, other)] == ["public", "private"]
    assert crm.one(one)["is_status"] is True


def test_what_is_deleted_is_neither_listed_nor_found(crm: Deskera) -> None:
    one, other, third = created(crm), created(crm), created(crm)
    assert crm.ask("DELETE", f"/{one}").status_code == 204
    assert crm.ask("POST", "/bulkDelete", json=[other, 999_999]).status_code == 204
    assert [crm.ask("GET", f"/{number}").status_code for number in (one, other, third)] == [404, 404, 200]
    listed = {row["id"] for row in crm.page(pageSize=500)}
    assert not {one, other} & listed
    assert third in listed


@pytest.mark.parametrize(
    "given",
    [
        {"colour": "red"},
        {"name": 5},
        {"activity_type": "fax"},
        {"visibility_type": "secret"},
        {"notes": "<p>no base64</p>"},
        {"notes": base64.b64encode(b"\xff\xfe").decode()},
        {"start": "2026-10-05T13:15:49"},
        {"start": "tomorrow"},
        {"is_status": 1},
        {"contact_ids": ["1"]},
        {"contact_ids": [999_999]},
        {"contact_ids": 1},
        {"linked_to": 999_999},
        {"owner_id": 999_999},
        {"assignee_ids": [True]},
    ],
)
def test_a_body_that_is_not_as_documented_is_refused_and_changes_nothing(
    crm: Deskera, given: dict[str, Any]
) -> None:
    before = crm.living()
    for method, path in (("POST", ""), ("PUT", "/1")):
        answer = crm.ask(method, path, json=body(**given))
        assert answer.status_code == 400
        assert next(iter(given)) in answer.json()["message"]
    assert crm.living() == before


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("PATCH", "/bulkUpdate", {"ids": [1], "name": "x"}),
        ("PATCH", "/bulkUpdate", {"ids": ["1"]}),
        ("PATCH", "/bulkUpdate", {"ids": [1], "visibility_type": "secret"}),
        ("POST", "/bulkDelete", {"ids": [1]}),
        ("POST", "/bulkDelete", ["1"]),
        ("POST", "", [1]),
    ],
)
def test_a_body_of_another_shape_is_refused(crm: Deskera, method: str, path: str, given: Any) -> None:
    before = crm.living()
    assert crm.ask(method, path, json=given).status_code == 400
    assert crm.living() == before


def test_some_of_its_people_pipedrive_knows_too_by_another_spelling(read: Deskera) -> None:
    theirs = {
        address["value"]: row["id"]
        for row in read.box.truth("persons")
        for address in (*row["emails"], *row["phones"])
    }
    plain = {_plain(address): person for address, person in theirs.items()}
    ours = [
        (row["email"], f"{row['country_code']}{row['phone']}")
        for row in read.box.truth("contacts", "deskera")
    ]
    same = [found for both in ours if (found := {plain[_plain(one)] for one in both if _plain(one) in plain})]
    assert len(same) > len(ours) / 10
    assert {len(one) for one in same} == {1}, "an address and a number of two people make one of neither"
    assert sum(one in theirs for both in ours for one in both) < len(same)


def _plain(address: str) -> str:
    if "@" in address:
        return address.strip().lower()
    digits = "".join(filter(str.isdigit, address)).removeprefix("00")
    return digits or address


def test_a_day_in_deskera_changes_deals_that_no_activity_tells_of() -> None:
    with sandbox(400) as box:
        before = {row["id"]: row for row in box.truth("activities", "deskera")}
        day = box.control("advance", days=3)["days"]
        changed = [row for row in box.truth("activities", "deskera") if row != before.get(row["id"])]
    assert all(one["events"]["deskera"] and one["events"]["pipedrive"] for one in day)
    silent = [row for row in changed if row["updated_at"] == before.get(row["id"], {}).get("updated_at")]
    assert 0 < len(silent) < len(changed) / 2


def test_exactly_so_many_activities_are_edited_as_one_asks_for(crm: Deskera) -> None:
    before = crm.living()
    crm.box.control("advance", days=1, activity_changes=7)
    after = crm.living()
    assert sum(before[one] != after[one] for one in after) == 7
    assert after.keys() == before.keys()


def test_a_fault_for_deskera_does_not_concern_pipedrive(crm: Deskera) -> None:
    crm.box.arm("server_error", path="/v1/crm/", status=500)
    headers = {"x-api-token": "sandbox-admin-token"}
    assert httpx.get(f"{crm.box.url}/api/v2/activities", headers=headers).status_code == 200
    assert [crm.ask("GET").status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("burst_429", 429), ("forbidden_html", 403), ("unauthorized", 401), ("server_error", 503)],
)
def test_refusals_can_be_armed(crm: Deskera, kind: str, status: int) -> None:
    crm.box.arm(kind, path="/v1/crm/")
    assert [crm.ask("GET").status_code for _ in range(2)] == [status, 200]


def test_a_contact_renamed_is_renamed_in_all_its_activities(read: Deskera) -> None:
    rows = read.living().values()
    shown = {one["id"]: one for row in rows for one in row["contact_details"]}
    truth = {row["id"]: row for row in read.box.truth("contacts", "deskera")}
    assert all(truth[number] == one for number, one in shown.items())
    assert all(one == shown[one["id"]] for row in rows for one in row["contact_details"])
