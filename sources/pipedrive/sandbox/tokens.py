"""Who is asking: API tokens, and the OAuth tokens handed out by /oauth/token."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from sources.pipedrive.sandbox.replies import Answer, encode
from sources.sandbox.clock import Clock
from sources.sandbox.exchange import Request

ADMIN_TOKEN: Final = "sandbox-admin-token"  # noqa: S105 (for all to see: it opens nothing but the sandbox)
USER_TOKEN: Final = "sandbox-user-token"  # noqa: S105 (for all to see: it opens nothing but the sandbox)
CLIENT: Final = ("sandbox-client", "sandbox-secret")
CODE: Final = "sandbox-code"
REFRESH_TOKEN: Final = "sandbox-refresh"  # noqa: S105 (for all to see: it opens nothing but the sandbox)
LIFETIME: Final = 3600
REFRESH_LIFETIME: Final = 60 * 24 * 3600
"""A refresh token dies unless it is used this often; each use starts its time anew."""
SCOPES: Final = (
    "base,activities:full,deals:full,contacts:full,products:full,users:read,recents:read,leads:full,admin"
)


@dataclass(frozen=True)
class Credential:
    """What a request was signed with, and whose it is; `kind` decides the burst limit."""

    name: str
    kind: str
    user_id: int
    is_admin: bool


ADMIN: Final = Credential(ADMIN_TOKEN, "api", 1, is_admin=True)
REGULAR: Final = Credential(USER_TOKEN, "api", 2, is_admin=False)
NOBODY: Final = Credential("", "api", 0, is_admin=False)
APP: Final = Credential("sandbox-client", "oauth", 1, is_admin=True)


class Tokens:
    """The tokens that are good now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, float] = {}  # by token: when it dies
        self._refresh_dies = clock.timestamp() + REFRESH_LIFETIME

    def credential(self, headers: Mapping[str, str]) -> Credential | None:
        """Return who is asking, None for a stranger."""
        if "x-api-token" in headers:
            return {ADMIN_TOKEN: ADMIN, USER_TOKEN: REGULAR}.get(headers["x-api-token"])
        kind, _, token = headers.get("authorization", "").partition(" ")
        alive = kind.lower() == "bearer" and self._clock.timestamp() < self._issued.get(token, 0.0)
        return APP if alive else None

    def exchange(self, request: Request) -> Answer:
        """Answer POST /oauth/token."""
        if _client(request.headers) != CLIENT:
            return _denied(401, "invalid_client", "Invalid client: client is invalid")
        form = dict(parse_qsl(request.body.decode(errors="replace")))
        grants = {"authorization_code": ("code", CODE), "refresh_token": ("refresh_token", REFRESH_TOKEN)}
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            return _denied(400, "unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid")
        name, value = grant
        expired = name == "refresh_token" and self._clock.timestamp() > self._refresh_dies
        if form.get(name) != value or expired:
            return _denied(400, "invalid_grant", f"Invalid grant: {name} is invalid")
        return self._issue(request.origin)

    def _issue(self, origin: str) -> Answer:
        now = self._clock.timestamp()
        token = f"sandbox-access-{len(self._issued) + 1}"
        self._issued[token] = now + LIFETIME
        self._refresh_dies = now + REFRESH_LIFETIME
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "refresh_token": REFRESH_TOKEN,
            "scope": SCOPES,
            "expires_in": LIFETIME,
            "api_domain": origin,
        }
        return Answer(200, encode(body))


def _client(headers: Mapping[str, str]) -> tuple[str, str] | None:
    kind, _, secret = headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if kind.lower() == "basic" else None


def _denied(status: int, error: str, message: str) -> Answer:
    return Answer(status, encode({"success": False, "message": message, "error": error}))
