"""What a command would ask of the CRM, before it asks anything. Pure: facts in, estimates out.

A list costs one request a page, and one when it is empty. What cannot be known without asking, such as records that
changed since, is estimated from what is held and from the last runs; each estimate says from what.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sources.budget import SMALLEST_LIMIT, WINDOW
from sources.crm import Crm
from sources.entity import Entity, Listing

LATENCY = 0.3
"""Seconds that an answer is assumed to take where no run has measured it."""


@dataclass(frozen=True)
class Estimate:
    """What one entity would cost; an entity called '' stands for requests that belong to none."""

    entity: str
    requests: int
    tokens: int
    basis: str
    """What the estimate was made from."""
    longest: int = 1
    """The most requests that have to follow one another."""


@dataclass(frozen=True)
class Limits:
    """What the CRM allowed when it was last asked; None where nobody knows."""

    burst: int = SMALLEST_LIMIT
    """Requests in two seconds."""
    latency: float = LATENCY
    daily: int | None = None
    left: int | None = None
    spent: int = 0
    """What our own runs have spent today."""


@dataclass(frozen=True)
class Forecast:
    """What a whole command would cost."""

    command: str
    estimates: tuple[Estimate, ...]
    limits: Limits

    @property
    def requests(self) -> int:
        """Of all entities."""
        return sum(one.requests for one in self.estimates)

    @property
    def tokens(self) -> int:
        """Of all entities."""
        return sum(one.tokens for one in self.estimates)

    @property
    def seconds(self) -> float:
        """How long asking takes: as the burst limit allows, or as one page follows another."""
        limits = self.limits
        longest = max((one.longest for one in self.estimates), default=0)
        paced = max(0, self.requests - limits.burst) * WINDOW / limits.burst
        return max(paced, longest * limits.latency) + limits.latency

    @property
    def share(self) -> float | None:
        """The share of the whole company's tokens of a day."""
        return self.tokens / self.limits.daily if self.limits.daily else None


def of_whole_lists(entity: Entity, rows: Sequence[int], basis: str) -> Estimate:
    """Reading every list of an entity to its end; `rows` are the records of each list."""
    pages = [_pages(listing, count) for listing, count in zip(entity.lists, rows, strict=True)]
    tokens = sum(count * one.cost for one, count in zip(entity.lists, pages, strict=True))
    return Estimate(entity.name, sum(pages), tokens, basis, max(pages))


def of_changes(entity: Entity, changes: float, basis: str) -> Estimate:
    """Reading what changed; all changes are taken to be in the first list, the others to be asked once."""
    return of_whole_lists(entity, [math.ceil(changes), *(0 for _ in entity.lists[1:])], basis)


def of_children(entity: Entity, parents: float, basis: str) -> Estimate:
    """Reading the lists of so many parents; pages that follow a list's first one are not foreseen."""
    asked = math.ceil(parents / entity.parent.at_once) if entity.parent else 0
    tokens = asked * sum(one.cost for one in entity.lists)
    return Estimate(entity.name, asked * len(entity.lists), tokens, basis)


def of_embedded(entity: Entity) -> Estimate:
    """What stands within another entity's records comes with them."""
    host = entity.embedded.entity if entity.embedded else ""
    return Estimate(entity.name, 0, 0, f"stands within {host}", 0)


def of_account(crm: Crm) -> Estimate:
    """Asking who we are, which every run does."""
    return Estimate("", 1, crm.identify_cost, "asking who we are")


def of_deletions(crm: Crm, changes: float) -> Estimate:
    """Asking for deletions, among which the list shows all changes."""
    pages = max(1, math.ceil(changes / crm.deletions_page))
    return Estimate("", pages, pages * crm.deletions_cost, "asking for deletions", pages)


def joined(estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """One estimate for each entity."""
    found: dict[str, Estimate] = {}
    for one in estimates:
        before = found.get(one.entity)
        found[one.entity] = _sum(before, one) if before else one
    return tuple(found.values())


def _sum(one: Estimate, other: Estimate) -> Estimate:
    return Estimate(
        one.entity,
        one.requests + other.requests,
        one.tokens + other.tokens,
        f"{one.basis}; {other.basis}",
        one.longest + other.longest,
    )


def _pages(listing: Listing, rows: int) -> int:
    """A page by offset begins with the last row of the one before."""
    again = 1 if listing.paging == "offset" else 0
    pages = math.ceil((rows - again) / (listing.page_size - again))
    return 1 if listing.paging == "none" else max(1, pages)
