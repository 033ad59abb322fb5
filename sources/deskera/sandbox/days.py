"""Simulated business days: what a company's people do to their CRM between 06:00 and 18:00 UTC.

What changes in a deal, a contact or a user shows in the activities it is inside of, of which most are touched then too,
as people log what they did; but one of five such changes touches none, and only a whole read can show it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from sources.deskera.sandbox import deals, people
from sources.deskera.sandbox.account import Linking
from sources.deskera.sandbox.records import VISIBILITIES, Texts, activity
from sources.deskera.sandbox.times import at, duration, minutes, some_time, span
from sources.sandbox import names, phrases
from sources.sandbox.dice import chance, pick
from sources.sandbox.timeline import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sources.sandbox.store import Account, Record

HORIZON: Final = 45
"""What people plan lies at most so many days away."""
SILENT: Final = 0.2
TRIES: Final = 30


@dataclass
class Workday:
    """What the day's work is done with."""

    account: Account
    rng: Random
    date: str
    texts: Texts
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def closing(self) -> str:
        """The moment after which nobody works any more."""
        return at(self.date, SECONDS - 1, 999_999)

    def soon(self) -> str:
        """Choose a day on which something may be planned."""
        ahead = int(self.rng.random() * (HORIZON + 5)) - 5
        return (date.fromisoformat(self.date) + timedelta(days=ahead)).isoformat()

    def some(self, count: int, fits: Callable[[Record], bool] = lambda _: True) -> list[Record]:
        """Return up to so many different living activities that fit and may still be edited today."""
        activities = self.account["activities"]
        found: dict[int, Record] = {}
        for _ in range(TRIES * count + TRIES):
            record = activities.get(pick(self.rng.random, activities.ids())) or {}
            if not record["is_deleted"] and record["updated_at"] <= self.closing and fits(record):
                found[record["id"]] = record
            if len(found) >= count:
                break
        return list(found.values())

    def touch(self, record: Record, event: str, *, when: str = "", **changes: object) -> None:
        """Change an activity, at a moment not before its last change."""
        when = max(when or some_time(self.date, self.rng), record["updated_at"])
        user = record["owner_id"] or 1
        self.account["activities"].put({**record, **changes, "updated_at": when, "updated_by": user})
        self.counts[f"activities {event}"] += 1

    def put(self, name: str, record: Record, event: str) -> None:
        """Put a record of another kind."""
        self.account[name].put(record)
        self.counts[f"{name} {event}"] += 1


def simulate_day(
    account: Account, day: date, *, seed: int, intensity: float = 1.0, activity_changes: int | None = None
) -> dict[str, int]:
    """Do one business day's work and count it by kind.

    With `activity_changes`, exactly so many different activities are edited and nothing else happens.
    """
    rng = Random(f"{seed}/deskera/{day.toordinal()}")
    texts = Texts(phrases.subjects(rng), phrases.notes(rng))
    workday = Workday(account, rng, f"{day:%Y-%m-%d}", texts)
    if activity_changes is not None:
        _edit_exactly(workday, activity_changes)
    elif intensity > 0:
        _work(workday, intensity)
    return dict(workday.counts)


def _work(day: Workday, intensity: float) -> None:
    size = len(day.account["activities"]) * intensity
    for _ in range(3):
        _new_contact(day)
    for _ in range(max(2, round(size * 0.001))):
        _new_deal(day)
    for _ in range(max(6, round(size * 0.004))):
        _new_activity(day)
    for share, fits, edit in EDITS:
        for record in day.some(max(3, round(size * share)), fits):
            edit(day, record)
    for _ in range(max(3, round(size * 0.002))):
        _move_deal(day)
    for _ in range(max(2, round(size * 0.001))):
        _edit_contact(day)
    _bulk(day, max(5, round(size * 0.001)))


def _new_contact(day: Workday) -> None:
    contacts, firms = day.account["contacts"], day.account["organizations"]
    number = max(contacts.next_id(), firms.next_id())
    if chance(day.rng.random, 0.3):
        day.put("organizations", people.organization(day.rng, number), "created")
        return
    home = pick(day.rng.random, firms.ids())
    record = people.contact(number, "person", **people.stranger(day.rng, number), organization_id=home)
    day.put("contacts", record, "created")


def _new_deal(day: Workday) -> None:
    contacts = day.account["contacts"]
    person = contacts.get(pick(day.rng.random, contacts.ids())) or {}
    stages = list(day.account["stages"].records())
    record = deals.deal(
        day.account["deals"].next_id(),
        stage=deals.some_stage(stages, day.rng.random, "open"),
        contact=person,
        organization_id=person["organization_id"],
        owner_id=pick(day.rng.random, day.account["users"].ids()),
        created=some_time(day.date, day.rng),
        rng=day.rng,
    )
    day.put("deals", record, "created")


