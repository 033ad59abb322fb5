"""How to speak to Deskera: where it is, who we are, what its answers mean, and its clock.

Its documents name no limit of requests, so none is kept to, but few are sent at once, and a 429 is obeyed.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Self

import httpx
import msgspec
import pendulum

from sources.answers import is_json, seconds, server_time
from sources.auth import Fixed
from sources.budget import Tally
from sources.crm import Account, Gone
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
)
from sources.hosts import is_local, is_of
from sources.http import Answer, Client, Patience

BASE_URL = "https://bifrost-us.deskera.com"
DOMAIN = "deskera.com"
TRUSTED_HOST = (
    "a host of yours that stands before Deskera, and is given the token; base_url is then its address"
)
ACTIVITIES = "/v1/crm/activities"
IDENTIFY_COST = 1
UNPACED = 100_000
"""Requests in two seconds: how many run at once is bound, not how many follow one another."""
FORBIDDEN, NOT_FOUND, GONE, TOO_MANY, FAILED = 403, 404, 410, 429, 500
RECORD = re.compile(r"/activities/\d+$")
BURST_PAUSE = 2.0
BLOCKED_PAUSE = 30.0
LONGEST_REFUSAL = 2_000
"""Bytes: a longer answer with a good status is no refusal."""


class _Body(msgspec.Struct):
    """An error's body; it may come with a good status, and then its code counts."""

    status: str = ""
    code: int | None = None
    message: str = ""

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        try:
            return msgspec.json.decode(response.content, type=cls)
        except msgspec.MsgspecError:
            return cls()


def connect(
    access_token: str,
    base_url: str = "",
    patience: Patience | None = None,
    *,
    trusted_host: str = "",
    **seams: Any,
) -> Client:
    """A client for one tenant; `seams` are transport, clock and sleep."""
    token = access_token.strip()
    if not token.isprintable() or not token.isascii() or not token:
        raise UsageError(
            "The access token is empty or holds characters that no token has.",
            way_out="Copy it anew from Deskera: sources.deskera.access_token.",
        )
    address = _address(base_url, trusted_host)
    client = Client(address, Fixed({"x-access-token": token}), judge, patience or Patience(), **seams)
    client.limiter.limit = UNPACED
    return client


def _address(given: str, trusted_host: str) -> str:
    """The address of the API; only Deskera's own hosts are given the token, or a sandbox on this machine."""
    text = given.strip().rstrip("/").lower() or BASE_URL
    if not (is_local(text) or is_of(text, DOMAIN, trusted_host)):
        raise UsageError(
            "The setting base_url is no address of Deskera's API.",
            way_out=f"Leave it out for {BASE_URL}, or write https://, a host of deskera.com, and no path.",
        )
    return text


def judge(response: httpx.Response) -> ApiError | None:
    """What an answer means: None when it is good."""
    good = response.is_success
    if good and not response.content:
        return None
    if response.has_redirect_location or (good and not is_json(response)):
        return _not_deskera(response)
    body = _Body.of(response) if not good or len(response.content) < LONGEST_REFUSAL else _Body()
    if good and body.status != "error":
        return None
    status = (body.code or FAILED) if good else response.status_code
    return _refusal(response, status, body.message)


def _refusal(response: httpx.Response, status: int, reason: str) -> ApiError:
    path = response.url.path
    place = {"request_id": response.headers.get("x-request-id", ""), "reason": reason}
    said = f"{path} answered {status}" + (f": {reason}." if reason else ".")
    if status == TOO_MANY:
        pause = seconds(response.headers.get("retry-after")) or BURST_PAUSE
        return BurstLimited(said, wait=pause, way_out="Something else uses the same token heavily.", **place)
    if status == FORBIDDEN and not is_json(response):
        return Blocked(f"a firewall blocked {path}.", wait=BLOCKED_PAUSE, way_out="Run again later.", **place)
    if status >= FAILED:
        return ServerFailed(said, way_out="Deskera has a problem; run again later.", **place)
    if status in (NOT_FOUND, GONE) and is_json(response) and RECORD.search(path):
        return NotFound(
            said, way_out="It may have been deleted, or is not visible to the token's user.", **place
        )
    kind, way_out = MEANINGS.get(status, (Refused, "Deskera refused the request."))
    if not is_json(response) and kind is not NotAccepted:
        return _not_deskera(response)
    return kind(said, way_out=way_out, **place)


MEANINGS: Mapping[int, tuple[type[ApiError], str]] = {
    401: (
        NotAccepted,
        "The access token is wrong or has expired: put a current one into .dlt/secrets.toml.",
    ),
    403: (NotAllowed, "The token's user may not read this."),
    404: (NotServed, "Deskera does not serve this, or base_url is wrong."),
    410: (NotServed, "Deskera has withdrawn this endpoint."),
}


def _not_deskera(response: httpx.Response) -> ApiError:
    return NotServed(
        f"{response.url.host} answered {response.url.path} with something that is not JSON.",
        way_out="Is base_url right? This does not answer like Deskera.",
    )


class _Whose(msgspec.Struct):
    tenant_id: int | None = None


class _Newest(msgspec.Struct):
    data: list[_Whose] | None = None


async def identify(client: Client, tally: Tally) -> Account:
    """Ask for one activity: it tells the tenant, and the answer's `Date` header is the server's clock.

    Nothing is documented that says who we are; a token that is a JWT may say it.
    """
    params = {"page": "1", "pageSize": "1", "sortBy": "updated_at", "sortDir": "DESC"}
    claims = _claims((await client.auth.headers()).get("x-access-token", ""))
    return await client.get(
        ACTIVITIES, params, cost=IDENTIFY_COST, tally=tally, parse=lambda answer: _account(answer, claims)
    )


def _account(answer: Answer, claims: Mapping[str, Any]) -> Account:
    try:
        newest = msgspec.json.decode(answer.body, type=_Newest).data or []
    except msgspec.MsgspecError as error:
        raise BadBody(f"{ACTIVITIES} answered with something unexpected ({error}).") from error
    user = _number(claims, "userId", "user_id", "sub", "id")
    tenant = newest[0].tenant_id if newest else None
    tenant = tenant or _number(claims, "tenantId", "tenant_id")
    return Account(
        user_id=user or 0,
        user=f"user {user}" if user else "the token's user",
        company=f"tenant {tenant}" if tenant else "a tenant without activities",
        company_id=tenant,
        is_admin=None,
        server_time=server_time(answer.headers),
    )


def _claims(token: str) -> Mapping[str, Any]:
    """What a JWT says; nothing where the token is none. The signature is the server's business."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  header, payload, signature
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=dict[str, Any])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return {}


def _number(claims: Mapping[str, Any], *names: str) -> int | None:
    told = (str(claims.get(name, "")) for name in names)
    return next((int(one) for one in told if one.isdecimal() and int(one)), None)


async def no_deletions(
    _client: Client,
    _items: tuple[str, ...],
    _since: pendulum.DateTime,
    _until: pendulum.DateTime,
    _tally: Tally,
) -> list[Gone]:
    """Deskera tells of no deletion."""
    return []
