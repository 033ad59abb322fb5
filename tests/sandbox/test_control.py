"""The clock, business days, the truth, statistics, latency."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.sandbox.conftest import Sandbox, opened


def now(sandbox: Sandbox) -> datetime:
    return parsedate_to_datetime(sandbox.get("/v1/users/me").headers["date"])


def test_the_date_of_every_reply_is_the_sandbox_clock(fresh: Sandbox) -> None:
    assert (now(fresh) - datetime(2026, 10, 1, 20, tzinfo=UTC)).total_seconds() in range(60)
    fresh.control("clock", to="2026-12-24T18:00:00Z")
    assert f"{now(fresh):%Y-%m-%d %H}" == "2026-12-24 18"
    refused = fresh.get("/api/v2/activities", headers={})
    assert "24 Dec 2026" in refused.headers["date"]
    assert "server" not in refused.headers


def test_the_clock_does_not_go_back(fresh: Sandbox) -> None:
    assert fresh.http.post("/_sandbox/clock", json={"to": "2026-01-01T00:00:00Z"}).status_code == 400
    assert fresh.http.post("/_sandbox/clock", json={"by": -5}).status_code == 400
    assert fresh.http.post("/_sandbox/clock", json={"to": "soon"}).status_code == 400


def test_advancing_skips_the_weekend_and_ends_at_eight(fresh: Sandbox) -> None:
    told = fresh.control("advance", days=2)
    assert [day["day"] for day in told["days"]] == ["2026-10-02", "2026-10-05"]
    assert f"{now(fresh):%Y-%m-%d %H}" == "2026-10-05 20"
    assert all(sum(day["events"]["pipedrive"].values()) > 0 for day in told["days"])


def test_what_a_day_changes_is_in_its_window(fresh: Sandbox) -> None:
    before = {row["id"]: row for row in fresh.truth("activities")}
    fresh.control("advance")
    after = {row["id"]: row for row in fresh.truth("activities")}
    changed = {i for i, row in after.items() if row != before.get(i) and not row["is_deleted"]}
    found = fresh.rows("/api/v2/activities", limit=500, updated_since="2026-10-02T00:00:00Z")
    assert {row["id"] for row in found} == changed


def test_a_day_can_be_exactly_so_many_edits_of_activities(fresh: Sandbox) -> None:
    deals = fresh.truth("deals")
    told = fresh.control("advance", days=2, activity_changes=7)
    assert [day["events"]["pipedrive"] for day in told["days"]] == [{"activities edited": 7}] * 2
    changed = fresh.rows("/api/v2/activities", limit=500, updated_since="2026-10-05T00:00:00Z")
    assert len(changed) == 7
    assert fresh.truth("deals") == deals
    refused = fresh.http.post("/_sandbox/advance", json={"activity_changes": -1})
    assert refused.status_code == 400


def test_two_sandboxes_of_one_seed_live_through_the_same_day() -> None:
    seen = []
    for _ in range(2):
        with opened(seed=7) as sandbox:
            sandbox.control("advance", days=1, intensity=0.5)
            seen.append(sandbox.http.get("/_sandbox/truth/deals").content)
    assert seen[0] == seen[1]


def test_what_was_deleted_is_gone_after_thirty_days_save_from_the_truth(fresh: Sandbox) -> None:
    gone = fresh.rows("/api/v2/deals", limit=1)[0]["id"]
    deals = fresh.at.account["deals"]
    deals.put({**(deals.get(gone) or {}), "is_deleted": True, "update_time": "2026-10-01T19:00:00Z"})

    def listed() -> bool:
        return gone in [row["id"] for row in fresh.rows("/api/v2/deals", status="deleted", limit=500)]

    fresh.control("clock", by=29 * 86400)
    assert listed()
    assert fresh.get(f"/api/v2/deals/{gone}").status_code == 200
    assert fresh.control("clock", by=86400)["purged"]["pipedrive"] > 0
    assert not listed()
    assert fresh.get(f"/api/v2/deals/{gone}").status_code == 404
    recent = fresh.get("/v1/recents", since_timestamp="2026-10-01 00:00:00", items="deal", limit=500).json()
    assert gone not in [row["id"] for row in recent["data"]]
    assert gone in [row["id"] for row in fresh.truth("deals")]


def test_the_truth_is_everything_in_any_number_of_rows() -> None:
    with opened(activities=2500) as sandbox:
        rows = sandbox.truth("activities")
        assert len(rows) == len(sandbox.at.account["activities"]) >= 2500
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
        assert all("attendees" in row for row in rows)
        assert sandbox.truth("deal_fields")[0]["id"] == 1
        assert sandbox.http.get("/_sandbox/truth/unknown").status_code == 404


def test_statistics_count_what_was_asked_but_not_control(fresh: Sandbox) -> None:
    served = [fresh.get("/api/v2/deals"), fresh.get("/api/v2/deals", x=1), fresh.get("/v1/users/me")]
    stats = fresh.http.get("/_sandbox/stats").json()
    assert (stats["requests"], stats["tokens"], stats["errors"]) == (3, 22, 1)
    assert stats["bytes"] == sum(len(response.content) for response in served)
    assert stats["endpoints"]["GET v2/deals"]["requests"] == 2
    fresh.control("stats/reset")
    assert fresh.http.get("/_sandbox/stats").json()["requests"] == 0


def test_latency_can_be_set(fresh: Sandbox) -> None:
    fresh.control("latency", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        fresh.ask("GET", "/v1/users/me", timeout=0.05)
    fresh.control("latency", seconds=0)
    assert fresh.ask("GET", "/v1/users/me", timeout=5).status_code == 200


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"days": "two"}'])
def test_a_control_body_that_cannot_be_read_is_refused(fresh: Sandbox, content: bytes) -> None:
    response = fresh.http.post("/_sandbox/advance", content=content)
    assert response.status_code == 400
    assert response.json()["error"]
