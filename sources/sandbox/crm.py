"""What a CRM's imitation brings to the sandbox."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sources.sandbox.clock import Clock
from sources.sandbox.exchange import Reply, Request
from sources.sandbox.limits import Allowance, Limits
from sources.sandbox.settings import Settings
from sources.sandbox.store import Account


@dataclass(frozen=True)
class Acquaintance:
    """A person whom several CRMs may know, as one of them has it; "" for what it does not know."""

    name: str
    email: str
    phone: str


class Site(Protocol):
    """An imitation at work: one account, and how it answers."""

    account: Account
    limits: Limits
    normalised: frozenset[str]
    """Fields whose texts the CRM does not keep as they are written."""

    def answer(self, request: Request) -> Reply:
        """Answer a request as the CRM would."""

    def refuse(self, request: Request, kind: str, status: int) -> Reply:
        """Answer with an armed refusal (`faults.REFUSALS`); `status` is a server error's."""

    def later_page(self, request: Request) -> bool:
        """Tell whether a request goes on from an earlier page."""

    def walk(self, request: Request) -> object:
        """Return what all pages of one walk have in common."""

    def allowance(self, plan: str, seats: int) -> Allowance:
        """Return what a subscription grants; ValueError for an unknown plan."""

    def simulate_day(
        self, day: date, *, seed: int, intensity: float, activity_changes: int | None
    ) -> dict[str, int]:
        """Do one business day's work in the account; return counts by kind of event.

        With `activity_changes`, exactly so many activities are edited and nothing else happens.
        """

    def people(self) -> Iterable[Acquaintance]:
        """Tell whom the account knows; CRMs hosted after this one know some of them too."""

    def set_login(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change how one logs in; return how one does. ValueError for what cannot be changed."""

    def purge(self) -> int:
        """Forget what was deleted too long ago; return how many records."""


@dataclass(frozen=True)
class Crm:
    """An imitation to host. Paths that begin with `prefix` are its own; "" takes what no other prefix does."""

    name: str
    prefix: str
    open: Callable[[Settings, Clock, Iterable[Acquaintance]], Site]
    """From the settings, the clock, and whom the CRMs before this one know."""
