"""OAuth 2.0 with a CRM: where one logs in, what becomes tokens there, and how they are given back.

What is sent and answered here are secrets: of an answer only the reason of a refusal is told.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from sources.errors import (
    ApiError,
    AppNotAccepted,
    BadBody,
    BurstLimited,
    NotAccepted,
    ServerFailed,
)
from sources.tokens import Tokens
from sources.veil import veiled
from sources.wire import exchange, named, opened

TIMEOUT, LONGEST = httpx.Timeout(30.0, connect=10.0), 60.0
"""Seconds. Less than others wait for a renewal."""
AN_HOUR = 3600
TOO_MANY, FAILED = 429, 500
APP = frozenset({"invalid_client", "unauthorized_client"})
LONGEST_REASON = 200
SECRET = frozenset({"code", "refresh_token", "token"})
"""Of what is sent; no message repeats it."""


@dataclass(frozen=True)
class Authority:
    """Where one logs in to a CRM, and the app as which one does."""

    crm: str
    authorize_url: str
    token_url: str
    revoke_url: str
    redirect_uri: str
    """Where the browser goes with the answer, as it is registered with the app."""
    client_id: str
    client_secret: str = field(repr=False)
    api: Callable[[str], str]
    """The address of the API from what the tokens say of it. UsageError: it is not the CRM's, and gets no token."""

    def address(self, state: str) -> str:
        """Where the browser is to go; `state` comes back with the answer."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
        }
        return f"{self.authorize_url}?{urlencode(asked)}"


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str = ""
    expires_in: float = AN_HOUR
    api_domain: str = ""
    scope: str = ""


class _Refused(msgspec.Struct):
    error: str = ""
    message: str = ""
    error_description: str = ""


def exchanged(authority: Authority, code: str, now: datetime) -> Tokens:
    """The tokens for the code that came back with the browser. NotAccepted: it is spent, too old, or none."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": authority.redirect_uri}
    granted = _granted(authority, form)
    if not granted.refresh_token or not granted.api_domain:
        raise BadBody(f"{authority.crm} gave tokens without saying how to renew them, or where to use them.")
    return _tokens(granted, now)


def refreshed(authority: Authority, old: Tokens, now: datetime) -> Tokens:
    """New tokens for old ones; what the answer does not tell stays. NotAccepted: the login has ended."""
    try:
        granted = _granted(authority, {"grant_type": "refresh_token", "refresh_token": old.refresh_token})
    except AppNotAccepted:
        raise
    except NotAccepted as error:
        told = f"the login to {authority.crm} has ended: {error.message}"
        raise NotAccepted(told, way_out=error.way_out) from error
    granted.refresh_token = granted.refresh_token or old.refresh_token
    granted.api_domain = granted.api_domain or old.api_domain
    granted.scope = granted.scope or old.scope
    return _tokens(granted, now)


def revoked(authority: Authority, tokens: Tokens) -> None:
    """Give the login back."""
    form = {"token": tokens.refresh_token, "token_type_hint": "refresh_token"}
    _asked(authority, authority.revoke_url, form)


def _tokens(granted: _Granted, now: datetime) -> Tokens:
    return Tokens(
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        expires_at=now + timedelta(seconds=granted.expires_in),
        used_at=now,
        api_domain=granted.api_domain,
        scope=granted.scope,
    )


def _granted(authority: Authority, form: Mapping[str, str]) -> _Granted:
    body = _asked(authority, authority.token_url, form)
    try:
        return msgspec.json.decode(body, type=_Granted)
    except msgspec.MsgspecError:
        raise BadBody(f"{_host(authority)} answered with something that is no token.") from None


def _asked(authority: Authority, url: str, form: Mapping[str, str]) -> bytes:
    """The body of a good answer; of another one only the reason is told. Not to be called within an event loop."""
    response = asyncio.run(_answer(authority, url, form))
    if not response.is_success:
        raise _refusal(
            authority, response, [authority.client_secret, *(form[key] for key in SECRET & form.keys())]
        )
    return response.content


async def _answer(authority: Authority, url: str, form: Mapping[str, str]) -> httpx.Response:
    address = httpx.URL(url)
    secret = httpx.BasicAuth(authority.client_id, authority.client_secret)
    async with opened(str(address.copy_with(raw_path=b"/")).rstrip("/"), TIMEOUT) as http:
        signed = next(secret.auth_flow(http.build_request("POST", address.path, data=dict(form))))
        with named(address):
            async with asyncio.timeout(LONGEST):
                # What else is sent may rightly be in the answer: a refresh token that stays.
                return await exchange(
                    http, signed, [signed.headers["authorization"], authority.client_secret]
                )


def _refusal(authority: Authority, response: httpx.Response, secrets: Iterable[str]) -> ApiError:
    status, said = response.status_code, _reason(response)
    reason = veiled(said.message, list(secrets))[:LONGEST_REASON].rstrip(".")
    told = f"{_host(authority)} answered {status}" + (f": {reason}." if reason else ".")
    if status == TOO_MANY:
        return BurstLimited(told, way_out="Run again later.")
    if status >= FAILED:
        return ServerFailed(told, way_out="It has a problem; run again later.")
    if said.error in APP:
        section = f"sources.{authority.crm}"
        return AppNotAccepted(told, way_out=f"Check {section}.client_id and {section}.client_secret.")
    return NotAccepted(told, way_out=f"`roundtrip login {authority.crm}` logs in anew.")


def _reason(response: httpx.Response) -> _Refused:
    try:
        said = msgspec.json.decode(response.content, type=_Refused)
    except msgspec.MsgspecError:
        return _Refused()
    said.message = said.message or said.error_description or said.error
    return said


def _host(authority: Authority) -> str:
    return httpx.URL(authority.token_url).netloc.decode()
