"""What was asked of the sandbox, by endpoint."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sources.sandbox.exchange import Reply

TOO_MANY = 429


@dataclass
class Count:
    """Requests, what they cost, and what was sent."""

    requests: int = 0
    tokens: int = 0
    refused_429: int = 0
    errors: int = 0  # statuses from 400 up, 429 included
    bytes: int = 0

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.requests += 1
        self.tokens += reply.tokens
        self.refused_429 += reply.status == TOO_MANY
        self.errors += reply.status >= 400  # noqa: PLR2004
        self.bytes += len(reply.body)


@dataclass
class Stats:
    """Counts since the start or the last reset."""

    total: Count = field(default_factory=Count)
    endpoints: dict[str, Count] = field(default_factory=dict)

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.total.add(reply)
        self.endpoints.setdefault(reply.endpoint, Count()).add(reply)

    def reset(self) -> None:
        """Begin again at zero."""
        self.total, self.endpoints = Count(), {}

    def table(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        endpoints = {name: asdict(count) for name, count in sorted(self.endpoints.items())}
        return {**asdict(self.total), "endpoints": endpoints}
