"""Who is asking: by an API token, or by an access token that a login was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sources.sandbox.clock import Clock

ADMIN_TOKEN: Final = "sandbox-admin-token"  # noqa: S105 (for all to see: it opens nothing but the sandbox)
USER_TOKEN: Final = "sandbox-user-token"  # noqa: S105 (for all to see: it opens nothing but the sandbox)
LIFETIME: Final = 3600


@dataclass(frozen=True)
class Credential:
    """What a request was signed with, and whose it is; `kind` decides the burst limit."""

    name: str
    kind: str
    user_id: int
    is_admin: bool
    scopes: frozenset[str] | None = None
    """None: whatever the user may do."""


ADMIN: Final = Credential(ADMIN_TOKEN, "api", 1, is_admin=True)
REGULAR: Final = Credential(USER_TOKEN, "api", 2, is_admin=False)
NOBODY: Final = Credential("", "api", 0, is_admin=False)


class Tokens:
    """The tokens that are good now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[float, frozenset[str], int]] = {}  # dies, scopes, login

    def credential(self, headers: Mapping[str, str]) -> Credential | None:
        """Return who is asking, None for a stranger."""
        if "x-api-token" in headers:
            return {ADMIN_TOKEN: ADMIN, USER_TOKEN: REGULAR}.get(headers["x-api-token"])
        kind, _, token = headers.get("authorization", "").partition(" ")
        dies, scopes, _ = self._issued.get(token, (0.0, frozenset(), 0))
        if kind.lower() != "bearer" or self._clock.timestamp() >= dies:
            return None
        return Credential("sandbox-client", "oauth", 1, is_admin=True, scopes=scopes)

    def issue(self, token: str, scopes: frozenset[str], login: int) -> None:
        """Let a token in for an hour; it belongs to a login."""
        self._issued[token] = (self._clock.timestamp() + LIFETIME, scopes, login)

    def end(self, login: int) -> None:
        """Let no token of a login in any more."""
        self._issued = {token: one for token, one in self._issued.items() if one[2] != login}
