"""What may be pushed to Deskera: activities.

The documents' example of a body names fewer fields than their model, which is the body's declared type; what the
example lacks (`visibility_type`, `is_availability`, `owner_id`) is assumed to be taken. Whether it was is read back.
"""

import base64
from collections.abc import Mapping
from typing import Any

from sources.deskera.client import ACTIVITIES as PATH
from sources.pushing import Pushing, Writable

SERVER = "the CRM sets it"
EMBEDDED = "it is shown with the activity, and cannot be written with it"
TYPES = ("call", "meeting", "task", "deadline", "email", "lunch")
VISIBILITIES = ("private", "public", "team")
ALSO = ("assigned_to", "source", "source_id")
"""Fields that a body may hold, that mean something to others than us, and must be sent lest they be emptied."""


def body(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of a request: notes go in base64, and what has no value is left out, which is how it is emptied."""
    told = {name: value for name, value in values.items() if value is not None}
    if "notes" in told:
        told["notes"] = base64.b64encode(told["notes"].encode()).decode()
    return told


ACTIVITIES = Pushing(
    entity="activities",
    path=PATH,
    create_cost=2,
    create_requests=2,
    update_cost=2,
    update_requests=3,
    delete_cost=1,
    read_cost=1,
    lookup_cost=1,
    bulk_delete=f"{PATH}/bulkDelete",
    bulk_delete_cost=1,
    bulk_update=f"{PATH}/bulkUpdate",
    bulk_fields=frozenset({"visibility_type", "is_status"}),
    required=frozenset({"name"}),
    completed={"is_status": True},
    to_body=body,
    instead={
        "is_deleted": "select _delete",
        "duration": "set start and end",
        "duration_minutes": "set start and end",
        "assignee_details": "set assignee_ids",
        "contact_details": "set contact_ids",
        "organization_details": "set organization_ids",
        "owner_details": "set owner_id",
        "deal_details": f"set linked_to, the deal's id; of the deal, {EMBEDDED}",
    }
    | dict.fromkeys(ALSO, "it says where the activity came from")
    | dict.fromkeys(("id", "tenant_id", "created_at", "updated_at", "created_by", "updated_by"), SERVER)
    | dict.fromkeys(
        ("email_sent", "consumer_id", "scheduled_status", "batch_id", "cron_status", "notification_error"),
        SERVER,
    ),
    fields=(
        Writable("name", "text", nullable=False),
        Writable("activity_type", "text", nullable=False, choices=TYPES),
        Writable("start", "moment"),
        Writable("end", "moment"),
        Writable("notes", "text", verbatim=False),
        Writable("visibility_type", "text", nullable=False, choices=VISIBILITIES),
        Writable("is_availability", "bool"),
        Writable("is_send_invitation", "bool", nullable=False),
        Writable("is_send_contacts_invitation", "bool", nullable=False),
        Writable("contact_ids", "ints"),
        Writable("organization_ids", "ints"),
        Writable("assignee_ids", "ints"),
        Writable("linked_to", "int", nothing=0),
        Writable("owner_id", "int", nullable=False, nothing=0),
        Writable("is_status", "bool", nullable=False),
        Writable("user_timezone", "text"),
    ),
)

PUSHES: Mapping[str, Pushing] = {ACTIVITIES.entity: ACTIVITIES}
