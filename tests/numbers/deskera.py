"""Deskera's records in the shape of Pipedrive's, as far as its API tells what that shape holds.

Of contacts, organizations, users, deals and stages is known what the activities showed that were ever read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.numbers.company import Company, Row, moment

LISTED = ("call", "meeting", "task", "deadline", "email", "lunch")
"""The types that Deskera's document names."""


def records(truth: Iterable[Row], before: Company | None) -> dict[str, list[Row]]:
    """All that the activities tell, read whole; what was deleted since the last time is known to be so."""
    known = {row["id"] for row in before.truth["activities"]} if before else set()
    listed = [row for row in truth if not row["is_deleted"] or row["id"] in known]
    living = sorted((row for row in listed if not row["is_deleted"]), key=lambda row: _at(row["updated_at"]))
    shown = {
        "deals": _shown(_deals(living), _deal),
        "persons": _shown(_people(living, "person"), _person),
        "organizations": _shown(_people(living, "organization"), _organization),
        "users": _shown(_users(living), lambda user: _user(user, living)),
        "stages": _shown(_stages(living), _stage),
    }
    return {
        "activities": [_activity(row) for row in listed],
        "activity_types": [{"key_string": name} for name in LISTED],
        **{name: _and_those(rows, before.truth[name] if before else ()) for name, rows in shown.items()},
    }


def _and_those(shown: Mapping[int, Row], before: Iterable[Row]) -> list[Row]:
    """Records as they are shown; those that no activity shows any more are as they were, and so are time zones."""
    held = {row["id"]: row for row in before}
    for number, row in shown.items():
        if "timezone_name" in row:
            row["timezone_name"] = row["timezone_name"] or held.get(number, row)["timezone_name"]
    return sorted({**held, **shown}.values(), key=lambda row: row["id"])


def _shown(mentions: Iterable[Row], shape: Any) -> dict[int, Row]:
    return {row["id"]: shape(row) for row in mentions if row.get("id")}


def _deals(activities: Iterable[Row]) -> Iterator[Row]:
    return (row["deal_details"] for row in activities)


def _people(activities: Iterable[Row], kind: str) -> Iterator[Row]:
    for row in activities:
        infos = (row["deal_details"].get(name) for name in ("contact_info", "organization_info"))
        for one in (*row["contact_details"], *row["organization_details"], *filter(None, infos)):
            if one["type"] == kind:
                yield one


def _users(activities: Iterable[Row]) -> Iterator[Row]:
    for row in activities:
        deal_owner = row["deal_details"].get("owner_info") or {}
        yield from (deal_owner, *row["assignee_details"], row["owner_details"])


def _stages(activities: Iterable[Row]) -> Iterator[Row]:
    for deal in _deals(activities):
        if deal.get("id"):
            yield deal["stage"] | {"id": deal["stage_id"]}


def _activity(row: Row) -> Row:
    start = moment(row["start"])
    contacts, organizations = row["contact_ids"] or [], row["organization_ids"] or []
    return {
        "id": row["id"],
        "type": row["activity_type"],
        "subject": row["name"],
        "owner_id": row["owner_id"] or None,
        "creator_user_id": row["created_by"] or None,
        "deal_id": row["linked_to"] or None,
        "person_id": next(iter(contacts), None),
        "org_id": next(iter(organizations), None),
        "lead_id": None,
        "project_id": None,
        "priority": None,
        "location": None,
        "participants": [
            {"person_id": one, "primary": place == 0} for place, one in enumerate(dict.fromkeys(contacts))
        ],
        "attendees": [],
        "due_date": start and start.date().isoformat(),
        "due_time": start and start.time().isoformat(timespec="seconds"),
        "duration": _clock(row["duration"]),
        "done": row["is_status"],
        "marked_as_done_time": None,
        "add_time": row["created_at"],
        "update_time": row["updated_at"],
        "is_deleted": row["is_deleted"],
    }


def _clock(told: str | int | None) -> str | None:
    """A duration as `HH:MM`, be it told as 81 or as `1h 21m`."""
    found = re.fullmatch(r"(?:(\d+)h)? ?(?:(\d+)m)?", told) if isinstance(told, str) and told else None
    length = told if isinstance(told, int) else found and int(found[1] or 0) * 60 + int(found[2] or 0)
    return None if length is None else f"{length // 60:02}:{length % 60:02}"


def _deal(row: Row) -> Row:
    status = row["stage"]["won_lost_status"]
    return {
        "id": row["id"],
        "title": row["name"],
        "status": status,
        "owner_id": row["owner_id"] or None,
        "pipeline_id": row["pipeline_id"] or None,
        "stage_id": row["stage_id"] or None,
        "value": Decimal(row["amount"]) if row["amount"] else None,
        "currency": row["currency_code"] or None,
        "origin": None,
        "add_time": row["created_at"],
        **dict.fromkeys(("stage_change_time", "won_time", "lost_time", "close_time", "archive_time")),
        "is_archived": False,
        "is_deleted": row["is_deleted"],
    }


def _person(row: Row) -> Row:
    return {
        "id": row["id"],
        "add_time": None,
        "update_time": None,
        "emails": [{"value": row["email"]}],
        "phones": [{"value": _phone(row["phone"], row["country_code"])}],
        "is_deleted": False,
    }


def _phone(told: str, country: str) -> str:
    """A number with its country, if it does not begin with one."""
    return f"{country} {told}" if told and country and not re.match(r" *(\+|00)", told) else told


def _organization(row: Row) -> Row:
    return {"id": row["id"], "add_time": None, "update_time": None, "is_deleted": False}


def _user(row: Row, activities: Iterable[Row]) -> Row:
    """A colleague, in the time zone that the latest activity tells which they own and which tells one."""
    zones = [one["user_timezone"] for one in activities if one["owner_id"] == row["id"]]
    return {
        "id": row["id"],
        "timezone_name": next(filter(None, reversed(zones)), None),
        "active_flag": True,
        "is_deleted": False,
    }


def _stage(row: Row) -> Row:
    days = row["rotting_days"]
    return {"id": row["id"], "is_deal_rot_enabled": bool(days), "days_to_rotten": days or None}


def _at(text: str) -> datetime:
    """When an activity was last changed."""
    return moment(text) or datetime.min.replace(tzinfo=UTC)
