"""How requests are signed: with headers that stay as they are, or with ones that are renewed when they run out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Auth(Protocol):
    """Signs requests."""

    async def headers(self) -> Mapping[str, str]:
        """The headers of the next request. NotAccepted: there are none that could be let in."""

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Replace headers that were answered with 401; whether asking again is of any use."""


@dataclass(frozen=True)
class Fixed:
    """Headers that stay as they are: an API token."""

    signed: Mapping[str, str] = field(repr=False)

    async def headers(self) -> Mapping[str, str]:
        """Always the same."""
        return self.signed

    async def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 (the protocol's)
        """A token that is refused stays so."""
        return False
