"""A believable account: two years of a company's selling, made up from a seed.

Rows are put together from pools of ready strings by arithmetic on ids, because a million of them must
stand within seconds. What a reader may trip on is not left to chance: the first rows of every entity
carry each oddity once, so that the smallest account has them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox import catalog, seeds
from sources.pipedrive.sandbox.activities import Times, activity
from sources.pipedrive.sandbox.contacts import organization, person
from sources.pipedrive.sandbox.deals import ARCHIVED_FIRST, Course, deal, state_of
from sources.pipedrive.sandbox.fields import STANDARD, field_list
from sources.pipedrive.sandbox.layout import Layout, layout, links_of
from sources.pipedrive.sandbox.products import product
from sources.pipedrive.sandbox.setting import Setting, setting_of
from sources.pipedrive.sandbox.values import custom_pool
from sources.sandbox.dice import chance, pick
from sources.sandbox.names import company
from sources.sandbox.store import Collection
from sources.sandbox.timeline import SECONDS, Timeline, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from sources.sandbox.store import Account, Record

OPTIONAL: Final = {"activities": ("attendees",), "deals": ("source_lead_id",)}
LAGS: Final = (0, 0, 0, 0, 1, 1, 2, 3, 5, 8, 13, 21, 55)
"""Business days between two moments of one record's life."""
IMPORTED: Final = 1600
"""Rows that one bulk import left with a single second for all their times."""
ERASED_DAYS: Final = 15
"""Deletions of the last business days only: what was deleted 30 days ago is gone for good."""


@dataclass(frozen=True)
class Sizes:
    """How many records of each entity an account of so many activities holds."""

    activities: int
    deals: int
    persons: int
    organizations: int
    products: int
    users: int


@dataclass(frozen=True)
class Plan:
    """All that decides the account's records."""

    sizes: Sizes
    rng: Random
    timeline: Timeline
    setting: Setting
    layout: Layout


