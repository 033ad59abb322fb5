"""What may be written of persons: the name is taken apart by the server."""

from typing import Final

from sources.pipedrive.sandbox.bodies import PLACE, filled_up, is_place
from sources.pipedrive.sandbox.writes import Writes
from sources.sandbox.checks import (
    is_boolean,
    is_date,
    is_integer,
    is_list,
    is_moment,
    is_object,
    is_text,
    one_of,
)
from sources.sandbox.store import Account, Record

CONSENTS: Final = ("no_consent", "unsubscribed", "subscribed", "archived")
_LABELLED: Final = is_list(
    is_object({"value": is_text, "primary": is_boolean, "label": is_text}, frozenset({"value"}))
)
_ONE: Final = {"primary": False, "label": "work"}
_PARTS: Final[dict[str, Record]] = {
    "emails": _ONE,
    "phones": _ONE,
    "im": _ONE,
    "postal_address": dict.fromkeys(PLACE),
}
_EMPTY: Final = ("emails", "phones", "im", "label_ids")


def _applied(_: Account, record: Record, given: Record, __: str) -> Record:
    taken = {name: value for name, value in given.items() if name not in ("marketing_status", "add_time")}
    new = {**record, **taken, **filled_up(given, _PARTS)}
    new |= {name: [] for name in _EMPTY if new[name] is None}
    if "name" in given:
        first, _, last = given["name"].partition(" ")
        new |= {"first_name": first or None, "last_name": last or None}
    return new


def _begun(_: Account, given: Record, __: int) -> Record:
    return {"add_time": given["add_time"]} if given.get("add_time") else {}


PERSONS: Final = Writes(
    entity="persons",
    title="Person",
    applied=_applied,
    begun=_begun,
    custom="person_fields",
    required=frozenset({"name"}),
    never_null=frozenset({"name", "owner_id", "visible_to"}),
    defaults={
        "name": "",
        "first_name": None,
        "last_name": None,
        "owner_id": None,
        "org_id": None,
        "add_time": None,
        "update_time": None,
        "emails": [],
        "phones": [],
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "picture_id": None,
        "custom_fields": None,
        "notes": None,
        "im": [],
        "birthday": None,
        "job_title": None,
        "postal_address": None,
    },
    links={"owner_id": ("users", "User"), "org_id": ("organizations", "Organization")},
    fields={
        "name": ("string", is_text),
        "owner_id": ("integer", is_integer),
        "org_id": ("integer", is_integer),
        "add_time": ("string", is_moment),
        "emails": ("array", _LABELLED),
        "phones": ("array", _LABELLED),
        "visible_to": ("integer", one_of(1, 3, 5, 7)),
        "label_ids": ("array", is_list(is_integer)),
        "postal_address": ("object", is_place),
        "notes": ("string", is_text),
        "im": ("array", _LABELLED),
        "birthday": ("date", is_date),
        "job_title": ("string", is_text),
        "marketing_status": ("string", one_of(*CONSENTS)),
        "custom_fields": ("object", lambda value: isinstance(value, dict)),
    },
)
