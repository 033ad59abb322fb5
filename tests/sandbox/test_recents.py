"""/v1/recents: what changed, what was deleted, by offset."""

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox

SINCE = "2026-09-10 00:00:00"
ENTITIES = {"activity": "activities", "deal": "deals", "person": "persons", "organization": "organizations"}


def recents(sandbox: Sandbox, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    start: int | None = 0
    while start is not None:
        body = sandbox.get("/v1/recents", since_timestamp=SINCE, start=start, **params).json()
        rows += body["data"]
        pagination = body["additional_data"]["pagination"]
        assert pagination["more_items_in_collection"] is ("next_start" in pagination)
        start = pagination.get("next_start")
    return rows


@pytest.mark.parametrize("item", ENTITIES)
def test_recents_bring_every_change_deletions_included(sandbox: Sandbox, item: str) -> None:
    rows = recents(sandbox, items=item, limit=7)
    since = SINCE.replace(" ", "T")
    changed = [r for r in sandbox.truth(ENTITIES[item]) if (r["update_time"] or "") > since]
    assert any(record["is_deleted"] for record in changed)
    assert [row["id"] for row in rows] == [
        r["id"] for r in sorted(changed, key=lambda r: (r["update_time"], r["id"]))
    ]
    assert {row["item"] for row in rows} == {item}


@pytest.mark.parametrize("item", ENTITIES)
def test_a_deleted_record_says_so_or_comes_without_data(sandbox: Sandbox, item: str) -> None:
    truth = {row["id"]: row for row in sandbox.truth(ENTITIES[item])}
    rows = [row for row in recents(sandbox, items=item, limit=500) if truth[row["id"]]["is_deleted"]]
    for row in rows:
        data = row["data"]
        assert (data is None) == (row["id"] % 3 == 0)
        if data and item == "deal":
            assert (data["deleted"], data["status"], data["active"]) == (True, "deleted", False)
        elif data:
            assert data["active_flag"] is False
        if data and item in {"person", "organization"}:
            assert data["delete_time"] == data["update_time"]


@pytest.mark.parametrize("item", ENTITIES)
def test_a_living_record_always_has_its_data(sandbox: Sandbox, item: str) -> None:
    living = {row["id"] for row in sandbox.truth(ENTITIES[item]) if not row["is_deleted"]}
    rows = [row for row in recents(sandbox, items=item, limit=500) if row["id"] in living]
    assert rows
    assert all(row["data"]["id"] == row["id"] for row in rows)
    assert all(not row["data"].get("deleted") for row in rows)


def test_since_itself_is_excluded(sandbox: Sandbox) -> None:
    latest = recents(sandbox, items="activity", limit=500)[-1]["data"]["update_time"]
    body = sandbox.get("/v1/recents", since_timestamp=latest, items="activity").json()
    assert body["data"] == []
    assert body["additional_data"]["pagination"] == {
        "start": 0,
        "limit": 100,
        "more_items_in_collection": False,
    }


def test_recents_of_all_kinds_are_in_the_order_of_their_times(sandbox: Sandbox) -> None:
    rows = recents(sandbox, limit=11)
    times = [row["data"]["update_time"] for row in rows if row["data"]]
    assert times == sorted(times)
    assert {"activity", "deal", "person", "organization", "product"} <= {row["item"] for row in rows}
    assert len({(row["item"], row["id"]) for row in rows}) == len(rows)


@pytest.mark.parametrize("since", [None, "2026-08-01 00:00:00", "2026-10-01T00:00:00Z"])
def test_recents_need_a_time_at_most_a_month_back(sandbox: Sandbox, since: str | None) -> None:
    params = {} if since is None else {"since_timestamp": since}
    response = sandbox.get("/v1/recents", **params)
    assert response.status_code == 400
    assert response.json()["success"] is False
