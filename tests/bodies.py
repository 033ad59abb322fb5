"""What requests may hold, copied from Pipedrive's OpenAPI documents: v2 of 2026-08-18, v1 of 2026-01-14.

The bodies of creation and change are the same, save for `add_time`, which only the creation of a person takes.
"""

from typing import Any

from sources.pipedrive.pushes import ACTIVITIES, DEALS, LEGACY_ACTIVITIES, PERSONS
from sources.pushing import Pushing, Writable

PLACE = (
    "value country admin_area_level_1 admin_area_level_2 locality sublocality route street_number subpremise"
    " postal_code"
)
DOCUMENTED: dict[str, dict[str, str]] = {
    "v2/activities": {
        "subject": "string",
        "type": "string",
        "owner_id": "integer",
        "deal_id": "integer",
        "lead_id": "string",
        "person_id": "integer",
        "org_id": "integer",
        "project_id": "integer",
        "due_date": "string",
        "due_time": "string",
        "duration": "string",
        "busy": "boolean",
        "done": "boolean",
        "location": "object",
        "participants": "array",
        "attendees": "array",
        "public_description": "string",
        "priority": "integer",
        "note": "string",
    },
    "v2/deals": {
        "title": "string",
        "owner_id": "integer",
        "person_id": "integer",
        "org_id": "integer",
        "pipeline_id": "integer",
        "stage_id": "integer",
        "value": "number",
        "currency": "string",
        "is_deleted": "boolean",
        "is_archived": "boolean",
        "archive_time": "string",
        "status": "string",
        "probability": "number",
        "lost_reason": "string",
        "visible_to": "integer",
        "close_time": "string",
        "won_time": "string",
        "lost_time": "string",
        "expected_close_date": "string",
        "label_ids": "array",
        "custom_fields": "object",
    },
    "v2/persons": {
        "name": "string",
        "owner_id": "integer",
        "org_id": "integer",
        "add_time": "string",
        "emails": "array",
        "phones": "array",
        "visible_to": "integer",
        "label_ids": "array",
        "postal_address": "object",
        "notes": "string",
        "im": "array",
        "birthday": "string",
        "job_title": "string",
        "marketing_status": "string",
        "custom_fields": "object",
    },
    "v1/activities": {
        "due_date": "string",
        "due_time": "string",
        "duration": "string",
        "deal_id": "integer",
        "lead_id": "string",
        "person_id": "integer",
        "project_id": "integer",
        "org_id": "integer",
        "location": "string",
        "public_description": "string",
        "note": "string",
        "subject": "string",
        "type": "string",
        "user_id": "integer",
        "participants": "array",
        "busy_flag": "boolean",
        "attendees": "array",
        "done": "number",
    },
}
PARTS: dict[str, str] = {
    "location": PLACE,
    "postal_address": PLACE,
    "participants": "person_id primary",
    "attendees": "email name status is_organizer person_id user_id",
    "emails": "value primary label",
    "phones": "value primary label",
    "im": "value primary label",
}
UNDOCUMENTED = {
    "outcome": "in the official client since 33.7 (September 2026), not in the document of August"
}
PUSHINGS: dict[str, Pushing] = {
    "v2/activities": ACTIVITIES,
    "v2/deals": DEALS,
    "v2/persons": PERSONS,
    "v1/activities": LEGACY_ACTIVITIES,
}
JSON_TYPES: dict[str, str] = {
    **dict.fromkeys(("text", "date", "time", "duration", "uuid"), "string"),
    **dict.fromkeys(("ints", "objects"), "array"),
    "int": "integer",
    "number": "number",
    "bool": "boolean",
    "object": "object",
}

