"""Each fault on demand, and how it is armed."""

import contextlib
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import ADMIN, Sandbox

ACTIVITIES = "/api/v2/activities"
DEALS = "/api/v2/deals"


def statuses(sandbox: Sandbox, path: str, count: int) -> list[int]:
    return [sandbox.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("burst_429", 429, "request over limit"),
        ("budget_spent", 429, "daily request budget exceeded"),
        ("server_error", 503, "503 Service Temporarily Unavailable"),
        ("forbidden_html", 403, "Cloudflare"),
        ("unauthorized", 401, "unauthorized access"),
    ],
)
def test_a_refusal_strikes_once_and_is_over(fresh: Sandbox, kind: str, status: int, text: str) -> None:
    fresh.control("faults", kind=kind)
    struck = fresh.get(DEALS)
    assert struck.status_code == status
    assert text in struck.text
    assert fresh.get(DEALS).status_code == 200


def test_a_spent_budget_says_when_to_come_back(fresh: Sandbox) -> None:
    fresh.control("faults", kind="budget_spent")
    headers = fresh.get(DEALS).headers
    assert 0 < int(headers["retry-after"]) <= 4 * 3600
    assert headers["x-daily-ratelimit-token-remaining"] == "0"


@pytest.mark.parametrize(
    ("status", "kind"), [(500, "application/json"), (502, "text/html"), (503, "text/html")]
)
def test_server_errors_come_in_three_kinds(fresh: Sandbox, status: int, kind: str) -> None:
    fresh.control("faults", kind="server_error", status=status)
    struck = fresh.get(DEALS)
    assert struck.status_code == status
    assert struck.headers["content-type"].startswith(kind)


def test_a_connection_is_cut_in_mid_body(fresh: Sandbox) -> None:
    fresh.control("faults", kind="reset")
    with fresh.http.stream("GET", DEALS, headers=ADMIN) as response:
        parts = response.iter_raw()
        received = len(next(parts))
        with pytest.raises(httpx.RemoteProtocolError):
            received += sum(map(len, parts))
    assert 0 < received < int(response.headers["content-length"])
    assert fresh.get(DEALS).status_code == 200


def test_a_truncated_body_is_valid_http_and_broken_json(fresh: Sandbox) -> None:
    fresh.control("faults", kind="truncated")
    struck = fresh.get(DEALS)
    assert struck.status_code == 200
    assert len(struck.content) == int(struck.headers["content-length"])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        struck.json()


def test_a_slow_body_is_whole_in_the_end(fresh: Sandbox) -> None:
    whole = fresh.get(DEALS).json()
    fresh.control("faults", kind="slow", seconds=0.08)
    with fresh.http.stream("GET", DEALS, headers=ADMIN) as response:
        parts = list(response.iter_raw())
    assert len(parts) > 1
    assert httpx.Response(200, content=b"".join(parts)).json() == whole


def test_a_repeated_page_is_the_one_before_cursor_and_all(fresh: Sandbox) -> None:
    first = fresh.get("/api/v2/activities", limit=10).json()
    other = fresh.get("/api/v2/activities", limit=20).json()
    fresh.control("faults", kind="repeated_page")
    assert fresh.get("/api/v2/activities", limit=10).json() == first  # a first page has none before it
    cursor = first["additional_data"]["next_cursor"]
    assert fresh.get("/api/v2/activities", limit=10, cursor=cursor).json() == first
    following = fresh.get("/api/v2/activities", limit=10, cursor=cursor).json()
    assert following["data"] == other["data"][10:]


def test_a_cursor_can_be_refused_but_not_a_first_page(fresh: Sandbox) -> None:
    fresh.control("faults", kind="cursor_refused")
    cursor = fresh.get(DEALS, limit=2).json()["additional_data"]["next_cursor"]
    assert fresh.get(DEALS, limit=2, cursor=cursor).status_code == 400
    assert fresh.get(DEALS, limit=2, cursor=cursor).status_code == 200


def test_the_nth_matching_request_is_struck(fresh: Sandbox) -> None:
    fresh.control("faults", kind="server_error", path="/api/v2/deals", nth=3, times=2)
    fresh.get("/api/v2/persons")
    assert statuses(fresh, DEALS, 6) == [200, 200, 503, 503, 200, 200]


def test_a_path_may_be_a_prefix_or_a_pattern(fresh: Sandbox) -> None:
    fresh.control("faults", kind="unauthorized", path="/api/*/persons", times=None)
    assert statuses(fresh, "/api/v2/persons", 3) == [401] * 3
    assert fresh.get(DEALS).status_code == 200


def test_a_rate_strikes_some_and_the_same_ones_each_time(fresh: Sandbox) -> None:
    fresh.control("faults", kind="server_error", rate=0.5, times=None)
    struck = statuses(fresh, "/v1/users/me", 40)
    assert 5 < struck.count(503) < 35


def test_faults_are_listed_and_cleared(fresh: Sandbox) -> None:
    fresh.control("faults", kind="server_error", times=None)
    fresh.get(DEALS)
    (listed,) = fresh.http.get("/_sandbox/faults").json()
    assert (listed["kind"], listed["seen"], listed["fired"]) == ("server_error", 1, 1)
    assert fresh.http.delete("/_sandbox/faults").json() == []
    assert fresh.get(DEALS).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [{"kind": "flood"}, {"kind": "slow", "nth": 1, "rate": 0.5}, {"kind": "server_error", "status": 418}, {}],
)
def test_a_fault_that_makes_no_sense_is_refused(fresh: Sandbox, fault: dict[str, object]) -> None:
    assert fresh.http.post("/_sandbox/faults", json=fault).status_code == 400
    assert fresh.http.get("/_sandbox/faults").json() == []


def test_a_struck_request_costs_no_tokens(fresh: Sandbox) -> None:
    fresh.control("faults", kind="burst_429")
    fresh.get(DEALS)
    stats = fresh.http.get("/_sandbox/stats").json()
    assert (stats["requests"], stats["tokens"], stats["refused_429"]) == (1, 0, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "failed_after", "status": 500},
        {"kind": "late", "seconds": 0.5},
        {"kind": "reset"},
        {"kind": "truncated"},
    ],
)
def test_a_lost_answer_to_a_write_has_been_written_all_the_same(
    fresh: Sandbox, fault: dict[str, Any]
) -> None:
    fresh.control("faults", method="POST", path=ACTIVITIES, **fault)
    before = len(fresh.truth("activities"))
    response = None
    with contextlib.suppress(httpx.TransportError):
        response = fresh.ask("POST", ACTIVITIES, json={"subject": "once"}, timeout=0.2)
    assert response is None or response.status_code == 500 or not response.text.endswith("}")
    assert [row["subject"] for row in fresh.truth("activities")[before:]] == ["once"]


def test_what_is_refused_has_not_been_written(fresh: Sandbox) -> None:
    before = len(fresh.truth("activities"))
    for kind in ("server_error", "burst_429", "forbidden_html"):
        fresh.control("faults", kind=kind, method="POST,PATCH")
        assert fresh.ask("POST", ACTIVITIES, json={}).status_code in (503, 429, 403)
    assert len(fresh.truth("activities")) == before


def test_a_fault_may_concern_some_methods_only(fresh: Sandbox) -> None:
    fresh.control("faults", kind="server_error", method="PATCH,DELETE", times=None)
    assert fresh.get(ACTIVITIES, limit=1).status_code == 200
    assert fresh.ask("DELETE", f"{ACTIVITIES}/1").status_code == 503
