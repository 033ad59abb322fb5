"""OAuth tokens, API tokens, and strangers."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Sandbox, opened

CLIENT = ("sandbox-client", "sandbox-secret")
CODE = {"grant_type": "authorization_code", "code": "sandbox-code", "redirect_uri": "http://localhost/back"}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh"}


def exchange(sandbox: Sandbox, form: dict[str, str], client: tuple[str, str] = CLIENT) -> httpx.Response:
    return sandbox.http.post("/oauth/token", data=form, auth=client)


def me(sandbox: Sandbox, token: str) -> httpx.Response:
    return sandbox.get("/v1/users/me", headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("form", [CODE, REFRESH])
def test_a_grant_brings_a_token_that_works(fresh: Sandbox, form: dict[str, str]) -> None:
    body = exchange(fresh, form).json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["refresh_token"] == "sandbox-refresh"
    assert body["api_domain"] == fresh.at.url
    assert me(fresh, body["access_token"]).json()["data"]["id"] == 1


def test_an_access_token_dies_within_the_hour_of_the_sandbox(fresh: Sandbox) -> None:
    token = exchange(fresh, CODE).json()["access_token"]
    fresh.control("clock", by=3500)
    assert me(fresh, token).status_code == 200
    fresh.control("clock", by=200)
    assert me(fresh, token).status_code == 401
    renewed = exchange(fresh, REFRESH).json()["access_token"]
    assert me(fresh, renewed).status_code == 200


@pytest.mark.parametrize(
    ("form", "client", "status", "message"),
    [
        ({**REFRESH, "refresh_token": "stale"}, CLIENT, 400, "Invalid grant: refresh_token is invalid"),
        ({**CODE, "code": "used"}, CLIENT, 400, "Invalid grant: code is invalid"),
        ({"grant_type": "password"}, CLIENT, 400, "grant type"),
        (REFRESH, ("sandbox-client", "wrong"), 401, "Invalid client"),
    ],
)
def test_a_bad_grant_is_refused(
    sandbox: Sandbox, form: dict[str, str], client: tuple[str, str], status: int, message: str
) -> None:
    response = exchange(sandbox, form, client)
    assert response.status_code == status
    assert message in response.json()["message"]


def test_a_refresh_token_dies_after_sixty_days_without_use(fresh: Sandbox) -> None:
    fresh.control("clock", by=59 * 86400)
    assert exchange(fresh, REFRESH).status_code == 200
    fresh.control("clock", by=59 * 86400)
    assert exchange(fresh, REFRESH).status_code == 200
    fresh.control("clock", by=61 * 86400)
    assert exchange(fresh, REFRESH).status_code == 400


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
        token = exchange(sandbox, CODE).json()["access_token"]
        assert me(sandbox, token).headers["x-ratelimit-limit"] == "160"
        assert sandbox.get("/v1/users/me").headers["x-ratelimit-limit"] == "40"
