"""What may be written of activities, and what follows from it."""

from typing import Final

from sources.pipedrive.sandbox.bodies import PLACE, exists, filled_up, is_place
from sources.pipedrive.sandbox.replies import invalid
from sources.pipedrive.sandbox.writes import Writes
from sources.sandbox.checks import (
    Check,
    is_boolean,
    is_date,
    is_duration,
    is_integer,
    is_list,
    is_object,
    is_text,
    is_time,
)
from sources.sandbox.store import Account, Collection, Record

CONTEXT: Final = ("deal_id", "person_id", "org_id")
DEFAULTS: Final[Record] = {
    "subject": "Call",
    "type": "call",
    "is_deleted": False,
    "deal_id": None,
    "lead_id": None,
    "person_id": None,
    "org_id": None,
    "project_id": None,
    "due_date": None,
    "due_time": None,
    "duration": None,
    "busy": False,
    "done": False,
    "marked_as_done_time": None,
    "location": None,
    "conference_meeting_client": None,
    "conference_meeting_url": None,
    "conference_meeting_id": None,
    "public_description": None,
    "priority": None,
    "outcome": None,
    "private": False,
    "note": None,
    "participants": [],
    "attendees": [],
}
_ATTENDEE: Final[dict[str, Check]] = {
    "email": is_text,
    "name": is_text,
    "status": is_text,
    "is_organizer": is_boolean,
    "person_id": is_integer,
    "user_id": is_integer,
}
_PARTICIPANT: Final[dict[str, Check]] = {"person_id": is_integer, "primary": is_boolean}
_PARTS: Final[dict[str, Record]] = {
    "location": dict.fromkeys(PLACE),
    "participants": {"primary": False},
    "attendees": {**dict.fromkeys(_ATTENDEE), "status": "noreply", "is_organizer": False},
}


def _applied(account: Account, record: Record, given: Record, time: str) -> Record:
    people = [one["person_id"] for one in given.get("participants") or ()]
    if not all(exists(account["persons"], person_id) for person_id in people):
        raise invalid("Validation failed: participants: Person not found")
    # person_id is taken without complaint and without effect: the primary participant decides
    taken = {name: value for name, value in given.items() if name != "person_id"}
    new = {**record, **taken, **filled_up(given, _PARTS)}
    if "participants" in given:
        primary = [one["person_id"] for one in new["participants"] or () if one["primary"]]
        new["person_id"] = primary[0] if primary else None
    if new["done"] != record["done"]:
        new["marked_as_done_time"] = time if new["done"] else None
    return new


def _additional(activities: Collection, record: Record) -> Record:
    return {"more_activities_scheduled_in_context": _more_scheduled(activities, record)}


def _more_scheduled(activities: Collection, record: Record) -> bool:
    """Tell whether something else is still to be done for the same deal, person or organization."""
    name = next((name for name in CONTEXT if record[name] is not None), None)
    if name is None:
        return False
    others = activities.lookup(name).ids(record[name]) - {record["id"]}
    found = (activities.get(other) or {} for other in others if activities.knows(other))
    return any(not other["done"] and not other["is_deleted"] for other in found)


ACTIVITIES: Final = Writes(
    entity="activities",
    title="Activity",
    defaults=DEFAULTS,
    applied=_applied,
    begun=lambda _account, _given, user_id: {"creator_user_id": user_id},
    additional=_additional,
    never_null=frozenset({"subject", "type", "owner_id", "busy", "done"}),
    links={
        "owner_id": ("users", "User"),
        "deal_id": ("deals", "Deal"),
        "lead_id": ("leads", "Lead"),
        "org_id": ("organizations", "Organization"),
        "project_id": ("projects", "Project"),
    },
    lists={"type": ("activity_types", "key_string")},
    fields={
        "subject": ("string", is_text),
        "type": ("string", is_text),
        "owner_id": ("integer", is_integer),
        "deal_id": ("integer", is_integer),
        "lead_id": ("string", is_text),
        "person_id": ("integer", is_integer),
        "org_id": ("integer", is_integer),
        "project_id": ("integer", is_integer),
        "due_date": ("date", is_date),
        "due_time": ("time", is_time),
        "duration": ("time", is_duration),
        "busy": ("boolean", is_boolean),
        "done": ("boolean", is_boolean),
        "location": ("object", is_place),
        "participants": ("array", is_list(is_object(_PARTICIPANT, frozenset({"person_id"})))),
        "attendees": ("array", is_list(is_object(_ATTENDEE))),
        "public_description": ("string", is_text),
        "priority": ("integer", is_integer),
        "outcome": ("integer", is_integer),
        "note": ("string", is_text),
    },
)
