"""What Deskera's answers mean, who is let near the token, and what is made of what it tells in several ways."""

import asyncio
import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from sources.arrow import Decoder
from sources.budget import Tally
from sources.crm import Account
from sources.deskera.client import BASE_URL, connect, identify
from sources.deskera.entities import ACTIVITIES, DEALS, ENTITIES
from sources.deskera.shapes import minutes
from sources.errors import (
    ApiError,
    BadBody,
    Blocked,
    BurstLimited,
    NotAccepted,
    NotAllowed,
    NotFound,
    NotServed,
    Refused,
    ServerFailed,
    UsageError,
    WrongType,
)
from sources.http import Patience
from sources.single import one_by_one

DATE = "Thu, 01 Oct 2026 20:00:00 GMT"
HTML = {"content-type": "text/html"}
API = (Path(__file__).parent.parent / "sources/deskera/API.md").read_text()


def refusal(code: int) -> dict[str, Any]:
    return {"json": {"status": "error", "code": code, "message": "no", "requestPath": "/v1/crm/activities"}}


def asked(status: int, path: str = "/v1/crm/activities", **answer: Any) -> Any:
    """What one GET comes to."""

    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, **answer)

    async def ask() -> bytes:
        client = connect("token", patience=Patience(tries=1), transport=httpx.MockTransport(respond))
        async with client:
            return await client.get(path, {}, cost=1, tally=Tally(), parse=lambda answer: answer.body)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("status", "answer", "error", "said"),
    [
        (401, refusal(401), NotAccepted, "access token is wrong or has expired"),
        (403, refusal(403), NotAllowed, "may not read this"),
        (403, {"text": "<html>", "headers": HTML}, Blocked, "firewall"),
        (404, refusal(404), NotServed, "base_url is wrong"),
        (404, {"text": "<html>", "headers": HTML}, NotServed, "not JSON"),
        (410, refusal(410), NotServed, "withdrawn"),
        (400, refusal(400), Refused, "answered 400: no"),
        (429, {**refusal(429), "headers": {"retry-after": "7"}}, BurstLimited, "answered 429"),
        (502, {"text": "<html>", "headers": HTML}, ServerFailed, "run again later"),
        (200, {"text": "<html>Sign in</html>", "headers": HTML}, NotServed, "base_url right"),
        (200, refusal(401), NotAccepted, "access token is wrong"),
        (200, refusal(410), NotServed, "answered 410: no"),
        (302, {"headers": {"location": "https://elsewhere.example"}}, NotServed, "not JSON"),
    ],
)
def test_a_refusal_is_named_and_says_the_way_out(
    status: int, answer: dict[str, Any], error: type[ApiError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        asked(status, **answer)
    assert caught.type is error


def test_a_pause_that_is_asked_for_is_kept() -> None:
    with pytest.raises(BurstLimited) as caught:
        asked(429, **{**refusal(429), "headers": {"retry-after": "7"}})
    assert caught.value.wait == 7


@pytest.mark.parametrize("status", [404, 410])
def test_of_a_records_own_path_not_found_means_that_it_is_gone(status: int) -> None:
    with pytest.raises(NotFound, match="deleted"):
        asked(status, path="/v1/crm/activities/81", **refusal(status))


@pytest.mark.parametrize("address", ["", BASE_URL, "https://bifrost.deskera.com/", "http://127.0.0.1:8000"])
def test_the_token_goes_to_deskera_or_to_this_machine(address: str) -> None:
    assert connect("token", base_url=address).base_url == (address.rstrip("/") or BASE_URL)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "http://bifrost.deskera.com",
            "https://deskera.com.evil.example",
            "https://evil.example/deskera.com",
        ),
        *(
            "https://deskera.com@evil.example",
            "https://notdeskera.com",
            "http://192.168.0.1",
            "bifrost.deskera.com",
        ),
        *("https://bifrost.deskera.com/v1/crm", "https://bifrost.deskera.com:8443"),
    ],
)
def test_no_other_host_is_given_the_token(address: str) -> None:
    with pytest.raises(UsageError, match="base_url is no address of Deskera's API") as caught:
        connect("s3cret", base_url=address)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "  ", "to\nken", "tökén"])
def test_what_is_no_token_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(UsageError, match="access token is empty or holds") as caught:
        connect(token)
    assert not token.strip() or token not in str(caught.value)


def whose(token: str, rows: list[dict[str, Any]], **headers: str) -> Account:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-access-token"] == token
        return httpx.Response(200, json={"data": rows}, headers={"date": DATE, **headers})

    async def ask() -> Account:
        async with connect(
            token, patience=Patience(tries=1), transport=httpx.MockTransport(respond)
        ) as client:
            assert token not in repr(client)
            return await identify(client, Tally())

    return asyncio.run(ask())


