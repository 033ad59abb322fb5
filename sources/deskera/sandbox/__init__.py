"""The imitation of Deskera: a believable account, and its HTTP surface as far as it is documented."""

from collections.abc import Iterable

from sources.deskera.sandbox.account import build
from sources.deskera.sandbox.days import simulate_day
from sources.deskera.sandbox.site import PREFIX, UNLIMITED, Deskera
from sources.sandbox.clock import Clock
from sources.sandbox.crm import Acquaintance, Crm
from sources.sandbox.limits import Limits
from sources.sandbox.settings import Settings


def imitation() -> Crm:
    """Return Deskera, to be hosted beside others."""
    return Crm(name="deskera", prefix=PREFIX, open=_open)


def _open(settings: Settings, clock: Clock, known: Iterable[Acquaintance]) -> Deskera:
    account = build(activities=settings.activities, seed=settings.seed, start=settings.start, known=known)
    limits = Limits(UNLIMITED, clock, enabled=settings.limits)
    return Deskera(account=account, clock=clock, limits=limits, simulate=simulate_day)


__all__ = ["imitation"]
