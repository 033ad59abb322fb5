"""A request and its reply, as an imitation sees them."""

from collections.abc import Mapping
from dataclasses import dataclass

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; a parameter given twice keeps its last value."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def origin(self) -> str:
        """Return where the client thinks we are."""
        return f"http://{self.headers.get('host', 'localhost')}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply; `endpoint` and `tokens` are for the statistics."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: bytes = b"application/json; charset=utf-8"
    endpoint: str = "unknown"
    tokens: int = 0