def jwt(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("token", "rows", "tenant", "user"),
    [
        ("opaque", [{"tenant_id": 64797}], 64797, 0),
        ("opaque", [], None, 0),
        (jwt(tenantId=5, userId="46944"), [], 5, 46944),
        (jwt(tenantId=5, sub="someone@example.com"), [{"tenant_id": 64797}], 64797, 0),
        ("a.%%%.c", [{"tenant_id": 1}], 1, 0),
        (f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.c", [{"tenant_id": 1}], 1, 0),
    ],
)
def test_the_tenant_is_told_by_its_newest_activity_or_else_by_the_token(
    token: str, rows: list[dict[str, Any]], tenant: int | None, user: int
) -> None:
    account = whose(token, rows)
    assert (account.company_id, account.user_id) == (tenant, user)
    assert account.server_time.isoformat() == "2026-10-01T20:00:00+00:00"


def test_without_the_servers_clock_nothing_is_read() -> None:
    with pytest.raises(BadBody, match="no Date header"):
        whose("token", [], date="yesterday")


@pytest.mark.parametrize(
    ("told", "length"),
    [
        *(("1h 21m", 81), ("45m", 45), ("2h", 120), ("1d 1h", 1500), ("90", 90), (81, 81), (80.6, 81)),
        *(("0m", 0), (0, 0), ("", None), (None, None), ("an hour", None), ("1h21", None)),
    ],
)
def test_a_duration_is_minutes_however_it_is_told(told: Any, length: int | None) -> None:
    assert minutes(told) == length


def table(entity: Any, **row: Any) -> dict[str, Any]:
    decoder = Decoder(entity)
    import pendulum  # noqa: PLC0415

    page = decoder.decode(json.dumps({"data": [{"id": 1, **row}]}).encode())
    found: dict[str, Any] = decoder.table(page.rows, pendulum.datetime(2026, 10, 2)).to_pylist()[0]
    return found


def test_both_spellings_are_one_column_and_what_is_unknown_is_kept() -> None:
    assert table(ACTIVITIES, EmailSent="NEW")["email_sent"] == "NEW"
    row = table(ACTIVITIES, email_sent="SENT", notes="VGVzdA==", duration=81, colour="red")
    assert (row["email_sent"], row["notes"], row["duration"], row["duration_minutes"]) == (
        *("SENT", "VGVzdA==", "81"),
        81,
    )
    assert json.loads(row["_extra"]) == {"colour": "red"}


def test_times_are_utc_and_one_that_was_never_set_is_none() -> None:
    row = table(
        ACTIVITIES, updated_at="2021-08-05T17:20:58.875416+05:30", start="0001-01-01T00:00:00Z", end=""
    )
    assert row["updated_at"].isoformat() == "2021-08-05T11:50:58.875416+00:00"
    assert (row["start"], row["end"]) == (None, None)


@pytest.mark.parametrize(
    ("told", "amount"), [("12.5", Decimal("12.5")), (7, Decimal(7)), ("", None), (None, None)]
)
def test_an_amount_is_a_number_though_it_is_told_as_a_text(told: Any, amount: Decimal | None) -> None:
    assert table(DEALS, amount=told)["amount"] == amount


@pytest.mark.parametrize(
    ("entity", "row", "said"),
    [
        (DEALS, {"amount": "a lot"}, "record 1: amount: 'a lot' is no number"),
        (ACTIVITIES, {"name": 5}, "record 1: name: expected `str | null`, got `int`"),
        (ACTIVITIES, {"updated_at": "soon"}, "record 1: updated_at: not a valid time"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_record(
    entity: Any, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongType, match=said.replace("|", r"\|")):
        table(entity, **row)


def test_of_records_asked_for_one_by_one_those_that_are_gone_are_left_out() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        one = int(request.url.path.rpartition("/")[2])
        if one == 2:
            return httpx.Response(404, **refusal(404))
        return httpx.Response(200, json={"id": one, "is_deleted": one == 3})

    async def ask() -> list[int]:
        async with connect("token", transport=httpx.MockTransport(respond)) as client:
            pages = await one_by_one(client, ACTIVITIES, Decoder(ACTIVITIES), Tally(), range(1, 6))
            return [row.id for page in pages for row in page.rows]

    assert asyncio.run(ask()) == [1, 4, 5]


def test_the_api_file_names_every_table_and_every_condition_of_a_query() -> None:
    lists = {(entity.name, one.path) for entity in ENTITIES.values() for one in entity.lists}
    assert all(f"| {name} | `{path}` |" in API for name, path in lists)
    assert [entity.name for entity in ENTITIES.values() if f"| {entity.name} | " not in API] == []
    conditions = (
        *("name", "contact_id", "organization_id", "deal_id", "assignee_id", "date", "activityType"),
        *("is_status", "source", "source_id"),
    )
    assert [one for one in conditions if f"`{one}`" not in API] == []
