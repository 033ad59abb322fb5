"""What comes into being on a business day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sources.pipedrive.sandbox.activities import Links, Times, activity
from sources.pipedrive.sandbox.contacts import organization, person
from sources.pipedrive.sandbox.deals import Course, deal
from sources.pipedrive.sandbox.layout import PROJECTS, lead_id
from sources.pipedrive.sandbox.products import product
from sources.pipedrive.sandbox.values import custom_values
from sources.pipedrive.sandbox.workday import live
from sources.sandbox.dice import chance, pick
from sources.sandbox.names import company

if TYPE_CHECKING:
    from sources.pipedrive.sandbox.workday import Workday
    from sources.sandbox.store import Record


def new_organizations(day: Workday, count: int) -> None:
    """Add organizations."""
    for _ in range(count):
        at, number = day.moment(), day.account["organizations"].next_id()
        custom = _custom(day, "organizations")
        record = organization(number, setting=day.setting, rng=day.rng, added=at, updated=at, custom=custom)
        day.add("organizations", record)


def new_persons(day: Workday, count: int) -> None:
    """Add persons, most of them to an organization."""
    for _ in range(count):
        at, number = day.moment(), day.account["persons"].next_id()
        home = day.some("organizations", 1) if chance(day.rng.random, 0.85) else []
        org_id = home[0]["id"] if home else None
        custom = _custom(day, "persons")
        day.add(
            "persons",
            person(
                number, org_id=org_id, setting=day.setting, rng=day.rng, added=at, updated=at, custom=custom
            ),
        )


def new_products(day: Workday, count: int) -> None:
    """Add products."""
    for _ in range(count):
        at, number = day.moment(), day.account["products"].next_id()
        custom = _custom(day, "products")
        record = product(number, setting=day.setting, rng=day.rng, added=at, updated=at, custom=custom)
        day.add("products", record)


def new_deals(day: Workday, count: int) -> None:
    """Add open deals with organizations that have somebody to talk to, if one is found."""
    for _ in range(count):
        at, number = day.moment(), day.account["deals"].next_id()
        org_id, people = _counterpart(day)
        record = deal(
            number,
            name=company(day.rng),
            org_id=org_id,
            person_id=people[0] if people else None,
            state="open",
            archived=False,
            course=Course(at, None, at, at),
            setting=day.setting,
            rng=day.rng,
            custom=_custom(day, "deals"),
        )
        day.add("deals", record)


def new_activities(day: Workday, count: int) -> None:
    """Add activities."""
    for _ in range(count):
        new_activity(day)


def new_activity(day: Workday) -> Record:
    """Add one activity, already done in two of five cases."""
    at, random = day.moment(), day.rng.random
    due = pick(random, day.setting.referable.days)
    times = Times(at, at, due, at if chance(random, 0.4) else None)
    number = day.account["activities"].next_id()
    return day.add(
        "activities", activity(number, links=_links(day), times=times, setting=day.setting, rng=day.rng)
    )


def _links(day: Workday) -> Links:
    """Choose what a new activity belongs to: mostly a deal, else a lead or contacts."""
    random = day.rng.random
    if chance(random, 0.7) and (found := day.some("deals", 1)):
        one = found[0]
        people = (one["person_id"],) if one["person_id"] else ()
        return Links(one["id"], None, one["org_id"], pick(random, PROJECTS), people)
    org_id, contacts = _counterpart(day)
    return Links(None, lead_id(day.rng) if chance(random, 0.3) else None, org_id, None, contacts)


def _counterpart(day: Workday) -> tuple[int | None, tuple[int, ...]]:
    """Find an organization and up to two of its people."""
    found = day.some("persons", 1, lambda row: live(row) and row["org_id"] is not None)
    if not found:
        return None, ()
    org_id = found[0]["org_id"]
    colleagues = [row["id"] for row in day.same("persons", "org_id", org_id) if live(row)]
    return org_id, (found[0]["id"], *[one for one in colleagues if one != found[0]["id"]][:1])


def _custom(day: Workday, entity: str) -> Record:
    return custom_values(day.rng, day.setting.referable, day.setting.custom_fields[entity])
