"""Simulated business days: what a company's people do to their CRM between 06:00 and 18:00 UTC.

A day costs in proportion to its changes: records are found by random ids and by look-ups kept up to date,
never by reading all. (The first merge builds those look-ups; a new custom field, rare, touches every record.)
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from sources.pipedrive.sandbox import arrivals, changes, chores
from sources.pipedrive.sandbox.merges import merge_some
from sources.pipedrive.sandbox.reshaping import reshape
from sources.pipedrive.sandbox.setting import setting_of
from sources.pipedrive.sandbox.workday import Workday, live, moment
from sources.sandbox.dice import pick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pendulum

    from sources.sandbox.store import Account, Record

    Alter = Callable[[Workday, Record, str], Record]

HORIZON: Final = 60
"""Dates that people enter lie at most so many days away."""
BULK_SECOND: Final = "T17:30:00Z"
MERGES_PER: Final = 50_000
"""One more round of merges a day for so many organizations."""


class Task(NamedTuple):
    """A kind of change: to which records, how many of them as a share of all and at least, and how."""

    entity: str
    event: str
    share: float
    least: int
    alter: Alter
    fits: Callable[[Record], bool] = live


ARRIVALS: Final = (
    ("organizations", 0.002, 4, arrivals.new_organizations),
    ("persons", 0.002, 4, arrivals.new_persons),
    ("products", 0.002, 2, arrivals.new_products),
    ("deals", 0.004, 4, arrivals.new_deals),
    ("activities", 0.004, 6, arrivals.new_activities),
)
TASKS: Final = (
    Task("activities", "edited", 0.003, 5, changes.reword),
    Task("activities", "reassigned", 0.0005, 3, changes.reassign),
    Task("activities", "completed", 0.004, 5, changes.complete, changes.open_activity),
    Task("activities", "reopened", 0.0002, 2, changes.reopen_activity, changes.done_activity),
    Task("activities", "rescheduled", 0.0015, 3, changes.reschedule, changes.open_activity),
    Task("deals", "edited", 0.004, 3, changes.edit_deal),
    Task("deals", "moved", 0.008, 3, changes.move, changes.open_deal),
    Task("deals", "won", 0.002, 1, changes.win, changes.open_deal),
    Task("deals", "lost", 0.002, 1, changes.lose, changes.open_deal),
    Task("deals", "reopened", 0.0004, 1, changes.reopen_deal, changes.closed_deal),
    Task("deals", "archived", 0.001, 1, changes.archive, changes.unarchived),
    Task("deals", "unarchived", 0.0003, 1, changes.unarchive, changes.archived),
    Task("persons", "edited", 0.003, 3, changes.edit_person),
    Task("organizations", "edited", 0.003, 3, changes.edit_organization),
    Task("products", "edited", 0.01, 2, changes.edit_product),
    Task("activities", "deleted", 0.0004, 2, changes.delete),
    Task("deals", "deleted", 0.0005, 1, changes.delete),
    Task("persons", "deleted", 0.0003, 1, changes.delete),
    Task("organizations", "deleted", 0.0003, 1, changes.delete),
    Task("products", "deleted", 0.0005, 1, changes.delete),
)
RESTORED: Final = Task("activities", "restored", 0, 1, changes.restore, changes.deleted)


def simulate_day(
    account: Account,
    day: pendulum.Date,
    *,
    seed: int,
    intensity: float = 1.0,
    silent_merges: bool = False,
    activity_changes: int | None = None,
) -> dict[str, int]:
    """Do one business day's work and count it by kind.

    With `activity_changes`, exactly so many different activities are edited and nothing else happens.
    """
    rng = Random(f"{seed}/{day.toordinal()}")
    counts: Counter[str] = Counter()
    if activity_changes is None and intensity > 0:
        reshape(account, rng, partial(moment, day.isoformat(), rng), counts)
    workday = _workday(account, day, rng, counts)
    if activity_changes is not None:
        edit_exactly(workday, activity_changes)
    elif intensity > 0:
        _work(workday, intensity, silent_merges=silent_merges)
        chores.do(chores.Chores(account, day.isoformat(), f"{seed}/{day.toordinal()}", counts))
    return dict(counts)


def _workday(account: Account, day: pendulum.Date, rng: Random, counts: Counter[str]) -> Workday:
    middle = date(day.year, day.month, day.day)
    around = tuple((middle + timedelta(days=n)).isoformat() for n in range(-HORIZON, HORIZON))
    sizes = {name: max(account[name].ids(), default=1) for name in ("organizations", "persons")}
    setting = setting_of(account, rng, around, **sizes)
    return Workday(account, rng, middle.isoformat(), setting, counts)


def _work(day: Workday, intensity: float, *, silent_merges: bool) -> None:
    """Go through the day: arrivals, changes, a bulk edit, the oddities, merges."""
    for entity, share, least, arrive in ARRIVALS:
        arrive(day, _amount(day, entity, share * intensity, least))
    for task in TASKS:
        _do(day, task, _amount(day, task.entity, task.share * intensity, task.least))
    _bulk(day, _amount(day, "activities", 0.001 * intensity, 5))
    _twice(day, _amount(day, "activities", 0.0002 * intensity, 2))
    _come_and_go(day, _amount(day, "activities", 0.0001 * intensity, 1))
    if day.rng.randrange(4) == 0:
        _do(day, RESTORED, 1, tries=150)
    merge_some(day, 1 + len(day.account["organizations"]) // MERGES_PER, silent=silent_merges)


def _amount(day: Workday, entity: str, share: float, least: int) -> int:
    return max(least, round(share * len(day.account[entity])))


def _do(day: Workday, task: Task, count: int, *, tries: int = 30) -> None:
    for record in day.some(task.entity, count, task.fits, tries=tries):
        day.change(task.entity, record, f"{task.entity} {task.event}", partial(task.alter, day, record))


def _bulk(day: Workday, count: int) -> None:
    """Give many activities to one owner, all in one second."""
    owner = pick(day.rng.random, day.setting.active_users)
    for record in day.some("activities", count):
        if (record["update_time"] or "") <= (at := day.date + BULK_SECOND):
            day.change(
                "activities", record, "activities edited in bulk", lambda _: {"owner_id": owner}, at=at
            )


def _twice(day: Workday, count: int) -> None:
    """Edit a record, and edit it again."""
    for record in day.some("activities", count):
        day.change("activities", record, "activities edited", partial(changes.reword, day, record))
        again = day.account["activities"].get(record["id"]) or record
        day.change("activities", again, "activities edited twice", partial(changes.any_edit, day, again))


def _come_and_go(day: Workday, count: int) -> None:
    """Add an activity and delete it on the same day."""
    for _ in range(count):
        record = arrivals.new_activity(day)
        day.change("activities", record, "activities deleted", partial(changes.delete, day, record))


def edit_exactly(day: Workday, count: int) -> None:
    """Edit exactly so many different activities, scattered over all of them."""
    collection = day.account["activities"]
    before = day.counts["activities edited"]
    for record_id in scattered(day.rng, collection.ids()):
        if day.counts["activities edited"] - before == count:
            return
        record = collection.get(record_id) if collection.knows(record_id) else None
        if record is not None and live(record):
            day.change("activities", record, "activities edited", partial(changes.any_edit, day, record))
    if day.counts["activities edited"] - before < count:
        raise ValueError(f"The account has fewer than {count} activities that can be edited on {day.date}")


def scattered(rng: Random, ids: Sequence[int]) -> Iterator[int]:
    """Yield all ids in random order, at a cost in proportion to those that are taken."""
    moved: dict[int, int] = {}  # a shuffle that is done only as far as it is read
    for position in range(len(ids)):
        chosen = rng.randrange(position, len(ids))
        yield ids[moved.get(chosen, chosen)]
        moved[chosen] = moved.pop(position, position)
