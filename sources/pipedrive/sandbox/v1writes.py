"""Activities written through API v1: its names, its 201 for what is new, and many deleted at once.

Keys it does not know it ignores. What it takes is made into the current API's body, and answered in v1's shape.
"""

from typing import Any, Final

from sources.pipedrive.sandbox import writes
from sources.pipedrive.sandbox.activity_writes import ACTIVITIES
from sources.pipedrive.sandbox.bodies import decoded, exists
from sources.pipedrive.sandbox.replies import Answer, RefusalError, encode, ok, refused
from sources.pipedrive.sandbox.v1rows import recent_activity
from sources.pipedrive.sandbox.writes import By
from sources.sandbox.checks import is_boolean, is_integer, is_list, is_object, is_text
from sources.sandbox.store import Account, Record

CREATED, GONE = 201, 410
RENAMED: Final = {"user_id": "owner_id", "busy_flag": "busy"}
SAME: Final = (
    *("subject", "type", "deal_id", "lead_id", "org_id", "project_id", "due_date", "due_time", "duration"),
    *("public_description", "note"),
)
_PARTICIPANTS: Final = is_list(
    is_object({"person_id": is_integer, "primary_flag": is_boolean}, frozenset({"person_id"}))
)
_ATTENDEES: Final = is_list(is_object({"email_address": is_text, "person_id": is_integer}))


def write(account: Account, method: str, named: str, body: bytes, by: By) -> Answer:
    """Do what a request of API v1 asks for; `named` is the activity it names, if any."""
    if method == "DELETE":
        return _delete(account, int(named), by)
    try:
        if method == "POST":
            record = writes.create(account, ACTIVITIES, _busy(_given(decoded(body))), by)
            return Answer(CREATED, _answer(account, record))
        writes.living(account, ACTIVITIES, int(named))
        given = _given(decoded(body))
        return Answer(200, _answer(account, writes.change(account, ACTIVITIES, int(named), given, by)))
    except RefusalError as refusal:
        raise _in_v1(refusal) from None


def delete_many(account: Account, ids: str, by: By) -> Answer:
    """Delete those that are there."""
    numbers = [int(text) for text in ids.split(",") if text.isascii() and text.isdigit()]
    living = [number for number in numbers if exists(account["activities"], number)]
    for number in living:
        writes.delete(account, ACTIVITIES, number, by)
    return ok({"id": living})


def one(account: Account, record_id: int) -> Answer:
    """Answer one activity; a deleted one is found for as long as it is kept."""
    activities = account["activities"]
    record = activities.get(record_id) if activities.knows(record_id) else None
    if record is None:
        raise refused(404, "Activity not found")
    return ok(recent_activity(record))


def _answer(account: Account, record: Record) -> bytes:
    additional = ACTIVITIES.additional(account["activities"], record)
    return encode({"success": True, "data": recent_activity(record), "additional_data": additional})


def _in_v1(refusal: RefusalError) -> RefusalError:
    """Refuse in v1's words, which have no code."""
    return refused(refusal.answer.status, decoded(refusal.answer.body)["error"])


def _delete(account: Account, record_id: int, by: By) -> Answer:
    if not exists(account["activities"], record_id) and account["activities"].knows(record_id):
        return Answer(GONE, encode({"success": True, "data": {"id": record_id}}))
    writes.delete(account, ACTIVITIES, record_id, by)
    return ok({"id": record_id})


def _given(body: Record) -> Record:
    given: Record = {name: body[name] for name in SAME if name in body}
    given |= {new: body[old] for old, new in RENAMED.items() if old in body}
    if "done" in body:
        given["done"] = {0: False, 1: True}.get(body["done"], body["done"])
    if "location" in body:
        given["location"] = _place(body["location"])
    if isinstance(body.get("person_id"), int):
        given["participants"] = [{"person_id": body["person_id"], "primary": True}]
    if "participants" in body:
        given["participants"] = _participants(body["participants"])
    if "attendees" in body:
        given["attendees"] = _attendees(body["attendees"])
    return given


def _busy(given: Record) -> Record:
    """Be busy, unless it is said, where there is a time."""
    if given.get("busy") is None:
        return {**given, "busy": bool(given.get("due_time"))}
    return given


def _place(location: Any) -> Any:
    if location is not None and not is_text(location):
        raise refused(400, "location: not a string")
    return {"value": location} if location else None


def _participants(given: Any) -> Any:
    if given is not None and not _PARTICIPANTS(given):
        raise refused(400, "participants: not a list of person_id and primary_flag")
    return [{"person_id": one["person_id"], "primary": bool(one.get("primary_flag"))} for one in given or ()]


def _attendees(given: Any) -> Any:
    if given is not None and not _ATTENDEES(given):
        raise refused(400, "attendees: not a list of email_address and person_id")
    return [{"email": one.get("email_address"), "person_id": one.get("person_id")} for one in given or ()]