REFERENCES: dict[tuple[str, str], tuple[Any, Any]] = {
    ("users", "id"): (2, 3),
    ("deals", "id"): (1, 2),
    ("persons", "id"): (1, 2),
    ("organizations", "id"): (1, 2),
    ("projects", "id"): (1, 2),
    ("stages", "id"): (2, 3),
    ("pipelines", "id"): (2, 3),
    ("currencies", "code"): ("EUR", "USD"),
    ("activity_types", "key_string"): ("meeting", "call"),
}
"""Two that the sandbox has, of each."""
GOOD: dict[str, tuple[Any, ...]] = {
    "int": (1, 2),
    "number": (5, 0.25, 99.5),
    "text": ("Grüße 🎪", "a" * 3000, 'quote " and \\', "line\nline"),
    "bool": (True, False),
    "date": ("2026-10-05", "2028-02-29"),
    "time": ("15:00", "15:00:00", "08:30:15"),
    "duration": ("01:00", "00:45:00", "1:30", "100:00"),
    "ints": ([1], [4, 2, 3]),
}
PLACES = (
    {"value": "Mustamäe tee 3, Tallinn"},
    {"value": "Tallinn", "country": "Estonia", "locality": "Tallinn", "route": "", "postal_code": None},
)
REACHED = (
    [{"value": "a@example.com"}],
    [
        {"value": "b@example.com", "label": "home"},
        {"value": "a@example.com", "primary": True, "label": "work"},
    ],
)
LISTS: dict[str, tuple[Any, ...]] = {
    "location": PLACES,
    "postal_address": PLACES,
    "participants": (
        [{"person_id": 2, "primary": True}],
        [{"person_id": 3}, {"person_id": 1, "primary": True}],
    ),
    "attendees": (
        [{"email": "guest@example.com"}],
        [{"email": "z@example.com", "name": "Z", "status": "accepted", "is_organizer": True},
         {"email": "a@example.com", "person_id": 1, "user_id": 1}],
    ),
    "emails": REACHED,
    "phones": REACHED,
    "im": REACHED,
}  # fmt: skip
CHOICES: dict[str, tuple[Any, ...]] = {"status": ("won", "lost", "open"), "visible_to": (1, 7, 3)}
BESIDE: dict[str, dict[str, Any]] = {"lost_reason": {"status": "lost"}}
"""What a field cannot be written without."""

NO_TEXTS: tuple[Any, ...] = (5, 1.5, True, ["x"], {"value": "x"}, "half \ud800 a pair", "nothing \0")
WRONG: dict[str, tuple[Any, ...]] = {
    "int": ("1", 1.5, True, [1], {"id": 1}, "x", 2**60),
    "number": ("1.5", True, [1.5], {"value": 1}, float("inf")),
    "text": NO_TEXTS,
    "bool": (1, 0, "true", [True]),
    "date": ("05.10.2026", "2026-02-30", "2026-10-05T00:00:00Z", "20261005", 20261005),
    "time": ("9:30", "25:00", "15:60", "noon", 1500, "15:00Z"),
    "duration": ("an hour", "1h", 60, "01:75", "1000:00"),
    "uuid": ("abc", 5, "35b0d604eb0d42d0be11eac8832051f0"),
    "ints": (1, "1,2", ["1"], [1.5], [True], {"id": 1}),
    "object": ("Main Street 1", [], {"value": 5}, {"city": "Tallinn", "value": "x"}, {"country": "Estonia"}),
    "objects": ("x", {"value": "x"}, ["x"], [5], [{"unheard_of": 1}], [{"primary": True}]),
}
LOOSE: tuple[Any, ...] = (
    2**60,
    float("inf"),
    "half \ud800 a pair",
    "nothing \0",
    {"country": "Estonia"},
    "abc",
    [{"primary": True}],
)
"""What we refuse although the sandbox does not, or JSON cannot even say it."""


def good(field: Writable, leads: tuple[str, ...]) -> tuple[Any, ...]:
    """Values that the CRM takes for a field."""
    if field.refers:
        return leads if field.refers == ("leads", "id") else REFERENCES[field.refers]
    if field.parts:
        return tuple(_declared(field, value) for value in LISTS[field.name])
    return CHOICES.get(field.name) or GOOD[field.kind]


def _declared(field: Writable, value: Any) -> Any:
    """The value without the parts that the older API does not take."""
    if isinstance(value, list):
        return [_declared(field, one) for one in value]
    return {part.name: value[part.name] for part in field.parts if part.name in value}
