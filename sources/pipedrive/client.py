"""How to speak to Pipedrive: where it is, who we are, what its answers mean, and its clock."""

import re
from collections.abc import Mapping
from typing import Any, Self

import httpx
import msgspec

from sources.answers import is_json, seconds, server_time
from sources.auth import Fixed
from sources.budget import Tally
from sources.crm import Account
from sources.errors import (
    ApiError,
    BadBody,
    Blocked,
    BudgetSpent,
    BurstLimited,
    CursorRefused,
    NotAccepted,
    NotAllowed,
    NotFound,
    NotServed,
    Refused,
    ServerFailed,
    UsageError,
)
from sources.hosts import LABEL, is_local, is_of
from sources.http import Answer, Client, Patience

DOMAIN = "pipedrive.com"
BROWSER = re.compile(r"(https://[\w-]+\.pipedrive\.com)/.*", re.IGNORECASE | re.ASCII)
"""What a browser's address bar shows; only the host in it matters."""
TRUSTED_HOST = (
    "a host of yours that stands before Pipedrive, and is given the token; company_domain is then its address"
)
IDENTIFY_COST = 2
BAD_REQUEST, FORBIDDEN, NOT_FOUND, GONE, TOO_MANY, FAILED = 400, 403, 404, 410, 429, 500
RECORD = re.compile(r"/(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(?P<of_it>/|$)")
"""In the path of a single record, or of what belongs to it."""
BURST_PAUSE = 2.0
BLOCKED_PAUSE = 30.0
"""Seconds to leave the firewall alone; it blocks those who go on after a 429."""


class _Body(msgspec.Struct):
    """An error's body; its key for the code varies, so only the text is used."""

    error: str = ""
    data: Any = None

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        try:
            return msgspec.json.decode(response.content, type=cls)
        except msgspec.MsgspecError:
            return cls()


def base_url(company_domain: str, trusted_host: str = "") -> str:
    """The address of a company's API from its domain: `acme`, `acme.pipedrive.com`, or a whole https:// address."""
    text = BROWSER.sub(r"\1", company_domain.strip()).rstrip("/").lower()
    if is_local(text) or is_of(text, DOMAIN, trusted_host):
        return text
    name = text.removesuffix(f".{DOMAIN}")
    if not re.fullmatch(LABEL, name):
        raise UsageError(
            "The setting company_domain is no Pipedrive company domain.",
            way_out="Take the first part of the address your browser shows: acme for https://acme.pipedrive.com.",
        )
    return f"https://{name}.{DOMAIN}"


def connect(
    company_domain: str,
    api_token: str,
    patience: Patience | None = None,
    *,
    trusted_host: str = "",
    **seams: Any,
) -> Client:
    """A client for one company; `seams` are transport, clock and sleep."""
    if not api_token.isprintable() or not api_token.isascii() or not api_token.strip():
        raise UsageError(
            "The API token is empty or holds characters that no token has.",
            way_out="Copy it from Pipedrive: Settings, Personal preferences, API.",
        )
    token = Fixed({"x-api-token": api_token.strip()})
    return Client(base_url(company_domain, trusted_host), token, judge, patience or Patience(), **seams)


def judge(response: httpx.Response) -> ApiError | None:
    """What an answer means: None when it is good."""
    if response.status_code in (200, 201):
        return None if is_json(response) else _not_pipedrive(response)
    body = _Body.of(response)
    place = {"request_id": response.headers.get("x-correlation-id", ""), "reason": body.error}
    path, status = response.url.path, response.status_code
    said = f"{path} answered {status}" + (f": {body.error}." if body.error else ".")
    if status == TOO_MANY:
        return _too_many(response, body, said)
    if status == FORBIDDEN and not is_json(response):
        return Blocked(
            f"Pipedrive's firewall blocked {path}.", wait=BLOCKED_PAUSE, way_out="Run again later.", **place
        )
    if status == BAD_REQUEST and "cursor" in response.url.params:
        return CursorRefused(said, **place)
    if status >= FAILED:
        return ServerFailed(said, way_out="Pipedrive has a problem; run again later.", **place)
    kind, way_out = MEANINGS.get(status, (Refused, "Pipedrive refused the request."))
    if not is_json(response) or status < BAD_REQUEST:
        kind, way_out = NotServed, "Is the company domain right? This host does not answer like Pipedrive."
    elif _names_no_record(response, body):
        kind, way_out = NotFound, "It may have been deleted, or is not visible to the token's user."
    return kind(said, way_out=way_out, **place)


def _names_no_record(response: httpx.Response, body: _Body) -> bool:
    """Whether it is the record that is gone, not the endpoint: a withdrawn one says nothing of the record."""
    named = RECORD.search(response.url.path)
    if not named:
        return False
    if named["of_it"]:
        return response.status_code == NOT_FOUND and "not found" in body.error.lower()
    gone = response.status_code == GONE and (
        isinstance(body.data, dict) or response.request.method == "DELETE"
    )
    return gone or response.status_code == NOT_FOUND


MEANINGS: Mapping[int, tuple[type[ApiError], str]] = {
    401: (NotAccepted, "The API token is wrong or was revoked: put a current one into .dlt/secrets.toml."),
    402: (NotAllowed, "The company's account is not open (a payment may be due)."),
    403: (
        NotAllowed,
        "The token's user or scopes do not reach this: run `roundtrip check` to see what they do reach.",
    ),
    404: (NotServed, "Pipedrive does not serve this any more, or the company domain is wrong."),
    410: (
        NotServed,
        'Pipedrive has withdrawn this endpoint; if it is a v1 one, remove its `api = "v1"` setting.',
    ),
    415: (NotAllowed, "The company's plan does not include this feature."),
}


def _too_many(response: httpx.Response, body: _Body, said: str) -> ApiError:
    if "daily" in body.error.lower() or "budget" in body.error.lower():
        return BudgetSpent(
            "the company's daily API tokens are spent.",
            wait=seconds(response.headers.get("retry-after")),
            way_out="What was read is kept; the next run goes on from there once Pipedrive has refilled them.",
        )
    asked = seconds(response.headers.get("retry-after")) or seconds(response.headers.get("x-ratelimit-reset"))
    return BurstLimited(
        said, wait=asked or BURST_PAUSE, way_out="Something else uses the same token heavily."
    )


def _not_pipedrive(response: httpx.Response) -> ApiError:
    return NotServed(
        f"{response.url.host} answered {response.url.path} with something that is not JSON.",
        way_out="Is the company domain right?",
    )


class _Access(msgspec.Struct):
    app: str = ""
    admin: bool = False


class _Me(msgspec.Struct):
    id: int
    name: str = ""
    company_name: str | None = None
    company_id: int | None = None
    is_admin: int | bool = 0
    access: list[_Access] = msgspec.field(default_factory=list)


class _MeAnswer(msgspec.Struct):
    data: _Me


async def identify(client: Client, tally: Tally) -> Account:
    """Ask who we are; the answer's `Date` header is the server's clock."""
    return await client.get("/v1/users/me", {}, cost=IDENTIFY_COST, tally=tally, parse=_account)


def _account(answer: Answer) -> Account:
    try:
        me = msgspec.json.decode(answer.body, type=_MeAnswer).data
    except msgspec.MsgspecError as error:
        raise BadBody(f"/v1/users/me answered with something unexpected ({error}).") from error
    admin = bool(me.is_admin) or any(access.app == "global" and access.admin for access in me.access)
    return Account(me.id, me.name, me.company_name or "", me.company_id, admin, server_time(answer.headers))
