"""What may be pushed to Pipedrive: activities, deals and persons; activities also through API v1.

Fields and types are those of the requests' bodies in the OpenAPI documents (v2 of 2026-08-18, v1 of 2026-01-14); what a
body takes and is not declared here stands in `instead`, with what to do. Whether a field may be null is assumed, save
for `probability` and `lost_reason`: the documents say it of few, and only null can empty a field.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from sources.pipedrive import legacy_v1, scopes
from sources.pushing import PLACE, Part, Pushing, Writable

SERVER = "the CRM sets it"
PARTICIPANT = (Part("person_id", "int", required=True), Part("primary", "bool", default=False))
ATTENDEE = (
    Part("email", "text", required=True),
    Part("name", "text"),
    Part("status", "text", default="noreply"),
    Part("is_organizer", "bool", default=False),
    Part("person_id", "int"),
    Part("user_id", "int"),
)
REACHED = (
    Part("value", "text", required=True),
    Part("primary", "bool", default=False),
    Part("label", "text", default="work"),
)
OWNER = Writable("owner_id", "int", nullable=False, refers=("users", "id"))
ORGANIZATION = Writable("org_id", "int", refers=("organizations", "id"))
LABELS = Writable("label_ids", "ints")
VISIBLE_TO = Writable("visible_to", "int", nullable=False, choices=(1, 3, 5, 7))

ACTIVITIES = Pushing(
    entity="activities",
    path="/api/v2/activities",
    scopes=scopes.WRITE_ACTIVITIES,
    read_params={"include_fields": "attendees"},
    lookup_params={"include_fields": "attendees"},
    lookup={name: name for name in ("owner_id", "deal_id", "lead_id", "org_id", "done")},
    completed={"done": True},
    instead={
        "person_id": "set it through participants: the primary one is the person",
        "is_deleted": "select _delete",
        "marked_as_done_time": f"{SERVER} when it is done",
    }
    | dict.fromkeys(("id", "creator_user_id", "add_time", "update_time", "private"), SERVER)
    | dict.fromkeys(
        ("conference_meeting_client", "conference_meeting_url", "conference_meeting_id"),
        "the CRM's calendar sets it",
    ),
    fields=(
        Writable("subject", "text", nullable=False),
        Writable("type", "text", nullable=False, refers=("activity_types", "key_string")),
        OWNER,
        Writable("deal_id", "int", refers=("deals", "id")),
        Writable("lead_id", "uuid", refers=("leads", "id")),
        ORGANIZATION,
        Writable("project_id", "int", refers=("projects", "id")),
        Writable("due_date", "date"),
        Writable("due_time", "time"),
        Writable("duration", "duration"),
        Writable("busy", "bool", nullable=False),
        Writable("done", "bool", nullable=False),
        Writable("location", "object", parts=PLACE, verbatim=False),
        Writable("participants", "objects", parts=PARTICIPANT, key="person_id", verbatim=False),
        Writable("attendees", "objects", parts=ATTENDEE, key="email", verbatim=False),
        Writable("public_description", "text", verbatim=False),
        Writable("priority", "int"),
        Writable("outcome", "int"),
        Writable("note", "text", verbatim=False),
    ),
)

DEALS = Pushing(
    entity="deals",
    path="/api/v2/deals",
    scopes=scopes.WRITE_DEALS,
    required=frozenset({"title"}),
    custom=True,
    lookup={name: name for name in ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id")},
    read_params={"include_fields": "source_lead_id,first_won_time"},
    lookup_params={"include_fields": "source_lead_id,first_won_time"},
    instead={
        "is_deleted": "select _delete",
        "is_archived": "archive it in the CRM",
        "archive_time": "archive it in the CRM",
    }
    | dict.fromkeys(("close_time", "won_time", "lost_time"), f"{SERVER} when the status is written")
    | dict.fromkeys(("id", "creator_user_id", "add_time", "update_time", "stage_change_time"), SERVER)
    | dict.fromkeys(("acv", "arr", "mrr"), "the CRM sums up the deal's products"),
    fields=(
        Writable("title", "text", nullable=False),
        OWNER,
        Writable("person_id", "int", refers=("persons", "id")),
        ORGANIZATION,
        Writable("pipeline_id", "int", nullable=False, refers=("pipelines", "id")),
        Writable("stage_id", "int", nullable=False, refers=("stages", "id")),
        Writable("value", "number"),
        Writable("currency", "text", nullable=False, refers=("currencies", "code")),
        Writable("status", "text", nullable=False, choices=("open", "won", "lost")),
        Writable("probability", "number"),
        Writable("lost_reason", "text"),
        VISIBLE_TO,
        Writable("expected_close_date", "date"),
        LABELS,
    ),
)

PERSONS = Pushing(
    entity="persons",
    path="/api/v2/persons",
    scopes=scopes.WRITE_CONTACTS,
    required=frozenset({"name"}),
    custom=True,
    lookup={name: name for name in ("owner_id", "org_id")},
    instead={
        "is_deleted": "select _delete",
        "marketing_status": "it is consent, which people give: set it in the CRM",
        "picture_id": "upload a picture in the CRM",
    }
    | dict.fromkeys(("first_name", "last_name"), "set name: the CRM takes it apart")
    | dict.fromkeys(("id", "add_time", "update_time"), SERVER),
    fields=(
        Writable("name", "text", nullable=False),
        OWNER,
        ORGANIZATION,
        Writable("emails", "objects", parts=REACHED, key="value", verbatim=False),
        Writable("phones", "objects", parts=REACHED, key="value", verbatim=False),
        VISIBLE_TO,
        LABELS,
        # What follows, an account has only if its contacts are synchronised.
        Writable("postal_address", "object", parts=PLACE, verbatim=False),
        Writable("notes", "text", verbatim=False),
        Writable("im", "objects", parts=REACHED, key="value", verbatim=False),
        Writable("birthday", "date"),
        Writable("job_title", "text"),
    ),
)

PUSHES: Mapping[str, Pushing] = {one.entity: one for one in (ACTIVITIES, DEALS, PERSONS)}

V1_PARTS = {"location": PLACE[:1], "attendees": (ATTENDEE[0], Part("person_id", "int"))}
"""v1 takes whom to invite, and says itself what became of it; of a place it takes one line."""
V1_NAMES = {"owner_id": "user_id", "busy": "busy_flag", "email": "email_address"}


def v1_body(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of an activity as v1 takes it."""
    body = {V1_NAMES.get(name, name): value for name, value in values.items()}
    if "done" in body:
        body["done"] = int(body["done"])
    if "location" in body:
        body["location"] = (body["location"] or {}).get("value")
    if "participants" in body:
        body["participants"] = [
            {"person_id": one["person_id"], "primary_flag": one["primary"]} for one in body["participants"]
        ]
    if "attendees" in body:
        body["attendees"] = [
            {V1_NAMES.get(name, name): value for name, value in one.items()} for one in body["attendees"]
        ]
    return body


def _v1_record(record: bytes) -> bytes:
    return msgspec.json.encode(legacy_v1.activity(msgspec.json.decode(record)))


LEGACY_ACTIVITIES = replace(
    ACTIVITIES,
    path="/v1/activities",
    lookup_path="/api/v2/activities",
    read_params={},
    create_cost=10,
    update_cost=10,
    delete_cost=6,
    read_cost=2,
    update_method="PUT",
    bulk_delete="/v1/activities",
    bulk_delete_cost=10,
    to_body=v1_body,
    to_record=_v1_record,
    instead={
        **ACTIVITIES.instead,
        **dict.fromkeys(("priority", "outcome"), "API v1 does not take it: remove the setting api"),
    },
    fields=tuple(
        replace(one, parts=V1_PARTS.get(one.name, one.parts))
        for one in ACTIVITIES.fields
        if one.name not in ("priority", "outcome")
    ),
)

LEGACY_PUSHES: Mapping[str, Pushing] = {LEGACY_ACTIVITIES.entity: LEGACY_ACTIVITIES}
