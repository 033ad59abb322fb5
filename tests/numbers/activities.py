"""fct_activity and bridge_activity_participant."""

import re
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from tests.numbers.company import Company, Row, day_of, first, minutes, moment

DEAD: Row = {
    "is_deleted": True,
    "is_touch": False,
    "touched_at": None,
    "touched_date": None,
    "is_overdue": False,
    "sequence_on_deal": None,
    "is_first_on_deal": False,
}
"""All that is known of a deleted activity: the rest is as it was when last seen alive."""


def fct_activity(company: Company) -> list[Row]:
    """One row for each activity; of deleted ones only what must be so."""
    rows = [_activity(company, row) for row in company.loaded("activities").values() if not row["is_deleted"]]
    numbered(rows)
    gone = [row["id"] for row in company.loaded("activities").values() if row["is_deleted"]]
    return [*rows, *({"activity_id": number, **DEAD} for number in gone)]


@cache
def living(company: Company) -> list[Row]:
    """The activities that count, as fct_activity has them, each with its people."""
    people = {row["id"]: participants(row) for row in company.loaded("activities").values()}
    rows = [row for row in fct_activity(company) if not row["is_deleted"]]
    return [{**row, "people": frozenset(people[row["activity_id"]])} for row in rows]


def _activity(company: Company, raw: Row) -> Row:
    owner = raw["owner_id"]
    local, midnight = partial(company.local_date, owner_id=owner), partial(company.midnight, owner_id=owner)
    due_at, done = due(raw), bool(raw["done"])
    due_date = local(due_at) if due_at else day_of(raw["due_date"])
    done_at = moment(raw["marked_as_done_time"]) if done else None
    done_date, added_date = local(done_at), local(moment(raw["add_time"]))
    due_moment = due_at or midnight(due_date)
    happened = first((done_at, due_moment))
    touched_at = happened if done and (raw["type"] or "") in company.terms.touch_types else None
    return {
        **plain(company, raw),
        "is_all_day": due_date is not None and due_at is None,
        "due_at": due_at,
        "due_date": due_date,
        "_due_moment": due_moment,
        "done_at": done_at,
        "done_date": first((done_date, due_date)) if done else None,
        "added_date": added_date,
        "is_touch": touched_at is not None,
        "touched_at": touched_at,
        "touched_date": local(touched_at),
        "is_overdue": not done
        and bool(due_at < company.as_of if due_at else due_date and due_date < company.today(owner)),
        "days_add_to_due": days_between(added_date, due_date),
        "days_due_to_done": days_between(due_date, done_date),
        "done_on_time": None if done_date is None or due_date is None else done_date <= due_date,
        "sequence_on_deal": None,
        "is_first_on_deal": False,
        "deal_status_when_done": status_at(company.deals.get(raw["deal_id"] or 0), done_at),
    }


def plain(company: Company, raw: Row) -> Row:
    """What is only carried over, renamed, or read by itself."""
    same = (
        "subject",
        "owner_id",
        "creator_user_id",
        "deal_id",
        "lead_id",
        "person_id",
        "project_id",
        "priority",
    )
    return {
        "activity_id": raw["id"],
        "activity_type": raw["type"] or "",
        **{name: raw[name] for name in same},
        "organization_id": raw["org_id"],
        "owner_time_zone": company.zone_name(raw["owner_id"]),
        "added_at": moment(raw["add_time"]),
        "updated_at": moment(raw["update_time"]),
        "deleted_at": None,
        "is_deleted": False,
        "is_done": bool(raw["done"]),
        "duration_minutes": minutes(raw["duration"]),
        "participants_count": len(raw["participants"] or ()),
        "attendees_count": len(raw["attendees"] or ()),
        "location": (raw["location"] or {}).get("value"),
    }


def due(raw: Row) -> datetime | None:
    """When a timed activity is due; the CRM's times of day are in UTC, and what is none is passed over."""
    timed = raw["due_date"] and re.fullmatch(r"\d\d:\d\d(:\d\d)?", raw["due_time"] or "")
    return moment(f"{raw['due_date']}T{raw['due_time']}") if timed else None


def days_between(start: Any, end: Any) -> int | None:
    """Days from one date to another."""
    return None if start is None or end is None else (end - start).days


def status_at(deal: Row | None, at: datetime | None) -> str | None:
    """What had become of the deal by then."""
    if deal is None or at is None:
        return None
    closings = {status: moment(deal[f"{status}_time"]) for status in ("won", "lost")}
    past = {status: when for status, when in closings.items() if when is not None and when <= at}
    latest = [status for status, when in past.items() if when == max(past.values())]
    if len(latest) > 1:
        return deal["status"] if deal["status"] in latest else "won"
    return latest[0] if latest else "open"


def numbered(rows: list[Row]) -> None:
    """Number each deal's activities in the order that they happened, or shall happen."""
    last: dict[int, int] = {}
    for row in sorted((row for row in rows if row["deal_id"] is not None), key=_order):
        number = last[row["deal_id"]] = last.get(row["deal_id"], 0) + 1
        row["sequence_on_deal"], row["is_first_on_deal"] = number, number == 1


def _order(row: Row) -> tuple[bool, datetime, int]:
    """By when it was done, else due, else added; whatever has no time at all comes last."""
    at = first((row["done_at"], row["_due_moment"], row["added_at"]))
    return at is None, at or datetime.min.replace(tzinfo=UTC), row["activity_id"]


def participants(raw: Row) -> dict[int, bool]:
    """The people of an activity, and whether each is the primary one."""
    people: dict[int, bool] = {}
    for one in raw["participants"] or ():
        if (person := one.get("person_id")) is not None:
            people[person] = people.get(person, False) or bool(one.get("primary") or one.get("primary_flag"))
    if raw["person_id"] is not None:
        people[raw["person_id"]] = True
    return people


def bridge_activity_participant(company: Company) -> list[Row]:
    """One row for each activity and person, of the activities that were not deleted."""
    return [
        {"activity_id": raw["id"], "person_id": person, "is_primary": primary}
        for raw in company.loaded("activities").values()
        if not raw["is_deleted"]
        for person, primary in participants(raw).items()
    ]
