"""One business day in an account: its hours, its dice, and the count of what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sources.sandbox.dice import pick
from sources.sandbox.timeline import CLOSES, OPENS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sources.pipedrive.sandbox.setting import Setting
    from sources.sandbox.store import Account, Record

TRIES: Final = 30
"""How many records are looked at, for each that is wanted, before a kind of record counts as rare today."""


def live(record: Record) -> bool:
    """Tell whether the record is not deleted."""
    return not record["is_deleted"]


def moment(date: str, rng: Random) -> str:
    """Return some second of a date's working hours."""
    second = rng.randrange(OPENS, CLOSES)
    return f"{date}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@dataclass
class Workday:
    """What the day's work is done with; every change goes through it."""

    account: Account
    rng: Random
    date: str
    setting: Setting
    counts: Counter[str] = field(default_factory=Counter)

    def moment(self) -> str:
        """Return some second of the working day."""
        return moment(self.date, self.rng)

    def editable(self, record: Record) -> bool:
        """Tell whether the record is not deleted, nor was changed later than today's work can be."""
        return live(record) and (record["update_time"] or "") <= self._closing

    @property
    def _closing(self) -> str:
        return f"{self.date}T{CLOSES // 3600}:00:00Z"

    def change(
        self, name: str, record: Record, event: str, alter: Callable[[str], Record], *, at: str | None = None
    ) -> bool:
        """Alter a record at a moment not before its last change; refuse if that would be after work."""
        at = max(at or self.moment(), record["update_time"] or record["add_time"])
        if at > self._closing:
            return False
        self.account[name].put({**record, **alter(at), "update_time": at})
        self.counts[event] += 1
        return True

    def add(self, name: str, record: Record) -> Record:
        """Put a new record."""
        self.account[name].put(record)
        self.counts[f"{name} created"] += 1
        return record

    def some(
        self, name: str, count: int, fits: Callable[[Record], bool] = live, *, tries: int = TRIES
    ) -> list[Record]:
        """Return up to so many different records that fit, found by looking at random ids only."""
        collection = self.account[name]
        ids = collection.ids()
        found: list[Record] = []
        seen: set[int] = set()
        for _ in range(tries * count + tries if ids else 0):
            record_id = pick(self.rng.random, ids)
            if record_id in seen or not collection.knows(record_id):
                continue
            seen.add(record_id)
            record = collection.get(record_id)
            if record is not None and fits(record):
                found.append(record)
            if len(found) >= count:
                break
        return found

    def same(self, name: str, links: str, value: int) -> list[Record]:
        """Return the known records that hold a value in a field, by id."""
        collection = self.account[name]
        ids = sorted(collection.lookup(links).ids(value))
        records = (collection.get(record_id) for record_id in ids if collection.knows(record_id))
        return [record for record in records if record is not None]
