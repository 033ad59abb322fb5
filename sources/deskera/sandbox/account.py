"""A believable account, made up from a seed: two years of work of a company that sells with Deskera too."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from sources.deskera.sandbox import people, times
from sources.deskera.sandbox.deals import deal, some_stage, stages
from sources.deskera.sandbox.records import Links, Texts, activity
from sources.deskera.sandbox.served import Activities
from sources.sandbox import phrases
from sources.sandbox.dice import chance, pick
from sources.sandbox.store import Collection
from sources.sandbox.timeline import SECONDS, Timeline, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from sources.sandbox.crm import Acquaintance
    from sources.sandbox.store import Account, Record

LAGS: Final = (0, 0, 0, 1, 1, 2, 3, 5, 8, 21)
"""Business days between two moments of one record's life."""
IMPORTED: Final = 700
"""Activities that one bulk import left with one moment for all of them: more than a page."""
HOMES: Final = (1, 1, 2, 2, 3, 5)
"""How many persons an organization has."""


@dataclass(frozen=True)
class Plan:
    """All that decides the account's activities."""

    count: int
    rng: Random
    line: Timeline
    texts: Texts
    account: Account


def build(*, activities: int, seed: int, start: pendulum.DateTime, known: Iterable[Acquaintance]) -> Account:
    """Build an account whose past lies before `start`; the same arguments give the same bytes."""
    rng, line = Random(f"{seed}/deskera"), timeline(start)
    account = {name: Collection(name) for name in ("users", "stages", "organizations", "contacts", "deals")}
    _fill(account["users"], people.users(min(40, 6 + activities // 5000)))
    _fill(account["stages"], stages())
    firms = max(4, activities // 10)
    homes = _homes(rng, firms, max(8, activities * 3 // 10))
    _fill(account["contacts"], people.persons(rng, 1, [home and len(homes) + home for home in homes], known))
    _fill(
        account["organizations"],
        (people.organization(rng, len(homes) + number) for number in range(1, firms + 1)),
    )
    _fill(account["deals"], _deals(account, rng, line, max(8, activities // 5)))
    account["activities"] = Activities(account)
    texts = Texts(phrases.subjects(rng), phrases.notes(rng))
    plan = Plan(activities, rng, line, texts, account)
    _fill(account["activities"], _activities(plan))
    _erase_some(plan)
    return account


def _fill(collection: Collection, records: Iterable[Record]) -> None:
    for record in records:
        collection.put(record)


def _homes(rng: Random, firms: int, count: int) -> list[int]:
    """Choose for each person an organization's number; every fourth belongs to none."""
    homes: list[int] = []
    for number in range(1, firms + 1):
        homes += [number] * pick(rng.random, HOMES) + [0] * chance(rng.random, 0.5)
    return (homes + [0] * count)[:count]


def _deals(account: Account, rng: Random, line: Timeline, count: int) -> Iterator[Record]:
    r, known = rng.random, list(account["stages"].records())
    contacts, users = account["contacts"], account["users"].ids()
    for number in range(1, count + 1):
        person = contacts.get(pick(r, contacts.ids())) or {} if chance(r, 0.9) else {}
        day, second = line.moment((number - 0.5) / count)
        record = deal(
            number,
            stage=some_stage(known, r),
            contact=person,
            organization_id=person.get("organization_id", 0),
            owner_id=pick(r, users),
            created=times.at(line.days[day], second, int(r() * 10**6)),
            rng=rng,
        )
        yield record | {"is_deleted": chance(r, 0.02)}


def _activities(plan: Plan) -> Iterator[Record]:
    line, rng = plan.line, plan.rng
    first = plan.count // 3
    imported = range(first, first + min(IMPORTED, plan.count // 4))
    at_once = times.at(line.days[line.moment(first / plan.count)[0]], 3600, 123_456)
    links = Linking(plan.account, rng)
    for number in range(1, plan.count + 1):
        day, second = line.moment((number - 0.5) / plan.count)
        created = times.at(line.days[day], second, int(rng.random() * 10**6))
        later = min(line.today, day + pick(rng.random, LAGS))
        updated = max(created, times.at(line.days[later], int(rng.random() * SECONDS), number % 10**6))
        if number in imported:
            created = updated = at_once
        begins = min(day + pick(rng.random, LAGS), len(line.days) - 1)
        yield activity(
            number,
            links=links.some(),
            created=created,
            updated=updated,
            day=line.days[begins],
            done=chance(rng.random, 0.7),
            texts=plan.texts,
            rng=rng,
        )


class Linking:
    """What activities may belong to."""

    def __init__(self, account: Account, rng: Random) -> None:
        self._account = account
        self._random = rng.random
        self._users = account["users"].ids()
        self._people: dict[int, tuple[int, int]] = {}

    def some(self) -> Links:
        """Link an activity: mostly to a deal and its people, else to people only, or to nothing."""
        r = self._random
        owner_id = pick(r, self._users)
        assignees = (
            (owner_id, pick(r, self._users)) if chance(r, 0.15) else (owner_id,) if chance(r, 0.8) else ()
        )
        chosen = r()
        if chosen > 0.95:  # noqa: PLR2004
            return Links(owner_id)
        deal_id = pick(r, self._account["deals"].ids()) if chosen < 0.6 else 0  # noqa: PLR2004
        person, home = self._of(deal_id) if deal_id else self._somebody()
        more = (pick(r, self._account["contacts"].ids()),) if chance(r, 0.15) else ()
        contacts = tuple(dict.fromkeys((*((person,) if person else ()), *more)))
        return Links(owner_id, tuple(dict.fromkeys(assignees)), contacts, (home,) if home else (), deal_id)

    def _of(self, deal_id: int) -> tuple[int, int]:
        if deal_id not in self._people:
            deal = self._account["deals"].get(deal_id) or {}
            self._people[deal_id] = deal["contact_id"], deal["organization_id"]
        return self._people[deal_id]

    def _somebody(self) -> tuple[int, int]:
        contacts = self._account["contacts"]
        record = contacts.get(pick(self._random, contacts.ids())) or {}
        return record["id"], record["organization_id"]


def _erase_some(plan: Plan) -> None:
    collection, line = plan.account["activities"], plan.line
    younger = range(plan.count // 2 + 1, plan.count + 1)
    for record_id in sorted(plan.rng.sample(younger, min(len(younger), 1 + plan.count // 300))):
        record = collection.get(record_id) or {}
        gone = max(times.some_time(line.days[line.today], plan.rng), record["updated_at"])
        collection.put(record | {"is_deleted": True, "updated_at": gone})
