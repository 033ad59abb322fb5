"""Who belongs to whom: persons to organizations, deals and activities to both.

Decided by arithmetic over whole numbers before any record exists, so that a million links cost no look-up.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox.activities import Links
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from random import Random

GROUPS: Final = (1, 1, 1, 2, 2, 2, 3, 3, 4, 6)
"""How many persons an organization has."""
SURE: Final = {6: 0.7, 7: 0.99}
"""The sixth activity belongs to a lead, the seventh to nothing."""
PROJECTS: Final = (None, None, None, None, None, None, None, None, 1, 2, 3)
LEADS: Final = 997


@dataclass(frozen=True)
class Layout:
    """By id (0 unused): a person's organization, an organization's persons (first, count), a deal's links."""

    person_org: array[int]
    first_person: array[int]
    people: array[int]
    deal_org: array[int]
    deal_person: array[int]
    leads: tuple[str, ...]


def layout(rng: Random, *, organizations: int, persons: int, deals: int) -> Layout:
    """Link a whole account; 0 stands for none."""
    person_org, first_person, people = _contacts(rng, organizations, persons)
    deal_org, deal_person = array("i", [0]), array("i", [0])
    for deal_id in range(1, deals + 1):
        org_id = 1 + int(rng.random() ** 0.5 * deal_id / deals * organizations)
        org_id = min(org_id, organizations)
        deal_org.append(org_id)
        deal_person.append(_one_of(rng, first_person[org_id], people[org_id]))
    return Layout(person_org, first_person, people, deal_org, deal_person, lead_ids(rng))


def lead_ids(rng: Random) -> tuple[str, ...]:
    """Make up ids of leads, which are UUIDs."""
    return tuple(lead_id(rng) for _ in range(LEADS))


def lead_id(rng: Random) -> str:
    """Make up the id of one lead."""
    bits = rng.getrandbits
    return f"{bits(32):08x}-{bits(16):04x}-11ee-{bits(16):04x}-{bits(48):012x}"


def _contacts(rng: Random, organizations: int, persons: int) -> tuple[array[int], array[int], array[int]]:
    """Put persons in runs of one organization, and now and then one who belongs to none."""
    person_org, first_person, people = array("i", [0]), array("i", [0]), array("i", [0])
    for org_id in range(1, organizations + 1):
        size = min(pick(rng.random, GROUPS), persons - len(person_org))  # the last one stays alone
        first_person.append(len(person_org))
        people.append(size)
        person_org.extend([org_id] * size)
        if chance(rng.random, 0.3) and len(person_org) < persons:
            person_org.append(0)
    person_org.extend([0] * (persons + 1 - len(person_org)))
    return person_org, first_person, people


def _one_of(rng: Random, first: int, count: int) -> int:
    return first + int(rng.random() * count) if count else 0


def links_of(plan: Layout, rng: Random, number: int, share: float) -> Links:
    """Link the activity at this share of all to a deal, a lead, contacts only, or nothing."""
    r = rng.random
    chosen = SURE.get(number) or r()
    if chosen < 0.66:  # noqa: PLR2004
        deal_id = 1 + int(r() ** 0.4 * share * (len(plan.deal_org) - 1))
        org_id, person_id = plan.deal_org[deal_id], plan.deal_person[deal_id]
        return Links(deal_id, None, org_id or None, pick(r, PROJECTS), _people(plan, rng, org_id, person_id))
    if chosen > 0.94:  # noqa: PLR2004
        return Links()
    org_id = 1 + int(r() * share * (len(plan.first_person) - 1))
    person_id = _one_of(rng, plan.first_person[org_id], plan.people[org_id])
    lead = pick(r, plan.leads) if chosen < 0.74 else None  # noqa: PLR2004
    return Links(None, lead, org_id, None, _people(plan, rng, org_id, person_id))


def _people(plan: Layout, rng: Random, org_id: int, person_id: int) -> tuple[int, ...]:
    """Choose the primary participant, and one or two colleagues in every fourth case."""
    if not person_id or chance(rng.random, 0.05):
        return ()
    if not chance(rng.random, 0.25):
        return (person_id,)
    first = plan.first_person[org_id]
    colleagues = [one for one in range(first, first + min(3, plan.people[org_id])) if one != person_id]
    return (person_id, *colleagues)
