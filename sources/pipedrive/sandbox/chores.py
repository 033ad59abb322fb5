"""What a business day does to the lists beyond the big ones; its dice are its own, so that nothing else changes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox import seeds
from sources.pipedrive.sandbox import seeds_of_records as of_records
from sources.pipedrive.sandbox.layout import lead_id
from sources.pipedrive.sandbox.workday import live, moment

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from sources.sandbox.store import Account, Record


DELETED: Final = 0.15
"""The chance of one deletion from each list on one day."""


class Chores:
    """One day's work on them."""

    def __init__(self, account: Account, date: str, seed: str, counts: Counter[str]) -> None:
        self.account = account
        self.date = date
        self.rng = Random(f"{seed}/lists")
        self.counts = counts

    def moment(self) -> str:
        """Return some second of the working day."""
        return moment(self.date, self.rng)

    def one(self, name: str, fits: Callable[[Record], bool] = live) -> Record | None:
        """Return some record that fits, if a few tries find one."""
        ids = self.account[name].ids()
        for _ in range(20 if ids else 0):
            record = self.account[name].get(self.rng.choice(ids))
            if record and fits(record):
                return record
        return None

    def put(self, name: str, record: Record, event: str, **changes: object) -> None:
        """Put a record as it is now."""
        self.account[name].put({"is_deleted": False, **record, **changes})
        self.counts[f"{name} {event}"] += 1

    def rests(self, record: Record) -> bool:
        """Tell whether nothing happened to a record today, so that what happens now shows in its update time."""
        return bool((record["update_time"] or record["add_time"]) < self.date)

    def untouched(self, name: str) -> Record | None:
        """Return some record to which nothing happened today."""
        return self.one(name, lambda record: live(record) and self.rests(record))

    def touch(self, name: str, record: Record, at: str) -> None:
        """Let a record change because of what belongs to it."""
        latest = self.account[name].get(record["id"]) or record
        time = at if name != "mail_threads" else at.replace("Z", ".000Z")
        self.account[name].put(latest | {"update_time": time})

    def delete(self, name: str) -> None:
        """Delete some record."""
        if record := self.one(name):
            self.put(name, record, "deleted", is_deleted=True, update_time=self.moment())


def do(chores: Chores) -> None:
    """Go through the day; what comes today goes on another one, or no list would ever show it."""
    for name in ("notes", "leads", "files"):
        if chores.rng.random() < DELETED:
            chores.delete(name)
    for chore in CHORES:
        chore(chores)


def _notes(chores: Chores) -> None:
    deal = chores.one("deals")
    if deal:
        added = seeds.note(
            chores.account, chores.rng, chores.account["notes"].next_id(), deal, chores.moment()
        )
        chores.put("notes", added, "created")
    if note := chores.one("notes"):
        chores.put("notes", note, "edited", content=f"As of {chores.date}", update_time=chores.moment())


def _leads(chores: Chores) -> None:
    if person := chores.one("persons"):
        at = chores.moment()
        added = seeds.lead(chores.account, chores.rng, lead_id(chores.rng), person, at)
        chores.put("leads", added, "created")
    if lead := chores.one("leads"):
        at = chores.moment().replace("Z", ".250Z")
        chores.put("leads", lead, "moved", is_archived=not lead["is_archived"], update_time=at)


def _files(chores: Chores) -> None:
    if file := chores.one("files"):
        number = chores.account["files"].next_id()
        chores.put("files", file, "created", id=number, add_time=chores.moment())


def _tasks(chores: Chores) -> None:
    if project := chores.one("projects"):
        number = chores.account["tasks"].next_id()
        chores.put("tasks", seeds.task(chores.rng, number, project, chores.moment()), "created")
    if task := chores.one("tasks", lambda one: live(one) and not one["is_done"]):
        at = chores.moment()
        chores.put("tasks", task, "done", is_done=True, marked_as_done_time=at, update_time=at)
    if project := chores.one("projects"):
        archived = None if project["archive_time"] else chores.moment()
        chores.put("projects", project, "moved", archive_time=archived)


def _of_records(chores: Chores) -> None:
    """Add something to a record, and take something off another; both then have changed."""
    for parents, name, column, make in OF_RECORDS:
        if parent := chores.untouched(parents):
            at = chores.moment()
            number = chores.account[name].next_id() if name in NUMBERED else 0
            added = make(chores.account, chores.rng, parent, number, at)
            known = chores.account[name].get(added["id"])
            if known is None or not known["is_deleted"]:
                chores.put(name, added, "created")
                chores.touch(parents, parent, at)
        if name in LASTING:
            continue
        if gone := chores.one(name):
            parent = chores.account[parents].get(gone[column])
            if parent and live(parent) and chores.rests(parent):
                chores.put(name, gone, "deleted", is_deleted=True)
                chores.touch(parents, parent, chores.moment())


def _rights(chores: Chores) -> None:
    """Rename a phase, and give a user another role; boards and roles do not show it."""
    if phase := chores.one("phases"):
        name = f"{phase['name'].split(' as ')[0]} as of {chores.date}"
        chores.put("phases", phase | {"name": name}, "renamed")
    if assigned := chores.one("role_assignments"):
        other = of_records.role_assignment(assigned["user_id"], 3 - assigned["role_id"])
        chores.put("role_assignments", assigned, "deleted", is_deleted=True)
        chores.put("role_assignments", other, "created")


OF_RECORDS: Final = (
    ("deals", "deal_products", "deal_id", of_records.deal_product),
    ("deals", "deal_followers", "deal_id", of_records.follower("deals")),
    ("deals", "deal_changes", "deal_id", of_records.change("deals")),
    ("persons", "person_followers", "person_id", of_records.follower("persons")),
    ("organizations", "organization_flow", "org_id", of_records.event("organizations")),
    ("notes", "note_comments", "note_id", of_records.comment),
    ("mail_threads", "mail_messages", "mail_thread_id", of_records.mail),
)
NUMBERED: Final = ("deal_products", "mail_messages")
LASTING: Final = ("deal_changes", "organization_flow", "mail_messages")
CHORES: Final = (_notes, _leads, _files, _tasks, _of_records, _rights)
