"""The daily budget, the burst, and the headers that tell of them."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from sources.sandbox.clock import Clock
from sources.sandbox.limits import Allowance, Limits
from tests.sandbox.conftest import ADMIN, REGULAR, Sandbox, opened

COSTS = {
    "/api/v2/activities": 10,
    "/api/v2/activities/1": 1,
    "/api/v2/deals": 10,
    "/api/v2/deals/archived": 20,
    "/api/v2/pipelines": 5,
    "/api/v2/stages": 5,
    "/api/v2/dealFields": 10,
    "/v1/users": 20,
    "/v1/users/me": 2,
    "/v1/recents": 20,
    "/v1/persons/collection": 10,
}


@pytest.mark.parametrize(("path", "cost"), COSTS.items())
def test_a_request_costs_what_is_published(sandbox: Sandbox, path: str, cost: int) -> None:
    before = int(sandbox.get(path).headers["x-daily-ratelimit-token-remaining"])
    after = int(sandbox.get(path).headers["x-daily-ratelimit-token-remaining"])
    assert before - after == cost


def test_writes_cost_what_is_published(fresh: Sandbox) -> None:
    left = [fresh.http.get("/_sandbox/limits").json()["daily_remaining"]]
    for method, path in (("POST", ""), ("PATCH", "/1"), ("DELETE", "/1")):
        fresh.ask(method, f"/api/v2/activities{path}", json={})
        left.append(fresh.http.get("/_sandbox/limits").json()["daily_remaining"])
    assert [a - b for a, b in itertools.pairwise(left)] == [5, 5, 3]


def test_every_reply_tells_where_one_stands() -> None:
    with opened(limits=True, plan="premium", seats=3) as sandbox:
        headers = sandbox.get("/v1/users/me").headers
        assert headers["x-ratelimit-limit"] == "100"
        assert headers["x-ratelimit-remaining"] == "99"
        assert headers["x-ratelimit-reset"] == "2"
        assert headers["x-daily-ratelimit-token-limit"] == str(30_000 * 5 * 3)
        assert headers["x-daily-ratelimit-token-remaining"] == str(30_000 * 5 * 3)
        following = sandbox.get("/api/v2/nobody-knows").headers
        assert "x-ratelimit-limit" not in following
        refused = sandbox.get("/api/v2/deals", sort_by="no").headers
        assert refused["x-daily-ratelimit-token-remaining"] == str(30_000 * 5 * 3 - 2)
        assert refused["x-correlation-id"] != headers["x-correlation-id"]


def test_too_many_requests_at_once_are_refused_by_credential_and_cost_nothing() -> None:
    with opened(limits=True) as sandbox:
        sandbox.control("limits", burst=2)
        # all within two seconds, unless the machine stands still
        statuses = [sandbox.get("/v1/users/me").status_code for _ in range(3)]
        refused = sandbox.get("/v1/users/me")
        assert statuses == [200, 200, 429]
        assert refused.json() == {
            "success": False,
            "error": "request over limit",
            "errorCode": 429,
            "error_info": "Please check developers.pipedrive.com",
        }
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert refused.headers["x-ratelimit-reset"] in {"1", "2"}
        assert "retry-after" not in refused.headers
        assert refused.headers["x-daily-ratelimit-token-remaining"] == str(300_000 - 4)
        assert sandbox.get("/v1/users/me", headers=REGULAR).status_code == 200


def test_a_spent_budget_is_refused_until_midnight_of_the_sandbox() -> None:
    with opened(limits=True) as sandbox:
        sandbox.control("limits", daily_remaining=12)
        assert sandbox.get("/api/v2/deals").status_code == 200
        refused = sandbox.get("/api/v2/deals")
        assert refused.status_code == 429
        assert refused.json() == {
            "success": False,
            "error": "daily request budget exceeded",
            "errorCode": 429,
            "error_info": "Please check developers.pipedrive.com",
        }
        wait = int(refused.headers["retry-after"])
        assert 4 * 3600 - 60 < wait <= 4 * 3600  # the sandbox starts at 20:00
        assert sandbox.get("/v1/users/me", headers=REGULAR).status_code == 200  # 2 were left, for all
        assert sandbox.get("/v1/users/me").status_code == 429
        sandbox.control("clock", by=wait)
        renewed = sandbox.get("/api/v2/deals")
        assert renewed.status_code == 200
        assert renewed.headers["x-daily-ratelimit-token-remaining"] == "300000"


def test_limits_can_be_set_while_it_runs(fresh: Sandbox) -> None:
    shown = fresh.control("limits", plan="lite", seats=2, enabled=True)
    assert (shown["daily"], shown["burst"], shown["enabled"]) == (60_000, {"api": 20, "oauth": 80}, True)
    assert fresh.http.post("/_sandbox/limits", json={"plan": "gold"}).status_code == 400
    assert fresh.http.post("/_sandbox/limits", json={"remaining": 1}).status_code == 400


def test_without_limits_nothing_is_refused(fresh: Sandbox) -> None:
    fresh.control("limits", burst=1, daily_remaining=0)
    assert {fresh.get("/v1/users/me").status_code for _ in range(5)} == {200}


def made(now: list[float], **given: int) -> Limits:
    def tick() -> float:
        return now[0]

    clock = Clock(datetime(2026, 10, 1, 23, 59, 50, tzinfo=UTC), tick)
    facts = {"daily": 1000, "burst": 3, **given}
    return Limits(Allowance(facts["daily"], {"api": facts["burst"]}), clock, monotonic=tick)


def test_the_burst_window_rolls() -> None:
    now = [100.0]
    limits = made(now)
    refusals = []
    for step in (0, 0.5, 1.0, 0.4, 0.2, 0.1, 0.3):
        now[0] += step
        refusals.append(limits.charge("a", "api", 1).refused)
    # requests at 0, .5, 1.5 fill it; 1.9 is refused, 2.1 has room again, 2.2 not, 2.5 does
    assert refusals == ["", "", "", "burst", "", "burst", ""]


def test_the_day_turns_at_midnight() -> None:
    now = [0.0]
    limits = made(now, daily=20, burst=100)
    assert [limits.charge("a", "api", 10).refused for _ in range(3)] == ["", "", "budget"]
    now[0] += timedelta(seconds=11).total_seconds()
    assert limits.daily_remaining == 20
    assert limits.charge("a", "api", 10).daily_remaining == 20


def test_admin_and_regular_tokens_share_the_budget(fresh: Sandbox) -> None:
    left = [
        int(fresh.get("/v1/users", headers=who).headers["x-daily-ratelimit-token-remaining"])
        for who in (ADMIN, REGULAR, ADMIN)
    ]
    assert [a - b for a, b in itertools.pairwise(left)] == [20, 20]
