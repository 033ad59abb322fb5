"""All state of a running sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import Any

from sources.sandbox.clock import Clock
from sources.sandbox.crm import Crm, Site
from sources.sandbox.faults import Faults
from sources.sandbox.settings import Settings
from sources.sandbox.stats import Stats

END_OF_DAY = time(20, tzinfo=UTC)
FRIDAY = 5  # isoweekday


@dataclass
class World:
    """The clock, the CRMs and what is set at run time."""

    settings: Settings
    clock: Clock
    crms: dict[str, Crm]
    sites: dict[str, Site]
    faults: Faults
    latency: float
    stats: Stats = field(default_factory=Stats)

    def site(self, name: str = "") -> Site:
        """Return a CRM's site, the first one's without a name."""
        return self.sites[name or next(iter(self.sites))]

    def owner(self, path: str) -> Site | None:
        """Return the site a path belongs to."""
        owners = [crm for crm in self.crms.values() if path.startswith(crm.prefix)]
        if not owners:
            return None
        return self.sites[max(owners, key=lambda crm: len(crm.prefix)).name]

    def advance(
        self, days: int, intensity: float, activity_changes: int | None = None
    ) -> list[dict[str, Any]]:
        """Live through business days; return what happened on each, by CRM.

        With `activity_changes`, a day is exactly so many edits of activities.
        """
        return [self._live(intensity, activity_changes) for _ in range(days)]

    def purge(self) -> dict[str, int]:
        """Forget what was deleted too long ago, in all CRMs."""
        return {name: site.purge() for name, site in self.sites.items()}

    def _live(self, intensity: float, activity_changes: int | None) -> dict[str, Any]:
        day = _next_business_day(self.clock.now())
        seed = self.settings.seed
        events = {
            name: site.simulate_day(
                day.date(), seed=seed, intensity=intensity, activity_changes=activity_changes
            )
            for name, site in self.sites.items()
        }
        self.clock.set(day)
        return {"day": f"{day:%Y-%m-%d}", "events": events, "purged": self.purge()}


def open_world(settings: Settings, crms: Sequence[Crm]) -> World:
    """Build the accounts and all the state around them."""
    clock = Clock(settings.start)
    sites: dict[str, Site] = {}
    for crm in crms:
        known = chain.from_iterable(site.people() for site in list(sites.values()))
        sites[crm.name] = crm.open(settings, clock, known)
    return World(
        settings=settings,
        clock=clock,
        crms={crm.name: crm for crm in crms},
        sites=sites,
        faults=Faults(settings.seed),
        latency=settings.latency,
    )


def _next_business_day(now: datetime) -> datetime:
    day = datetime.combine(now.date() + timedelta(days=1), END_OF_DAY)
    while day.isoweekday() > FRIDAY:
        day += timedelta(days=1)
    return day
