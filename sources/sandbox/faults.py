"""Faults on demand: what a CRM, or the wire to it, does to a client on a bad day.

A fault is armed with a path (prefix or glob), and either the n-th matching request from now, or a rate;
it is used up after `times` firings.
"""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from sources.sandbox.exchange import Request

REFUSALS = (
    *("burst_429", "budget_spent", "server_error", "forbidden_html"),
    *("cursor_refused", "unauthorized", "refused"),
)
"""Answered in the reply's stead."""

WIRE = ("reset", "truncated", "slow", "late", "failed_after", "repeated_page")
"""Done to the real reply: what was asked for has been done.

`late` waits before its first byte, `failed_after` answers with a server error.
"""

PAGED = ("cursor_refused", "repeated_page")
"""Only for requests that go on from an earlier page."""

STATUSES = (500, 502, 503)


@dataclass
class Fault:
    """One armed fault. `times` null: for ever. `method` is a comma list of those concerned.

    `status` is for server_error and failed_after, `seconds` for slow and late.
    """

    kind: str
    path: str = ""
    method: str = ""
    nth: int | None = None
    rate: float | None = None
    times: int | None = 1
    status: int = 503
    seconds: float = 1.0
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in REFUSALS + WIRE:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(REFUSALS + WIRE)}")
        if self.nth is not None and self.rate is not None:
            raise ValueError("a fault has either nth or rate")
        if self.status not in STATUSES:
            raise ValueError(f"server_error answers one of {STATUSES}, not {self.status}")

    def concerns(self, request: Request, *, later_page: bool) -> bool:
        """Tell whether a request could meet this fault."""
        if self.kind in PAGED and not later_page:
            return False
        if self.method and request.method not in self.method.split(","):
            return False
        return request.path.startswith(self.path) or fnmatchcase(request.path, self.path)

    def fires(self, random: Random) -> bool:
        """Tell whether it strikes now, and count it if so."""
        if self.times is not None and self.fired >= self.times:
            return False
        strikes = random.random() < self.rate if self.rate is not None else self.seen >= (self.nth or 1)
        self.fired += strikes
        return strikes


class Faults:
    """The armed faults, in the order they were armed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._armed: list[Fault] = []

    def arm(self, **facts: Any) -> None:
        """Arm a fault; ValueError or TypeError when it makes no sense."""
        self._armed.append(Fault(**facts))

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def table(self) -> list[dict[str, Any]]:
        """Return what is armed or used up, as JSON."""
        return [asdict(fault) for fault in self._armed]

    def strike(self, request: Request, *, later_page: bool) -> Fault | None:
        """Return the fault a request meets; each one concerned counts the request."""
        concerned = [fault for fault in self._armed if fault.concerns(request, later_page=later_page)]
        for fault in concerned:
            fault.seen += 1
        return next((fault for fault in concerned if fault.fires(self._random)), None)
