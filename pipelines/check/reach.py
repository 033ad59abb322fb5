"""What the credentials reach: the account, and one small request to each list that a run would read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pendulum

from pipelines.config import Settings
from sources.budget import Tally
from sources.crm import Account
from sources.entity import Listing
from sources.errors import FINAL, ApiError, NotAllowed
from sources.http import Client
from sources.walk import Fetcher, Reader

TRIES = 2
HALF = 0.5
"""Seconds: a `Date` header has no fraction, so the server's clock is this much ahead of it, on average."""
DELETIONS = "deletions"
Now = Callable[[], pendulum.DateTime]


@dataclass(frozen=True)
class Reach:
    """Whether one list can be read, and if not, why and what to do."""

    entity: str
    path: str
    problem: ApiError | None
    drift: tuple[str, ...]
    optional: bool = False
    """Whether a run skips it where the plan or the user's rights do not include it."""

    @property
    def skipped(self) -> bool:
        """Whether a run will do without it."""
        return self.optional and isinstance(self.problem, NotAllowed)


@dataclass(frozen=True)
class Reached:
    """What one CRM answered."""

    settings: Settings
    account: Account
    reach: tuple[Reach, ...]
    tally: Tally
    tokens_left: int | None
    daily_tokens: int | None
    burst: int
    ahead: float
    """Seconds that this machine's clock is ahead of the CRM's; negative where it is behind."""
    granted: frozenset[str] | None = None
    """The permissions that the login was granted; None where an API token connects us."""

    @property
    def well(self) -> bool:
        """Whether every list can be read that the plan and the user's rights should include."""
        return not any(one.problem and not one.skipped for one in self.reach)

    @property
    def untried(self) -> tuple[str, ...]:
        """Entities of which each record of another has a list: they can be asked for only with that record."""
        return tuple(entity.name for entity in self.settings.chosen() if entity.parent)


def ask(settings: Settings, client: Client, now: Now = lambda: pendulum.now("UTC")) -> Reached:
    """Ask for the account, and for one record of each list."""
    tally = Tally()
    with Fetcher(client) as fetcher:
        account = fetcher.run(settings.crm.identify(client, tally))
        ahead = (now() - account.server_time).total_seconds() - HALF
        reach = tuple(
            one for entity in settings.chosen() for one in fetcher.run(_reach(Reader(client, entity, tally)))
        )
        if settings.crm.deletions_reach:
            reach += (fetcher.run(_deletions(settings, client, tally, account)),)
    limiter = client.limiter
    counts = (limiter.daily_remaining, limiter.daily_limit, limiter.limit)
    return Reached(settings, account, reach, tally, *counts, ahead, _granted(settings))


def _granted(settings: Settings) -> frozenset[str] | None:
    tokens = settings.tokens.read() if settings.tokens else None
    return tokens.scopes if tokens else None


def connect(settings: Settings) -> Client:
    """A client that gives up soon: somebody waits, and a wrong address need not be tried for long."""
    return settings.connect(replace(settings.patience, tries=TRIES))


async def _deletions(settings: Settings, client: Client, tally: Tally, account: Account) -> Reach:
    items = tuple(entity.recents_item for entity in settings.chosen() if entity.recents_item)
    now = account.server_time
    problem: ApiError | None = None
    try:
        await settings.crm.deletions(client, items or ("activity",), now.subtract(seconds=1), now, tally)
    except FINAL:
        raise
    except ApiError as error:
        problem = error
    return Reach(DELETIONS, "recent changes", problem, ())


async def _reach(reader: Reader) -> list[Reach]:
    # A list of one record's own can be asked for only with that record.
    return [await _try(reader, listing) for listing in reader.entity.lists if not listing.of_parent]


async def _try(reader: Reader, listing: Listing) -> Reach:
    problem: ApiError | None = None
    try:
        await reader.probe(listing)
    except FINAL:
        raise
    except ApiError as error:
        problem = error
    entity = reader.entity
    return Reach(entity.name, listing.path, problem, tuple(reader.decoder.undeclared), entity.optional)
