"""Logging in: codes that are good once, refresh tokens that die unused, and how an app gives a login back."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from sources.pipedrive.sandbox.consent import page
from sources.pipedrive.sandbox.replies import HTML, Answer, encode
from sources.pipedrive.sandbox.scopes import ALL
from sources.pipedrive.sandbox.tokens import LIFETIME
from sources.sandbox.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from sources.pipedrive.sandbox.tokens import Tokens
    from sources.sandbox.clock import Clock
    from sources.sandbox.exchange import Request

CLIENT: Final = ("sandbox-client", "sandbox-secret")
CALLBACK: Final = "http://localhost:8723/callback"
CODE_LIFETIME: Final = 5 * 60
REFRESH_LIFETIME: Final = 60 * 24 * 3600
"""A refresh token dies unless it is used this often; each use starts its time anew."""
CONSENTS: Final = frozenset({"ask", "allow", "deny"})
OAUTH: Final = "/oauth/"


@dataclass
class Registered:
    """The app, and what may be changed of it at run time."""

    scopes: frozenset[str] = ALL
    callback: str = CALLBACK
    rotates: bool = False
    """Whether each use of a refresh token brings another one."""
    consent: str = "ask"
    """Whether a person is asked, or all is allowed or denied."""

    def set_up(self, changes: Mapping[str, Any]) -> None:
        """Change it; ValueError for what there is not."""
        unknown = changes.keys() - {"scopes", "callback", "rotates", "consent"}
        if unknown or changes.get("consent", "ask") not in CONSENTS:
            raise ValueError(f"unknown: {', '.join(sorted(unknown)) or changes['consent']}")
        if "scopes" in changes:
            self.scopes = frozenset(changes["scopes"].split(",")) if changes["scopes"] else ALL
        self.callback = changes.get("callback", self.callback)
        self.rotates = bool(changes.get("rotates", self.rotates))
        self.consent = changes.get("consent", self.consent)


@dataclass
class Logins:
    """Everybody who is logged in."""

    clock: Clock
    tokens: Tokens
    random: Random
    app: Registered = field(default_factory=Registered)
    _codes: dict[str, float] = field(default_factory=dict)  # when they die
    _refresh: dict[str, tuple[float, int]] = field(default_factory=dict)  # when they die, the login
    _count: int = 0

    def answer(self, request: Request) -> Reply:
        """Answer what is asked under /oauth/."""
        label = f"{request.method} {request.path}"
        if label == "GET /oauth/authorize":
            return self._authorize(request)
        if label not in ("POST /oauth/token", "POST /oauth/revoke"):
            return Reply(404, b"not found", content_type=HTML)
        form = dict(parse_qsl(request.body.decode(errors="replace")))
        if _client(request.headers) != CLIENT:
            answer = _denied("invalid_client", "Invalid client: client is invalid")
        elif label == "POST /oauth/revoke":
            answer = self._revoke(form)
        else:
            answer = self._exchange(form, request.origin)
        return Reply(answer.status, answer.body, endpoint=label)

    def end_all(self) -> None:
        """Take back every login, as a company does that uninstalls the app."""
        for refresh in list(self._refresh):
            self._end(refresh)

    def _authorize(self, request: Request) -> Reply:
        params = request.params
        if params.get("client_id") != CLIENT[0] or params.get("redirect_uri") != self.app.callback:
            return Reply(
                400, page("This app, or its callback URL, is not known here.", {}), content_type=HTML
            )
        decision = self.app.consent if self.app.consent != "ask" else params.get("decision", "")
        if decision not in ("allow", "deny"):
            asked = f"Shall sandbox-client have: {', '.join(sorted(self.app.scopes))}?"
            links = {one: f"?{urlencode({**params, 'decision': one})}" for one in ("allow", "deny")}
            return Reply(200, page(asked, links), content_type=HTML)
        told = {"code": self._code()} if decision == "allow" else {"error": "access_denied"}
        told |= {"state": params["state"]} if "state" in params else {}
        location = f"{self.app.callback}?{urlencode(told)}".encode()
        return Reply(302, b"", ((b"location", location),), endpoint="GET /oauth/authorize")

    def _code(self) -> str:
        code = self._secret("code")
        self._codes[code] = self.clock.timestamp() + CODE_LIFETIME
        return code

    def _exchange(self, form: Mapping[str, str], origin: str) -> Answer:
        grant = form.get("grant_type", "")
        if grant == "authorization_code":
            return self._for_code(form, origin)
        if grant == "refresh_token":
            return self._for_refresh_token(form.get("refresh_token", ""), origin)
        return _denied("unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid")

    def _for_code(self, form: Mapping[str, str], origin: str) -> Answer:
        if form.get("redirect_uri") != self.app.callback:
            return _denied("invalid_request", "Invalid request: redirect_uri is invalid")
        dies = self._codes.pop(form.get("code", ""), None)
        if dies is None:
            return _denied("invalid_grant", "Invalid grant: authorization_code is invalid")
        if self.clock.timestamp() > dies:
            return _denied("invalid_grant", "Invalid grant: authorization_code has expired")
        self._count += 1
        return self._issue(self._secret("refresh"), self._count, origin)

    def _for_refresh_token(self, refresh: str, origin: str) -> Answer:
        dies, login = self._refresh.get(refresh, (0.0, 0))
        if self.clock.timestamp() > dies:
            return _denied("invalid_grant", "Invalid grant: refresh_token is invalid")
        if self.app.rotates:
            del self._refresh[refresh]
            refresh = self._secret("refresh")
        return self._issue(refresh, login, origin)

    def _issue(self, refresh: str, login: int, origin: str) -> Answer:
        self._refresh[refresh] = (self.clock.timestamp() + REFRESH_LIFETIME, login)
        access = self._secret("access")
        self.tokens.issue(access, self.app.scopes, login)
        body = {
            "access_token": access,
            "token_type": "Bearer",
            "refresh_token": refresh,
            "scope": ",".join(sorted(self.app.scopes)),
            "expires_in": LIFETIME,
            "api_domain": origin,
        }
        return Answer(200, encode(body))

    def _revoke(self, form: Mapping[str, str]) -> Answer:
        self._end(form.get("token", ""))
        return Answer(200, b"")

    def _end(self, refresh: str) -> None:
        _, login = self._refresh.pop(refresh, (0.0, 0))
        self.tokens.end(login)

    def _secret(self, kind: str) -> str:
        return f"sandbox-{kind}-{self.random.getrandbits(128):032x}"


def _client(headers: Mapping[str, str]) -> tuple[str, str] | None:
    kind, _, secret = headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if kind.lower() == "basic" else None


def _denied(error: str, message: str) -> Answer:
    return Answer(400, encode({"success": False, "message": message, "error": error}))