def _new_activity(day: Workday) -> None:
    activities, when = day.account["activities"], some_time(day.date, day.rng)
    links = Linking(day.account, day.rng).some()
    record = activity(
        activities.next_id(),
        links=links,
        created=when,
        updated=when,
        day=day.soon(),
        done=chance(day.rng.random, 0.4),
        texts=day.texts,
        rng=day.rng,
    )
    day.put("activities", record, "created")


def _reword(day: Workday, record: Record) -> None:
    if chance(day.rng.random, 0.5):
        name = pick(day.rng.random, day.texts.subjects).format(pick(day.rng.random, names.LAST_NAMES))
        day.touch(record, "edited", name=name)
    else:
        more = pick(day.rng.random, day.texts.notes) or "See above."
        day.touch(record, "edited", notes=f"{record['notes']}<br>{more}"[-4000:])


def _complete(day: Workday, record: Record) -> None:
    day.touch(record, "completed", is_status=True)


def _reopen(day: Workday, record: Record) -> None:
    day.touch(record, "reopened", is_status=False)


def _reschedule(day: Workday, record: Record) -> None:
    start, end = span(day.soon(), day.rng)
    length = duration(record["id"], minutes(start, end))
    day.touch(record, "rescheduled", start=start, end=end, duration=length)


def _reassign(day: Workday, record: Record) -> None:
    owner = pick(day.rng.random, day.account["users"].ids())
    day.touch(
        record,
        "reassigned",
        owner_id=owner,
        assignee_ids=[owner],
        user_timezone=people.zone_of(owner),
    )


def _delete(day: Workday, record: Record) -> None:
    day.touch(record, "deleted", is_deleted=True)


def _is_open(record: Record) -> bool:
    return not record["is_status"]


def _is_done(record: Record) -> bool:
    return bool(record["is_status"])


def _is_any(_: Record) -> bool:
    return True


EDITS: Final = (
    (0.003, _is_any, _reword),
    (0.004, _is_open, _complete),
    (0.0003, _is_done, _reopen),
    (0.0015, _is_open, _reschedule),
    (0.0005, _is_any, _reassign),
    (0.0004, _is_any, _delete),
)
"""What is done to activities, to how large a share of them."""


def _move_deal(day: Workday) -> None:
    """Move a deal, mostly while working on one of its activities."""
    for record in day.some(1, lambda row: bool(row["linked_to"])):
        deal = day.account["deals"].get(record["linked_to"]) or {}
        stages = list(day.account["stages"].records())
        stage = deals.some_stage(stages, day.rng.random)
        lost = stage["won_lost_status"] == "lost"
        moved = {
            "stage_id": stage["id"],
            "pipeline_id": stage["pipeline_id"],
            "reason": pick(day.rng.random, phrases.LOST_REASONS) if lost else "",
        }
        if chance(day.rng.random, 0.3):
            moved["amount"] = deals.amount(day.rng.random)
        day.put("deals", deal | moved, "moved")
        if not chance(day.rng.random, SILENT):
            _reword(day, record)


def _edit_contact(day: Workday) -> None:
    """Change a contact's address, mostly while working on one of its activities."""
    for record in day.some(1, lambda row: bool(row["contact_ids"])):
        person = day.account["contacts"].get(pick(day.rng.random, record["contact_ids"])) or {}
        changed = {
            "address": pick(day.rng.random, names.PLACES).city,
            "label": {"name": "Customer"},
            "label_id": 1,
        }
        day.put("contacts", person | changed, "edited")
        if not chance(day.rng.random, SILENT):
            _reword(day, record)


def _bulk(day: Workday, count: int) -> None:
    """Change the visibility of many at one moment."""
    when = at(day.date, SECONDS - 1800, 500_000)
    visibility = pick(day.rng.random, VISIBILITIES)
    for record in day.some(count):
        day.touch(record, "edited in bulk", when=when, visibility_type=visibility)


def _edit_exactly(day: Workday, count: int) -> None:
    chosen: set[int] = set()
    activities = day.account["activities"]
    ids = list(activities.ids())
    day.rng.shuffle(ids)
    for record_id in ids:
        if len(chosen) == count:
            return
        record = activities.get(record_id) or {}
        if not record["is_deleted"] and record["updated_at"] <= day.closing:
            chosen.add(record_id)
            pick(day.rng.random, (_reword, _reschedule, _reopen if record["is_status"] else _complete))(
                day, record
            )
    if len(chosen) < count:
        raise ValueError(f"The account has fewer than {count} activities that can be edited on {day.date}")
