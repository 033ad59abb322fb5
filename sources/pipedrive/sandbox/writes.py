"""Creating, changing and deleting activities: the body is taken strictly, nothing is coerced."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from sources.pipedrive.sandbox.replies import Answer, invalid, ok, refused
from sources.sandbox.clock import stamp
from sources.sandbox.store import Account, Collection, Record

Check = Callable[[Any], bool]
PLACE: Final = (
    "value", "country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality",
    "route", "street_number", "subpremise", "postal_code",
)  # fmt: skip
LINKS: Final = {
    "owner_id": ("users", "User"),
    "deal_id": ("deals", "Deal"),
    "org_id": ("organizations", "Organization"),
}
CONTEXT: Final = ("deal_id", "person_id", "org_id")
NEVER_NULL: Final = frozenset({"subject", "type", "owner_id", "busy", "done"})
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


def create(account: Account, body: bytes, *, user_id: int, now: datetime) -> Answer:
    """Create an activity; what is not given has Pipedrive's defaults, the rest nothing."""
    given = _given(account, body)
    activities = account["activities"]
    time = stamp(now)
    base = {"id": activities.next_id(), **DEFAULTS, "owner_id": user_id, "creator_user_id": user_id}
    record = _applied({**base, "add_time": time}, given, time)
    activities.put(record)
    return _written(activities, record)


def change(account: Account, record_id: int, body: bytes, *, now: datetime) -> Answer:
    """Change the given fields of an activity."""
    record = _live(account["activities"], record_id)
    given = _given(account, body)
    # a client must be able to rely on update_time never going back
    record = _applied(record, given, max(stamp(now), record["update_time"] or ""))
    account["activities"].put(record)
    return _written(account["activities"], record)


def delete(account: Account, record_id: int, *, now: datetime) -> Answer:
    """Delete an activity, for 30 days only softly."""
    record = _live(account["activities"], record_id)
    time = max(stamp(now), record["update_time"] or "")
    account["activities"].put({**record, "is_deleted": True, "update_time": time})
    return ok({"id": record_id})


def _live(activities: Collection, record_id: int) -> Record:
    record = activities.get(record_id) if activities.knows(record_id) else None
    if record is None or record["is_deleted"]:
        raise refused(404, "Activity not found")
    return record


def _written(activities: Collection, record: Record) -> Answer:
    return ok(record, {"more_activities_scheduled_in_context": _more_scheduled(activities, record)})


def _more_scheduled(activities: Collection, record: Record) -> bool:
    """Tell whether something else is still to be done for the same deal, person or organization."""
    name = next((name for name in CONTEXT if record[name] is not None), None)
    if name is None:
        return False
    others = activities.lookup(name).ids(record[name]) - {record["id"]}
    found = (activities.get(other) or {} for other in others if activities.knows(other))
    return any(not other["done"] and not other["is_deleted"] for other in found)


def _applied(record: Record, given: Record, time: str) -> Record:
    # person_id is taken without complaint and without effect: the primary participant decides
    new = {**record, **{name: value for name, value in given.items() if name != "person_id"}}
    if "participants" in given:
        primary = [one["person_id"] for one in new["participants"] or () if one["primary"]]
        new["person_id"] = primary[0] if primary else None
    if new["done"] != record["done"]:
        new["marked_as_done_time"] = time if new["done"] else None
    return {**new, "update_time": time}


def _given(account: Account, body: bytes) -> Record:
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise invalid("Validation failed: Request body must be a JSON object") from None
    for name, value in given.items():
        _check(name, value)
    _check_links(account, given)
    return {**given, **_completed(given)}


def _check(name: str, value: object) -> None:
    if name not in FIELDS:
        raise invalid(f"Validation failed: Unknown key '{name}'")
    expected, check = FIELDS[name]
    if (value is None and name in NEVER_NULL) or (value is not None and not check(value)):
        raise invalid(f"Validation failed: {name}: Expected '{expected}' as value")


def _check_links(account: Account, given: Record) -> None:
    for name, (entity, title) in LINKS.items():
        if given.get(name) is not None and not _exists(account[entity], given[name]):
            raise invalid(f"Validation failed: {name}: {title} not found")
    people = [one["person_id"] for one in given.get("participants") or ()]
    if not all(_exists(account["persons"], person_id) for person_id in people):
        raise invalid("Validation failed: participants: Person not found")
    types = {row["key_string"] for row in account["activity_types"].records()}
    if "type" in given and given["type"] not in types:
        raise invalid(f"Validation failed: type: Unknown activity type '{given['type']}'")


def _exists(collection: Collection, record_id: int) -> bool:
    record = collection.get(record_id) if collection.knows(record_id) else None
    return record is not None and not record["is_deleted"]


def _completed(given: Record) -> Record:
    """Fill up what may be left out inside lists and places."""
    full: Record = {}
    if given.get("location") is not None:
        full["location"] = {**dict.fromkeys(PLACE), **given["location"]}
    if given.get("participants") is not None:
        full["participants"] = [{"primary": False, **one} for one in given["participants"]]
    if given.get("attendees") is not None:
        full["attendees"] = [{**_NO_ATTENDEE, **one} for one in given["attendees"]]
    return full


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_time(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"|([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", value))


def _is_duration(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"|\d{1,3}:[0-5]\d(:[0-5]\d)?", value))


def _is_object(checks: Mapping[str, Check], required: frozenset[str] = frozenset()) -> Check:
    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and required <= value.keys()
            and all(name in checks and (one is None or checks[name](one)) for name, one in value.items())
        )

    return check


def _is_list(each: Check) -> Check:
    return lambda value: isinstance(value, list) and all(each(one) for one in value)


_ATTENDEE: Final[Mapping[str, Check]] = {
    "email": _is_text,
    "name": _is_text,
    "status": _is_text,
    "is_organizer": _is_boolean,
    "person_id": _is_integer,
    "user_id": _is_integer,
}
_NO_ATTENDEE: Final = {**dict.fromkeys(_ATTENDEE), "status": "noreply", "is_organizer": False}
_PARTICIPANT: Final[Mapping[str, Check]] = {"person_id": _is_integer, "primary": _is_boolean}

FIELDS: Final[Mapping[str, tuple[str, Check]]] = {
    "subject": ("string", _is_text),
    "type": ("string", _is_text),
    "owner_id": ("integer", _is_integer),
    "deal_id": ("integer", _is_integer),
    "lead_id": ("string", _is_text),
    "person_id": ("integer", _is_integer),
    "org_id": ("integer", _is_integer),
    "project_id": ("integer", _is_integer),
    "due_date": ("date", _is_date),
    "due_time": ("time", _is_time),
    "duration": ("time", _is_duration),
    "busy": ("boolean", _is_boolean),
    "done": ("boolean", _is_boolean),
    "location": ("object", _is_object(dict.fromkeys(PLACE, _is_text))),
    "participants": ("array", _is_list(_is_object(_PARTICIPANT, frozenset({"person_id"})))),
    "attendees": ("array", _is_list(_is_object(_ATTENDEE))),
    "public_description": ("string", _is_text),
    "priority": ("integer", _is_integer),
    "outcome": ("integer", _is_integer),
    "note": ("string", _is_text),
}
"""What a body may hold: the type as the refusal names it, and its test. null clears, save NEVER_NULL."""
