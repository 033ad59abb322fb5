"""What Pipedrive's answers mean: each an error of its own with a way out, and who we are there."""

import logging
from typing import Any

import httpx
import pytest

from sources.answers import server_time
from sources.budget import Tally
from sources.errors import (
    ApiError,
    BadBody,
    Blocked,
    BudgetSpent,
    BurstLimited,
    CursorRefused,
    NotAccepted,
    NotAllowed,
    NotServed,
    Refused,
    RoundtripError,
    ServerFailed,
    UsageError,
)
from sources.pipedrive.client import connect, identify, judge
from tests.test_http import HTML, PATH, SPENT, TOKEN, Host, said
from tests.virtual import at_once

MEANT: list[tuple[int, dict[str, Any], type[ApiError], str]] = [
    (200, HTML, NotServed, "company domain"),
    (302, {"headers": {"location": "https://evil.example"}}, NotServed, "company domain"),
    (400, said("Validation failed: limit: bad", code="ERR_SCHEMA_VALIDATION_FAILED"), Refused, "Pipedrive"),
    (400, said("Parameter 'type' is not allowed"), Refused, "Pipedrive"),
    (401, said("unauthorized access", errorCode=401), NotAccepted, "secrets.toml"),
    (402, said("account not open"), NotAllowed, "payment"),
    (403, said("Scope and URL mismatch", errorCode=403), NotAllowed, "roundtrip check"),
    (403, said("You do not have permissions to do this.", data=None), NotAllowed, "roundtrip check"),
    (403, said("full", code="feature_capping_deals_limit"), NotAllowed, "roundtrip check"),
    (403, HTML, Blocked, "later"),
    (404, said("Deal not found"), NotServed, "company domain"),
    (404, HTML, NotServed, "company domain"),
    (410, {"json": {"success": True, "data": {"id": 11}}}, NotServed, "v1"),
    (415, said("feature not enabled"), NotAllowed, "plan"),
    (422, said("webhook limit"), Refused, "Pipedrive"),
    (429, {"json": SPENT, "headers": {"retry-after": "3939"}}, BudgetSpent, "next run"),
    (429, said("request over limit"), BurstLimited, "same token"),
    (429, HTML, BurstLimited, "same token"),
    (500, said("Server error"), ServerFailed, "later"),
    (502, HTML, ServerFailed, "later"),
    (503, {}, ServerFailed, "later"),
]


@pytest.mark.parametrize(("status", "body", "kind", "way_out"), MEANT)
def test_every_refusal_is_an_error_of_its_own_with_a_way_out(
    status: int, body: dict[str, Any], kind: type[ApiError], way_out: str
) -> None:
    with pytest.raises(ApiError) as caught:
        Host([httpx.Response(status, **body)]).get()
    assert type(caught.value) is kind
    assert way_out in caught.value.way_out
    assert PATH in str(caught.value) or kind in (BudgetSpent, NotServed)


def test_a_refusal_says_what_pipedrive_said_and_which_request_it_was() -> None:
    refused = httpx.Response(403, **said("Scope and URL mismatch"), headers={"x-correlation-id": "c0ffee"})
    with pytest.raises(NotAllowed, match=r"answered 403: Scope and URL mismatch\. \(request c0ffee\)"):
        Host([refused]).get()


def test_a_400_to_a_request_with_a_cursor_is_about_the_cursor() -> None:
    with pytest.raises(CursorRefused):
        Host([httpx.Response(400, **said("Invalid cursor"))]).get(cursor="abc")


@pytest.mark.parametrize("reply", [httpx.Response(status, **body) for status, body, _, _ in MEANT])
def test_the_token_is_in_no_log_line_no_error_and_no_address(
    reply: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host([reply])
    with caplog.at_level(logging.DEBUG), pytest.raises(RoundtripError) as caught:
        host.get()
    assert TOKEN not in caplog.text + str(caught.value) + repr(caught.value)
    assert not [request for request in host.asked if TOKEN in str(request.url)]


@pytest.mark.parametrize(
    "address",
    [
        "http://acme.pipedrive.com",
        "http://192.168.0.1:8765",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
    ],
)
def test_no_token_is_sent_in_the_clear_to_another_machine(address: str) -> None:
    with pytest.raises(UsageError, match="https"):
        connect(address, TOKEN)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_plain_http_is_for_this_machine(address: str) -> None:
    assert connect(address, TOKEN).base_url == address


@pytest.mark.parametrize("token", ["", "  ", "two\nlines", "kéy", "a\x00b"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect("acme", token)
    assert not token.strip() or token not in str(caught.value)


def me(**facts: Any) -> dict[str, Any]:
    return {"json": {"success": True, "data": {"id": 7, "name": "Zoë", **facts}}}


def ask_who(reply: httpx.Response) -> Any:
    async def ask() -> Any:
        async with Host([reply]).client() as client:
            return await identify(client, Tally())

    return at_once(ask())


DATE = {"date": "Thu, 01 Oct 2026 20:00:00 GMT"}


@pytest.mark.parametrize(
    ("facts", "admin"),
    [
        ({"is_admin": 1}, True),
        ({"is_admin": True}, True),
        ({"is_admin": 0, "access": [{"app": "global", "admin": True}]}, True),
        ({"access": [{"app": "sales", "admin": True}, {"app": "global", "admin": False}]}, False),
        ({}, False),
    ],
)
def test_who_we_are_comes_with_whether_we_are_a_global_admin(facts: dict[str, Any], admin: bool) -> None:  # noqa: FBT001
    account = ask_who(httpx.Response(200, **me(company_name="Acme", **facts), headers=DATE))
    assert (account.user_id, account.user, account.company, account.is_admin) == (7, "Zoë", "Acme", admin)
    assert account.server_time.to_iso8601_string() == "2026-10-01T20:00:00Z"


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, json={"data": None}, headers=DATE),
        httpx.Response(200, json=[]),
        httpx.Response(200, **me()),
    ],
)
def test_an_answer_that_does_not_tell_who_we_are_or_when_is_no_answer(reply: httpx.Response) -> None:
    with pytest.raises(BadBody):
        ask_who(reply)


@pytest.mark.parametrize("date", [{}, {"date": ""}, {"date": "yesterday"}])
def test_without_the_servers_clock_there_is_no_run(date: dict[str, str]) -> None:
    with pytest.raises(BadBody, match="Date"):
        server_time(date)


def test_created_is_as_good_as_ok() -> None:
    assert judge(httpx.Response(201, json={}, request=httpx.Request("GET", "https://x"))) is None