def sizes(activities: int) -> Sizes:
    """Size an account by the usual proportions of a CRM, with enough of each for every feature."""
    return Sizes(
        activities=activities,
        deals=max(8, activities // 5),
        persons=max(8, activities * 3 // 10),
        organizations=max(4, activities // 10),
        products=min(2000, max(5, activities // 50)),
        users=min(60, 8 + activities // 5000),
    )


def build(*, activities: int, seed: int, start: pendulum.DateTime) -> Account:
    """Build an account whose whole past lies before `start`; the same arguments give the same bytes."""
    rng, counts, times = Random(seed), sizes(activities), timeline(start)
    account = _catalogued(counts)
    past = times.days[: times.today + 1]
    setting = setting_of(account, rng, past, organizations=counts.organizations, persons=counts.persons)
    links = layout(rng, organizations=counts.organizations, persons=counts.persons, deals=counts.deals)
    plan = Plan(counts, rng, times, setting, links)
    _fill(account["organizations"], _organizations(plan))
    _fill(account["persons"], _persons(plan))
    _fill(account["products"], _products(plan))
    _fill(account["deals"], _deals(plan))
    _fill(account["activities"], _activities(plan))
    _erase_some(account, plan)
    seeds.seed(account, links.leads, seed)
    return account


def _catalogued(counts: Sizes) -> Account:
    """Set up an account in which no work has been done."""
    plain = ("activities", "deals", "persons", "organizations", "products")
    account = {name: Collection(name, optional=OPTIONAL.get(name, ())) for name in plain}
    account |= {name: Collection(name, hidden=("id",)) for name in STANDARD}
    lists: dict[str, Iterable[Record]] = {name: field_list(name) for name in STANDARD}
    lists |= {
        "users": catalog.users(counts.users),
        "activity_types": catalog.activity_types(),
        "currencies": catalog.currencies(),
        "pipelines": catalog.pipelines(),
        "stages": catalog.stages(),
    }
    for name, records in lists.items():
        _fill(account.setdefault(name, Collection(name)), records)
    return account


def _fill(collection: Collection, records: Iterable[Record]) -> None:
    for record in records:
        collection.put(record)


def _later(plan: Plan, moment: tuple[int, int]) -> tuple[int, int]:
    """Choose a moment some business days after another, never past today."""
    random = plan.rng.random
    day = min(plan.timeline.today, moment[0] + pick(random, LAGS))
    second = int(random() * SECONDS)
    return day, max(second, moment[1]) if day == moment[0] else second


def _born_and_changed(plan: Plan, number: int, count: int) -> tuple[str, str | None]:
    """Choose the n-th record's add and update times; a few early ones were never updated."""
    born = plan.timeline.moment((number - 0.5) / count)
    added = plan.timeline.stamp(*born)
    if number < count / 4 and chance(plan.rng.random, 0.01):
        return added, None
    return added, plan.timeline.stamp(*_later(plan, born))


def _organizations(plan: Plan) -> Iterator[Record]:
    count, setting, rng = plan.sizes.organizations, plan.setting, plan.rng
    customs = custom_pool(rng, setting.referable, setting.custom_fields["organizations"], _variants(count))
    for number in range(1, count + 1):
        added, updated = _born_and_changed(plan, number, count)
        custom = customs[(number - 1) % len(customs)]
        yield organization(number, setting=setting, rng=rng, added=added, updated=updated, custom=custom)


def _persons(plan: Plan) -> Iterator[Record]:
    count, setting, rng = plan.sizes.persons, plan.setting, plan.rng
    customs = custom_pool(rng, setting.referable, setting.custom_fields["persons"], _variants(count))
    for number in range(1, count + 1):
        added, updated = _born_and_changed(plan, number, count)
        org_id = plan.layout.person_org[number] or None
        custom = customs[(number - 1) % len(customs)]
        yield person(
            number, org_id=org_id, setting=setting, rng=rng, added=added, updated=updated, custom=custom
        )


def _products(plan: Plan) -> Iterator[Record]:
    count, setting, rng = plan.sizes.products, plan.setting, plan.rng
    customs = custom_pool(rng, setting.referable, setting.custom_fields["products"], _variants(count))
    for number in range(1, count + 1):
        added, updated = _born_and_changed(plan, number, count)
        custom = customs[(number - 1) % len(customs)]
        yield product(number, setting=setting, rng=rng, added=added, updated=updated, custom=custom)


def _variants(count: int) -> int:
    """Tell how many sets of custom values to make: a pool, as each takes long."""
    return min(count, 2000)


def _deals(plan: Plan) -> Iterator[Record]:
    count, setting, rng, links = plan.sizes.deals, plan.setting, plan.rng, plan.layout
    customs = custom_pool(rng, setting.referable, setting.custom_fields["deals"], _variants(count))
    for number in range(1, count + 1):
        yield deal(
            number,
            name=company(rng),
            org_id=links.deal_org[number] or None,
            person_id=links.deal_person[number] or None,
            state=state_of(number, rng.random),
            archived=number == ARCHIVED_FIRST or chance(rng.random, 0.06),
            course=_course(plan, number, count),
            setting=setting,
            rng=rng,
            custom=customs[(number - 1) % len(customs)],
        )


def _course(plan: Plan, number: int, count: int) -> Course:
    """Choose when a deal was added, moved, closed, and touched once more."""
    line = plan.timeline
    born = line.moment((number - 0.5) / count)
    moved = _later(plan, born)
    closed = _later(plan, moved)
    updated = _later(plan, closed)
    was_moved = chance(plan.rng.random, 0.7)
    return Course(
        line.stamp(*born),
        line.stamp(*moved) if was_moved else None,
        line.stamp(*closed),
        line.stamp(*updated),
    )


def _activities(plan: Plan) -> Iterator[Record]:
    count, setting, rng = plan.sizes.activities, plan.setting, plan.rng
    first = count // 3
    imported = range(first, first + min(IMPORTED, count * 2 // 5))
    second = plan.timeline.stamp(*plan.timeline.moment(first / count))
    for number in range(1, count + 1):
        share = (number - 0.5) / count
        times = _times(plan, number, share)
        if number in imported:
            times = Times(second, second, times.due_date, second if times.done else None)
        links = links_of(plan.layout, rng, number, share)
        yield activity(number, links=links, times=times, setting=setting, rng=rng)


def _times(plan: Plan, number: int, share: float) -> Times:
    """Plan some days ahead; seven of ten are done by now, the others open, overdue or still to come."""
    line, random = plan.timeline, plan.rng.random
    born = line.moment(share)
    due = min(born[0] + pick(random, LAGS), len(line.days) - 1)
    added = line.stamp(*born)
    changed = _later(plan, born)
    done = line.stamp(*changed) if chance(random, 0.73) else None
    if number == 3 or (share < 0.1 and chance(random, 0.02)):  # noqa: PLR2004  old rows that nobody has touched
        return Times(added, None, line.days[due], done)
    return Times(added, line.stamp(*_later(plan, changed)), line.days[due], done)


def _erase_some(account: Account, plan: Plan) -> None:
    """Delete a few of everything, late enough that the API still remembers."""
    line, rng = plan.timeline, plan.rng
    for name in ("activities", "deals", "persons", "organizations", "products"):
        collection = account[name]
        younger = range(len(collection) // 2 + 1, len(collection) + 1)  # the first ones carry the oddities
        for record_id in sorted(rng.sample(younger, min(len(younger), 1 + len(collection) // 300))):
            _erase(collection, record_id, line, rng)


def _erase(collection: Collection, record_id: int, line: Timeline, rng: Random) -> None:
    record = collection.get(record_id)
    if record is None:
        return
    at = line.stamp(line.today - int(rng.random() * ERASED_DAYS), int(rng.random() * SECONDS))
    collection.put(
        record | {"is_deleted": True, "update_time": max(at, record["update_time"] or "", record["add_time"])}
    )
