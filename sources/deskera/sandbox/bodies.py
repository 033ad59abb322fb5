"""Reading the bodies of writes: strictly, nothing coerced."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from sources.deskera.sandbox.records import TYPES, VISIBILITIES
from sources.deskera.sandbox.replies import invalid
from sources.deskera.sandbox.served import DETAILS
from sources.deskera.sandbox.times import planned
from sources.sandbox.checks import Check, is_boolean, is_integer, is_list, is_text, one_of
from sources.sandbox.store import Account, Record


def is_moment(value: object) -> bool:
    """Tell whether it is a time with its zone, or with a Z."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment is not None and moment.tzinfo is not None and bool(planned(moment))
    except (ValueError, OverflowError):
        return False


def is_notes(value: object) -> bool:
    """Tell whether it is a text in base64."""
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True).decode() or not value)
    except (binascii.Error, UnicodeDecodeError):
        return False


FIELDS: Final[Mapping[str, tuple[str, Check, Any]]] = {
    "name": ("a string", is_text, ""),
    "activity_type": (f"one of {', '.join(TYPES)}", one_of(*TYPES), ""),
    "notes": ("a string in base64", is_notes, ""),
    "visibility_type": (f"one of {', '.join(VISIBILITIES)}", one_of(*VISIBILITIES), "team"),
    "is_availability": ("a boolean", is_boolean, None),
    "is_send_invitation": ("a boolean", is_boolean, False),
    "is_send_contacts_invitation": ("a boolean", is_boolean, False),
    "assigned_to": ("a string", is_text, ""),
    "assignee_ids": ("a list of integers", is_list(is_integer), []),
    "contact_ids": ("a list of integers", is_list(is_integer), []),
    "organization_ids": ("a list of integers", is_list(is_integer), []),
    "linked_to": ("an integer", is_integer, 0),
    "owner_id": ("an integer", is_integer, None),
    "is_status": ("a boolean", is_boolean, False),
    "source": ("a string", is_text, "API"),
    "source_id": ("a string", is_text, ""),
    "user_timezone": ("a string", is_text, ""),
    "start": ("a time with its zone", is_moment, None),
    "end": ("a time with its zone", is_moment, None),
}
"""What may be written: what is expected, its test, and what stands where a body does not say it."""
IGNORED: Final = frozenset({
    "id", "duration", "tenant_id", "created_at", "updated_at", "created_by", "updated_by", "is_deleted", "email_sent",
    "EmailSent", "consumer_id", "scheduled_status", "batch_id", "cron_status", "notification_error", *DETAILS,
})  # fmt: skip
"""Documented, and Deskera's own: taken without complaint and without effect."""
REFERS: Final = {
    "assignee_ids": "users",
    "contact_ids": "contacts",
    "organization_ids": "organizations",
    "linked_to": "deals",
    "owner_id": "users",
}


def decoded(body: bytes, kind: Any) -> Any:
    """Read a body as JSON of a kind."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        raise invalid("the request body is not valid JSON of the documented shape") from None


def activity(account: Account, body: bytes) -> Record:
    """Return all that a body says of an activity, and what it does not say, as if it had said nothing."""
    given: Record = decoded(body, dict[str, Any])
    for name, value in given.items():
        if name not in FIELDS and name not in IGNORED:
            raise invalid(f"unknown field {name!r}")
        expected, fits, _ = FIELDS.get(name, ("", lambda _: True, None))
        if value is not None and not fits(value):
            raise invalid(f"{name} must be {expected}")
    full = {name: given.get(name) for name in FIELDS}
    new = {name: FIELDS[name][2] if value is None else value for name, value in full.items()}
    _check_references(account, new)
    return new | _stored(new)


def _check_references(account: Account, new: Record) -> None:
    for name, entity in REFERS.items():
        ids = new[name] if isinstance(new[name], list) else [new[name]] if new[name] else []
        for one in ids:
            if not account[entity].knows(one):
                raise invalid(f"{name}: {one} does not exist")


def _stored(new: Record) -> Record:
    """Return the values that are kept in another form than they are written in."""
    times = {name: planned(datetime.fromisoformat(new[name])) for name in ("start", "end") if new[name]}
    lists = {name: list(dict.fromkeys(new[name])) for name in REFERS if isinstance(new[name], list)}
    return {"notes": base64.b64decode(new["notes"]).decode(), **times, **lists}
