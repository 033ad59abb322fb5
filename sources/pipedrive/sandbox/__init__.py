"""The imitation of Pipedrive: a believable account, and its HTTP surface as far as we use it."""

from collections.abc import Iterable
from random import Random

from sources.pipedrive.sandbox.account import build
from sources.pipedrive.sandbox.costs import allowance
from sources.pipedrive.sandbox.days import simulate_day
from sources.pipedrive.sandbox.logins import Logins
from sources.pipedrive.sandbox.site import Pipedrive
from sources.pipedrive.sandbox.tokens import Tokens
from sources.sandbox.clock import Clock
from sources.sandbox.crm import Acquaintance, Crm
from sources.sandbox.limits import Limits
from sources.sandbox.settings import Settings


def imitation() -> Crm:
    """Return Pipedrive, to be hosted at the root of the sandbox."""
    return Crm(name="pipedrive", prefix="", open=_open)


def _open(settings: Settings, clock: Clock, _known: Iterable[Acquaintance]) -> Pipedrive:
    tokens = Tokens(clock)
    return Pipedrive(
        account=build(activities=settings.activities, seed=settings.seed, start=settings.start),
        clock=clock,
        limits=Limits(allowance(settings.plan, settings.seats), clock, enabled=settings.limits),
        tokens=tokens,
        logins=Logins(clock, tokens, Random(settings.seed)),
        simulate=simulate_day,
        random=Random(settings.seed),
    )


__all__ = ["imitation"]
