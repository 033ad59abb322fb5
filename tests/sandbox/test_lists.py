"""The lists of API v2: walks, filters, order, windows, refusals."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

ENTITIES = {
    "activities": "activities",
    "deals": "deals",
    "deals/archived": "deals",
    "persons": "persons",
    "organizations": "organizations",
    "products": "products",
    "pipelines": "pipelines",
    "stages": "stages",
}
FIELDS = {
    "activityFields": "activity_fields",
    "dealFields": "deal_fields",
    "personFields": "person_fields",
    "organizationFields": "organization_fields",
    "productFields": "product_fields",
}
WINDOWED = ("activities", "deals", "persons", "organizations")


def flat(pages: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for page in pages for row in page]


def live(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    rows = [row for row in sandbox.truth(ENTITIES[path]) if not row["is_deleted"]]
    if ENTITIES[path] != "deals":
        return rows
    return [row for row in rows if row["is_archived"] == (path == "deals/archived")]


@pytest.mark.parametrize("path", ENTITIES)
@pytest.mark.parametrize("limit", [7, 500])
def test_a_walk_brings_every_live_record_once_and_nothing_else(
    sandbox: Sandbox, path: str, limit: int
) -> None:
    pages = sandbox.walk(f"/api/v2/{path}", limit=limit)
    assert [row["id"] for row in flat(pages)] == [row["id"] for row in live(sandbox, path)]
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("path", ENTITIES)
@pytest.mark.parametrize("sort_by", ["id", "update_time", "add_time"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_a_walk_is_in_the_order_asked_for_with_nulls_first(
    sandbox: Sandbox, path: str, sort_by: str, direction: str
) -> None:
    rows = flat(sandbox.walk(f"/api/v2/{path}", limit=9, sort_by=sort_by, sort_direction=direction))
    wanted = sorted(
        live(sandbox, path), key=lambda row: (row[sort_by] or "" if sort_by != "id" else 0, row["id"])
    )
    assert [row["id"] for row in rows] == [row["id"] for row in wanted][:: 1 if direction == "asc" else -1]


@pytest.mark.parametrize(
    ("path", "sort_by"), [("activities", "due_date"), ("products", "name"), ("stages", "order_nr")]
)
def test_some_lists_have_an_order_of_their_own(sandbox: Sandbox, path: str, sort_by: str) -> None:
    rows = flat(sandbox.walk(f"/api/v2/{path}", limit=4, sort_by=sort_by))
    assert len(rows) == len(live(sandbox, path))
    assert [(row[sort_by], row["id"]) for row in rows] == sorted((row[sort_by], row["id"]) for row in rows)


@pytest.mark.parametrize("path", WINDOWED)
@pytest.mark.parametrize("sort_by", ["id", "update_time"])
def test_a_window_includes_its_beginning_and_excludes_its_end(
    sandbox: Sandbox, path: str, sort_by: str
) -> None:
    rows = live(sandbox, path)
    times = sorted({row["update_time"] for row in rows if row["update_time"]})
    since, until = times[len(times) // 3], times[-2]
    found = flat(
        sandbox.walk(f"/api/v2/{path}", limit=5, sort_by=sort_by, updated_since=since, updated_until=until)
    )
    wanted = {row["id"] for row in rows if row["update_time"] and since <= row["update_time"] < until}
    assert {row["id"] for row in found} == wanted
    assert len(found) == len(wanted) > 0
    assert since in {row["update_time"] for row in found}


def test_a_record_that_never_changed_matches_no_window_and_sorts_first(fresh: Sandbox) -> None:
    activities = fresh.at.account["activities"]
    for record in [row for row in live(fresh, "activities") if row["id"] in {5, 9}]:
        activities.put({**record, "update_time": None})
    unchanged = [row["id"] for row in live(fresh, "activities") if row["update_time"] is None]
    assert unchanged
    for window in ({"updated_since": "2000-01-01T00:00:00Z"}, {"updated_until": "2100-01-01T00:00:00Z"}):
        for sort_by in ("id", "update_time"):
            found = {
                row["id"] for row in fresh.rows("/api/v2/activities", limit=500, sort_by=sort_by, **window)
            }
            assert found == {row["id"] for row in live(fresh, "activities")} - set(unchanged)
    walked = flat(fresh.walk("/api/v2/activities", limit=1, sort_by="update_time"))
    assert [row["id"] for row in walked[: len(unchanged)]] == unchanged


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *(("activities", name) for name in ("owner_id", "deal_id", "lead_id", "person_id", "org_id", "done")),
        *(("deals", name) for name in ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id")),
        ("deals/archived", "pipeline_id"),
        *(("persons", name) for name in ("owner_id", "org_id")),
        ("organizations", "owner_id"),
        ("products", "owner_id"),
        ("stages", "pipeline_id"),
    ],
)
def test_a_filter_keeps_exactly_what_matches(sandbox: Sandbox, path: str, field: str) -> None:
    rows = live(sandbox, path)
    value = next(row[field] for row in rows if row[field] is not None)
    asked = {field: str(value).lower() if isinstance(value, bool) else value}
    found = flat(sandbox.walk(f"/api/v2/{path}", limit=6, **asked))
    assert [row["id"] for row in found] == [row["id"] for row in rows if row[field] == value]


def test_filters_and_a_window_narrow_each_other(sandbox: Sandbox) -> None:
    owner = live(sandbox, "activities")[0]["owner_id"]
    rows = [row for row in live(sandbox, "activities") if row["owner_id"] == owner and row["done"]]
    times = sorted({row["update_time"] for row in rows if row["update_time"]})
    window = {"updated_since": times[2], "updated_until": times[-2]}
    found = sandbox.rows("/api/v2/activities", limit=500, owner_id=owner, done="true", **window)
    wanted = [row["id"] for row in rows if times[2] <= (row["update_time"] or "") < times[-2]]
    assert [row["id"] for row in found] == wanted
    assert wanted


def test_persons_can_be_asked_for_by_deal(sandbox: Sandbox) -> None:
    deal = next(row for row in live(sandbox, "deals") if row["person_id"])
    assert [row["id"] for row in sandbox.rows("/api/v2/persons", deal_id=deal["id"])] == [deal["person_id"]]


def test_ids_bring_the_live_ones_among_them(sandbox: Sandbox) -> None:
    rows = sandbox.truth("activities")
    deleted = next(row["id"] for row in rows if row["is_deleted"])
    living = next(row["id"] for row in rows if not row["is_deleted"])
    found = sandbox.rows("/api/v2/activities", ids=f"{living},{deleted},999999")
    assert [row["id"] for row in found] == [living]


def test_more_than_a_hundred_ids_are_refused(sandbox: Sandbox) -> None:
    assert len(sandbox.rows("/api/v2/activities", ids=",".join(map(str, range(1, 101))))) > 50
    assert sandbox.get("/api/v2/activities", ids=",".join(map(str, range(1, 102)))).status_code == 400


@pytest.mark.parametrize("status", ["open", "won", "lost", "deleted", "open,won,lost,deleted", "won,deleted"])
def test_deals_can_be_asked_for_by_status_and_only_so_when_deleted(sandbox: Sandbox, status: str) -> None:
    rows = [row for row in sandbox.truth("deals") if not row["is_archived"]]
    asked = status.split(",")
    wanted = [row["id"] for row in rows if ("deleted" if row["is_deleted"] else row["status"]) in asked]
    assert [row["id"] for row in sandbox.rows("/api/v2/deals", status=status, limit=500)] == wanted
    assert wanted


def test_attendees_come_only_when_asked_for(sandbox: Sandbox) -> None:
    truth = {row["id"]: row["attendees"] for row in sandbox.truth("activities")}
    assert any(truth.values())
    assert all("attendees" not in row for row in sandbox.rows("/api/v2/activities", limit=500))
    rows = sandbox.rows("/api/v2/activities", limit=500, include_fields="attendees")
    assert all(row["attendees"] == truth[row["id"]] for row in rows)
    one = f"/api/v2/activities/{rows[0]['id']}"
    assert "attendees" not in sandbox.get(one).json()["data"]
    assert sandbox.get(one, include_fields="attendees").json()["data"] == rows[0]


@pytest.mark.parametrize("path", FIELDS)
def test_field_lists_are_paged_and_have_no_id(sandbox: Sandbox, path: str) -> None:
    rows = flat(sandbox.walk(f"/api/v2/{path}", limit=4, include_fields="ui_visibility"))
    assert [row["field_code"] for row in rows] == [row["field_code"] for row in sandbox.truth(FIELDS[path])]
    assert all("id" not in row for row in rows)


@pytest.mark.parametrize("entity", ["activities", "deals", "persons", "organizations"])
def test_one_record_is_the_same_as_in_the_list(sandbox: Sandbox, entity: str) -> None:
    row = sandbox.rows(f"/api/v2/{entity}", limit=1)[0]
    body = sandbox.get(f"/api/v2/{entity}/{row['id']}").json()
    assert body == {"success": True, "data": row}


@pytest.mark.parametrize(
    ("path", "name"),
    [("activities", "Activity"), ("deals", "Deal"), ("persons", "Person"), ("organizations", "Organization")],
)
def test_an_unknown_id_is_not_found(sandbox: Sandbox, path: str, name: str) -> None:
    response = sandbox.get(f"/api/v2/{path}/999999")
    assert response.status_code == 404
    assert response.json()["error"] == f"{name} not found"


def test_a_page_has_a_hundred_rows_unless_said_otherwise(sandbox: Sandbox) -> None:
    body = sandbox.get("/api/v2/activities").json()
    assert len(body["data"]) == 100
    assert body["additional_data"]["next_cursor"]


def test_the_last_page_says_so_with_null(sandbox: Sandbox) -> None:
    body = sandbox.get("/api/v2/pipelines").json()
    assert body["additional_data"] == {"next_cursor": None}


@pytest.mark.parametrize(
    ("path", "params", "error"),
    [
        ("activities", {"type": "call"}, "Parameter 'type' is not allowed"),
        ("products", {"updated_until": "2026-01-01T00:00:00Z"}, "Parameter 'updated_until' is not allowed"),
        ("pipelines", {"updated_since": "2026-01-01T00:00:00Z"}, "Parameter 'updated_since' is not allowed"),
        ("stages", {"updated_since": "2026-01-01T00:00:00Z"}, "Parameter 'updated_since' is not allowed"),
        ("deals/archived", {"include_labels": "true"}, "Parameter 'include_labels' is not allowed"),
        ("dealFields", {"sort_by": "id"}, "Parameter 'sort_by' is not allowed"),
        ("persons", {"status": "open"}, "Parameter 'status' is not allowed"),
        ("activities", {"updated_since": "2026-01-01 00:00:00"}, "not a valid datetime"),
        ("activities", {"updated_since": "2026-01-01T00:00:00.000Z"}, "not a valid datetime"),
        ("activities", {"updated_until": "2026-01-01T00:00:00+00:00"}, "not a valid datetime"),
        ("activities", {"updated_until": "2026-13-01T00:00:00Z"}, "not a valid datetime"),
        ("activities", {"limit": 501}, "limit"),
        ("activities", {"limit": 0}, "limit"),
        ("activities", {"limit": "many"}, "limit"),
        ("activities", {"sort_by": "subject"}, "sort_by"),
        ("deals", {"sort_by": "due_date"}, "sort_by"),
        ("activities", {"sort_direction": "up"}, "sort_direction"),
        ("activities", {"owner_id": "me"}, "owner_id"),
        ("activities", {"done": "1"}, "done"),
        ("activities", {"ids": "1,x"}, "ids"),
        ("activities", {"include_fields": "note"}, "include_fields"),
        ("activities", {"cursor": "no cursor"}, "cursor"),
        ("deals", {"status": "open,closed"}, "status"),
        ("deals", {"custom_fields": ",".join("abcdefghijklmnop")}, "custom_fields"),
    ],
)
def test_what_the_schema_does_not_admit_is_refused(
    sandbox: Sandbox, path: str, params: dict[str, Any], error: str
) -> None:
    response = sandbox.get(f"/api/v2/{path}", **params)
    body = response.json()
    assert response.status_code == 400
    assert body["success"] is False
    assert body["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert error in body["error"]


def test_a_cursor_belongs_to_its_order(sandbox: Sandbox) -> None:
    cursor = sandbox.get("/api/v2/deals", limit=2).json()["additional_data"]["next_cursor"]
    assert sandbox.get("/api/v2/deals", limit=2, cursor=cursor).status_code == 200
    assert sandbox.get("/api/v2/deals", limit=2, cursor=cursor, sort_by="update_time").status_code == 400


def test_rows_edited_during_a_walk_move_to_its_end(fresh: Sandbox) -> None:
    first = fresh.get("/api/v2/activities", limit=10, sort_by="update_time").json()
    edited = first["data"][0]["id"]
    assert fresh.ask("PATCH", f"/api/v2/activities/{edited}", json={"note": "edited"}).status_code == 200
    cursor = first["additional_data"]["next_cursor"]
    rest = fresh.rows("/api/v2/activities", limit=500, sort_by="update_time", cursor=cursor)
    assert rest[-1]["id"] == edited
    assert len(first["data"]) + len(rest) == len(live(fresh, "activities")) + 1


@pytest.mark.parametrize("path", ["/v2/activities", "/api/v2/nothing", "/api/v3/deals", "/", "/v1/deals"])
def test_an_unknown_path_is_answered_with_html(sandbox: Sandbox, path: str) -> None:
    response = sandbox.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
