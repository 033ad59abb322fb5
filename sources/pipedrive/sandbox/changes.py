"""What is done to records on a business day: from day, record and moment to what is new in the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox.activities import OUTCOMES, QUARTERS
from sources.pipedrive.sandbox.contacts import LABEL_SETS
from sources.pipedrive.sandbox.deals import NOT_CLOSED, amount, closing
from sources.pipedrive.sandbox.values import custom_value
from sources.pipedrive.sandbox.workday import live
from sources.sandbox import names
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from sources.pipedrive.sandbox.workday import Workday
    from sources.sandbox.store import Record

ANY: Final = 4
"""Any number above 3: the first three deals' amounts are fixed."""


def delete(_: Workday, __: Record, ___: str) -> Record:
    """Delete, which the API remembers for 30 days."""
    return {"is_deleted": True}


def restore(_: Workday, __: Record, ___: str) -> Record:
    """Take a deletion back."""
    return {"is_deleted": False}


def reassign(day: Workday, _: Record, __: str) -> Record:
    """Give to another owner, who works here."""
    return {"owner_id": pick(day.rng.random, day.setting.active_users)}


def reword(day: Workday, record: Record, _: str) -> Record:
    """Edit an activity's subject or note."""
    random = day.rng.random
    if chance(random, 0.5):
        return {"subject": pick(random, day.setting.subjects).format(pick(random, names.LAST_NAMES))}
    return {"note": f"{record['note'] or ''}<p>{pick(random, day.setting.notes) or 'See above.'}</p>"[-4000:]}


def complete(day: Workday, _: Record, at: str) -> Record:
    """Mark an activity as done."""
    return {"done": True, "marked_as_done_time": at, "outcome": pick(day.rng.random, OUTCOMES)}


def reopen_activity(_: Workday, __: Record, ___: str) -> Record:
    """Mark an activity as not done after all."""
    return {"done": False, "marked_as_done_time": None, "outcome": None}


def reschedule(day: Workday, _: Record, __: str) -> Record:
    """Put an activity off, to an hour or to a whole day."""
    due = date.fromisoformat(day.date) + timedelta(days=day.rng.randint(1, 45))
    time = pick(day.rng.random, (*QUARTERS, *("",) * 12, *(None,) * 12))
    return {"due_date": due.isoformat(), "due_time": time, "duration": "00:30" if time else time}


def any_edit(day: Workday, record: Record, at: str) -> Record:
    """Edit an activity in one of the ways people do."""
    ways = (reword, reword, reschedule, reassign, reopen_activity if record["done"] else complete)
    return pick(day.rng.random, ways)(day, record, at)


def move(day: Workday, record: Record, at: str) -> Record:
    """Move a deal to another stage, mostly of its own pipeline."""
    others = [one for one in day.setting.stages if one.stage_id != record["stage_id"]]
    own = [one for one in others if one.pipeline_id == record["pipeline_id"]]
    stage = pick(day.rng.random, own if own and chance(day.rng.random, 0.9) else others)
    return {"stage_id": stage.stage_id, "pipeline_id": stage.pipeline_id, "stage_change_time": at}


def win(day: Workday, _: Record, at: str) -> Record:
    """Win a deal."""
    return closing("won", at, day.rng.random)


def lose(day: Workday, _: Record, at: str) -> Record:
    """Lose a deal, with or without a reason."""
    return closing("lost", at, day.rng.random)


def reopen_deal(_: Workday, __: Record, ___: str) -> Record:
    """Open a closed deal again."""
    return {"status": "open", "lost_reason": None, **NOT_CLOSED}


def archive(_: Workday, __: Record, at: str) -> Record:
    """Put a deal into the archive, where the list of deals no longer shows it."""
    return {"is_archived": True, "archive_time": at}


def unarchive(_: Workday, __: Record, ___: str) -> Record:
    """Take a deal out of the archive."""
    return {"is_archived": False, "archive_time": None}


def edit_deal(day: Workday, record: Record, _: str) -> Record:
    """Change a deal's value, expected date, labels or custom fields."""
    random = day.rng.random
    ways: tuple[Record, ...] = (
        {"value": amount(ANY, random)},
        {"expected_close_date": pick(random, day.setting.referable.days)},
        {"label_ids": pick(random, LABEL_SETS)},
        _custom(day, "deals", record),
    )
    return pick(random, ways)


def edit_person(day: Workday, record: Record, _: str) -> Record:
    """Change a person's title, labels, mail addresses or custom fields."""
    random = day.rng.random
    mail = {
        "value": f"new{record['id']}.{day.date}@example.com",
        "primary": not record["emails"],
        "label": "work",
    }
    ways: tuple[Record, ...] = (
        {"job_title": pick(random, names.JOB_TITLES)},
        {"label_ids": pick(random, LABEL_SETS)},
        {"emails": [*record["emails"][:3], mail]},
        _custom(day, "persons", record),
    )
    return pick(random, ways)


def edit_organization(day: Workday, record: Record, _: str) -> Record:
    """Change an organization's size, address, labels or custom fields."""
    random = day.rng.random
    ways: tuple[Record, ...] = (
        {"employee_count": 1 + int(random() * 5000)},
        {"address": pick(random, day.setting.addresses)},
        {"label_ids": pick(random, LABEL_SETS)},
        _custom(day, "organizations", record),
    )
    return pick(random, ways)


def edit_product(day: Workday, record: Record, _: str) -> Record:
    """Change a product's prices or description."""
    prices = [price | {"price": round(day.rng.random() * 900, 2)} for price in record["prices"]]
    return pick(day.rng.random, ({"prices": prices}, {"description": f"As of {day.date}"}))


def _custom(day: Workday, entity: str, record: Record) -> Record:
    """Set one custom field, or clear it."""
    known = [row for row in day.setting.custom_fields[entity] if row["field_code"] in record["custom_fields"]]
    one = pick(day.rng.random, known)
    value = None if chance(day.rng.random, 0.2) else custom_value(day.rng, day.setting.referable, one)
    return {"custom_fields": record["custom_fields"] | {one["field_code"]: value}}


def deleted(record: Record) -> bool:
    """Tell whether the record is deleted."""
    return bool(record["is_deleted"])


def open_activity(record: Record) -> bool:
    """Tell whether the activity is still to be done."""
    return live(record) and not record["done"]


def done_activity(record: Record) -> bool:
    """Tell whether the activity is done."""
    return live(record) and bool(record["done"])


def open_deal(record: Record) -> bool:
    """Tell whether the deal can still be moved, won or lost."""
    return live(record) and record["status"] == "open" and not record["is_archived"]


def closed_deal(record: Record) -> bool:
    """Tell whether the deal is won or lost, and in sight."""
    return live(record) and record["status"] != "open" and not record["is_archived"]


def unarchived(record: Record) -> bool:
    """Tell whether the deal is in sight."""
    return live(record) and not record["is_archived"]


def archived(record: Record) -> bool:
    """Tell whether the deal is in the archive."""
    return live(record) and bool(record["is_archived"])
