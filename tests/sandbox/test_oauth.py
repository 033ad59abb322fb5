"""OAuth tokens, API tokens, and strangers."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sources.pipedrive.sandbox.costs import COSTS
from sources.pipedrive.sandbox.scopes import ALL, reaches
from tests.sandbox.conftest import Sandbox, opened

CLIENT = ("sandbox-client", "sandbox-secret")
CALLBACK = "http://localhost:8723/callback"
ASKED = {"client_id": CLIENT[0], "redirect_uri": CALLBACK, "state": "mine", "response_type": "code"}
DAY = 86400


def come_back(sandbox: Sandbox, decision: str = "allow", **params: str) -> dict[str, str]:
    """What the browser comes back with from the page of consent."""
    answer = sandbox.http.get("/oauth/authorize", params={**ASKED, **params, "decision": decision})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def exchange(sandbox: Sandbox, form: dict[str, str], client: tuple[str, str] = CLIENT) -> httpx.Response:
    return sandbox.http.post("/oauth/token", data=form, auth=client)


def for_code(sandbox: Sandbox, code: str, **form: str) -> httpx.Response:
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return exchange(sandbox, {**grant, **form})


def for_refresh(sandbox: Sandbox, token: str) -> httpx.Response:
    return exchange(sandbox, {"grant_type": "refresh_token", "refresh_token": token})


def logged_in(sandbox: Sandbox) -> dict[str, Any]:
    answer = for_code(sandbox, come_back(sandbox)["code"])
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def get(sandbox: Sandbox, token: str, path: str = "/v1/users/me") -> httpx.Response:
    return sandbox.get(path, headers={"authorization": f"Bearer {token}"})


def refused(answer: httpx.Response, message: str) -> None:
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["message"] == message


def test_the_page_asks_and_its_links_lead_back_with_a_code_or_without(fresh: Sandbox) -> None:
    page = fresh.http.get("/oauth/authorize", params=ASKED)
    assert page.headers["content-type"].startswith("text/html")
    assert "decision=allow" in page.text
    assert come_back(fresh).keys() == {"code", "state"}
    assert come_back(fresh, "deny") == {"error": "access_denied", "state": "mine"}


@pytest.mark.parametrize("wrong", [{"client_id": "other"}, {"redirect_uri": "http://localhost:1/callback"}])
def test_an_app_or_a_callback_that_is_not_registered_gets_a_page_and_no_code(
    fresh: Sandbox, wrong: dict[str, str]
) -> None:
    answer = fresh.http.get("/oauth/authorize", params={**ASKED, **wrong, "decision": "allow"})
    assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_a_code_brings_tokens_that_work_and_is_good_once(fresh: Sandbox) -> None:
    code = come_back(fresh)["code"]
    body = for_code(fresh, code).json()
    assert (body["token_type"], body["expires_in"], body["api_domain"]) == ("Bearer", 3600, fresh.at.url)
    assert get(fresh, body["access_token"]).json()["data"]["id"] == 1
    refused(for_code(fresh, code), "Invalid grant: authorization_code is invalid")


def test_a_code_dies_after_five_minutes(fresh: Sandbox) -> None:
    code = come_back(fresh)["code"]
    fresh.control("clock", by=301)
    refused(for_code(fresh, code), "Invalid grant: authorization_code has expired")


def test_a_bad_grant_is_refused_in_the_words_of_the_documents(fresh: Sandbox) -> None:
    code = come_back(fresh)["code"]
    refused(for_code(fresh, "guessed"), "Invalid grant: authorization_code is invalid")
    refused(for_code(fresh, code, redirect_uri="http://x"), "Invalid request: redirect_uri is invalid")
    refused(for_refresh(fresh, "stale"), "Invalid grant: refresh_token is invalid")
    assert "grant type" in exchange(fresh, {"grant_type": "password"}).json()["message"]
    wrong = exchange(fresh, {"grant_type": "refresh_token"}, (CLIENT[0], "wrong"))
    refused(wrong, "Invalid client: client is invalid")


def test_an_access_token_dies_within_the_hour_of_the_sandbox(fresh: Sandbox) -> None:
    body = logged_in(fresh)
    fresh.control("clock", by=3500)
    assert get(fresh, body["access_token"]).status_code == 200
    fresh.control("clock", by=200)
    assert get(fresh, body["access_token"]).status_code == 401
    again = for_refresh(fresh, body["refresh_token"]).json()
    assert again["refresh_token"] == body["refresh_token"]
    assert get(fresh, again["access_token"]).status_code == 200


def test_a_refresh_token_dies_after_sixty_days_without_use(fresh: Sandbox) -> None:
    token = logged_in(fresh)["refresh_token"]
    for _ in range(2):
        fresh.control("clock", by=59 * DAY)
        assert for_refresh(fresh, token).status_code == 200
    fresh.control("clock", by=61 * DAY)
    refused(for_refresh(fresh, token), "Invalid grant: refresh_token is invalid")


def test_refresh_tokens_that_rotate_are_good_once(fresh: Sandbox) -> None:
    fresh.control("login", rotates=True)
    first = logged_in(fresh)["refresh_token"]
    second = for_refresh(fresh, first).json()["refresh_token"]
    assert first != second
    assert for_refresh(fresh, first).status_code == 400
    assert for_refresh(fresh, second).status_code == 200


def test_a_login_that_is_given_back_or_taken_back_is_over(fresh: Sandbox) -> None:
    given, taken = logged_in(fresh), logged_in(fresh)
    form = {"token": given["refresh_token"], "token_type_hint": "refresh_token"}
    assert fresh.http.post("/oauth/revoke", data=form, auth=(CLIENT[0], "wrong")).status_code == 400
    assert fresh.http.post("/oauth/revoke", data=form, auth=CLIENT).status_code == 200
    assert get(fresh, given["access_token"]).status_code == 401
    assert get(fresh, taken["access_token"]).status_code == 200
    fresh.control("login", end=True)
    assert for_refresh(fresh, taken["refresh_token"]).status_code == 400
    assert get(fresh, taken["access_token"]).status_code == 401


def test_an_app_is_let_in_where_its_scopes_reach(fresh: Sandbox) -> None:
    fresh.control("login", scopes="base,deals:read,activities:full")
    body = logged_in(fresh)
    assert body["scope"] == "activities:full,base,deals:read"
    statuses = {
        path: get(fresh, body["access_token"], path).status_code
        for path in (
            *("/v1/users/me", "/api/v2/deals", "/v1/notes", "/api/v2/activities", "/api/v2/deals/products"),
            *("/api/v2/persons", "/v1/deals/1/flow", "/v1/recents", "/api/v2/activityFields"),
        )
    }
    assert [path for path, status in statuses.items() if status == 403] == [
        *("/api/v2/persons", "/v1/deals/1/flow", "/v1/recents", "/api/v2/activityFields"),
    ]
    told = get(fresh, body["access_token"], "/api/v2/persons").json()
    assert (told["error"], told["errorCode"]) == ("Scope and URL mismatch", 403)
    signed = {"authorization": f"Bearer {body['access_token']}"}
    written = {
        path: fresh.ask("POST", path, headers=signed, json={"title": "x"}).status_code
        for path in ("/api/v2/deals", "/api/v2/activities")
    }
    assert written["/api/v2/deals"] == 403
    assert written["/api/v2/activities"] != 403


def test_every_endpoint_is_within_the_reach_of_some_scope() -> None:
    assert [key for key in COSTS if not reaches(ALL, key)] == []
    assert [key for key in COSTS if reaches(frozenset(), key)] == []


def test_what_cannot_be_set_of_a_login_is_refused(fresh: Sandbox) -> None:
    for wrong in ({"colour": "red"}, {"consent": "perhaps"}):
        assert fresh.http.post("/_sandbox/login", json=wrong).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-api-token": "guess"}, {"authorization": "Bearer guess"}, {"authorization": "Basic eA=="}],
)
@pytest.mark.parametrize("path", ["/api/v2/activities", "/v1/users", "/v1/activities/collection"])
def test_strangers_are_turned_away(sandbox: Sandbox, headers: dict[str, Any], path: str) -> None:
    response = sandbox.get(path, headers=headers)
    assert response.status_code == 401
    assert response.json() == {
        "success": False,
        "error": "unauthorized access",
        "errorCode": 401,
        "error_info": "Please check developers.pipedrive.com",
    }


def test_an_app_may_burst_four_times_as_much_as_a_token() -> None:
    with opened(plan="growth", limits=True) as sandbox:
        token = logged_in(sandbox)["access_token"]
        assert get(sandbox, token).headers["x-ratelimit-limit"] == "160"
        assert sandbox.get("/v1/users/me").headers["x-ratelimit-limit"] == "40"
