"""What the settings reach: the account, and one small request to each list that a run would read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.text import Text

from pipelines import console
from pipelines.config import Settings
from pipelines.several import Attempt, document
from pipelines.warehouse.postgres import Postgres
from sources.budget import Tally
from sources.crm import Account
from sources.entity import Listing
from sources.errors import FINAL, ApiError, NotAccepted, NotAllowed, NotServed, Unreachable, UsageError
from sources.http import Client
from sources.walk import Fetcher, Reader

TRIES = 2
ROLES = {
    True: ", a global admin",
    False: ", not a global admin: only what this user may see is read",
    None: "",
}
"""What we are in the CRM; None: it does not tell."""


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
class Found:
    """What a check found."""

    account: Account
    reach: tuple[Reach, ...]
    tally: Tally
    tokens_left: int | None
    daily_tokens: int | None
    burst: int

    @property
    def well(self) -> bool:
        """Whether every list can be read that the plan and the user's rights should include."""
        return not any(one.problem and not one.skipped for one in self.reach)


def check(settings: Settings) -> Found:
    """Ask for the account, and for one record of each list; a Postgres that does not let us in is an error."""
    if settings.place.destination == "postgres":
        with Postgres(settings.place, settings.dataset, read_only=True) as warehouse:
            warehouse.check_rights()
    # Somebody waits for this: a wrong address need not be tried for long.
    client = settings.crm.connect(**settings.connection, patience=replace(settings.patience, tries=TRIES))
    tally = Tally()
    with Fetcher(client) as fetcher:
        try:
            account = fetcher.run(settings.crm.identify(client, tally))
        except (NotAccepted, NotServed, Unreachable) as error:
            raise UsageError(error.message, way_out=error.way_out) from error
        reach = tuple(
            one for entity in settings.chosen() for one in fetcher.run(_reach(Reader(client, entity, tally)))
        )
        if settings.crm.deletions_reach:
            reach += (fetcher.run(_deletions(settings, client, tally, account)),)
        limiter = client.limiter
    return Found(account, reach, tally, limiter.daily_remaining, limiter.daily_limit, limiter.limit)


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
    return Reach("deletions", "recent changes", problem, ())


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


def summaries(attempts: Sequence[Attempt[Found]]) -> dict[str, Any]:
    """The findings of each CRM as JSON."""
    parts = [
        {"crm": one.crm, **(summary(one.done) if one.done else {"well": False, "problem": one.problem})}
        for one in attempts
    ]
    return document(parts, well=all(part["well"] for part in parts))


def summary(found: Found) -> dict[str, Any]:
    """The findings as JSON."""
    return {
        "user": found.account.user,
        "company": found.account.company,
        "admin": found.account.is_admin,
        "server_time": found.account.server_time.isoformat(),
        "tokens_left_today": found.tokens_left,
        "daily_tokens": found.daily_tokens,
        "requests_per_2_seconds": found.burst,
        "tokens_spent": found.tally.tokens,
        "well": found.well,
        "lists": [
            {
                "entity": one.entity,
                "path": one.path,
                "reached": one.problem is None,
                "skipped": one.skipped,
                "problem": str(one.problem) if one.problem else None,
                "undeclared_fields": list(one.drift),
            }
            for one in found.reach
        ],
    }


def show(found: Found) -> None:
    """Print the findings for a person."""
    account = found.account
    console.OUT.print(f"Connected to {account.company} as {account.user}{ROLES[account.is_admin]}.")
    drawn = console.grid("", "entity", "list")
    drawn.add_column("", overflow="fold")
    for one in found.reach:
        drawn.add_row(one.entity, one.path, _mark(one))
    console.OUT.print(drawn)
    if not found.daily_tokens:  # a CRM that names no limits
        console.OUT.print(f"This check took {found.tally.requests} requests.")
        return
    console.OUT.print(f"{found.tokens_left:,} of {found.daily_tokens:,} tokens left today.")
    console.OUT.print(
        f"At most {found.burst} requests in 2 seconds. This check cost {found.tally.tokens} tokens."
    )


def _mark(one: Reach) -> Text:
    if one.problem:
        told = f"{one.problem.message} {one.problem.way_out}"
        return Text(f"skipped: {told}", "yellow") if one.skipped else Text(told, "red")
    return Text("reached" + (f"; undeclared fields: {', '.join(one.drift)}" if one.drift else ""), "green")
