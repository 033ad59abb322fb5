"""The lists beyond the big ones, as one table: where each is served, what it costs, how it is paged and shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import random
from typing import Any, Final, Literal

from sources.pipedrive.sandbox.v1rows import v1_time
from sources.sandbox.store import Record

Params = Mapping[str, str]
Paging = Literal["cursor", "offset", "none"]


@dataclass(frozen=True)
class Served:
    """One list: its collection, how it is paged, which records it shows, and how a record is written."""

    version: str
    path: str
    cost: int
    collection: str
    paging: Paging = "none"
    most: int = 500
    only: Callable[[Record], bool] = lambda _: True
    row: Callable[[Record], Record] = lambda record: record
    hidden: tuple[str, ...] = ()
    """What the list does not tell of a record, beside whether it is deleted."""
    wrap: Callable[[list[Record]], Any] = lambda rows: rows
    admins: bool = False
    parent: str = ""
    """The field that holds the id in the path, or those in the parameter named with it."""
    ids: str = ""
    needs: str = ""
    """A parameter without which the list is refused; its value must be among the record's `folders`."""


def v1_times(record: Record) -> Record:
    """Write all times as v1 does."""
    return {key: v1_time(value) if key.endswith("_time") else value for key, value in record.items()}


def note_row(record: Record) -> Record:
    """Write a note as v1 does."""
    return v1_times(record) | {"active_flag": not record["is_deleted"]}


def webhook_row(record: Record) -> Record:
    """Write a webhook with what lets its caller in."""
    address = record["subscription_url"].replace("://", "://hook:letmein@") + "?key=letmein"
    return record | {"subscription_url": address, "http_auth_user": "hook", "http_auth_password": "letmein"}


def participant_row(record: Record) -> Record:
    """Write a participant as v1 does, with the person in full."""
    person = {"value": record["person_id"], "name": "Somebody", "active_flag": True}
    added_by = {"success": True, "data": {"id": record["added_by_user_id"]}}
    return record | {"person_id": person, "person": {"id": record["person_id"]}, "added_by_user_id": added_by}


def relationship_row(record: Record) -> Record:
    """Write a relationship, whose id is that of both sides."""
    return record | {"id": record["relationship_id"]}


def mail_row(record: Record) -> Record:
    """Write a mail with the link to its body, another one each time."""
    return record | {"body_url": f"https://mail.example.com/{random()}"}


def _of_record(name: str, column: str, collection: str) -> tuple[Served, ...]:
    """List what deals, persons, organizations and products have alike."""
    hidden = ("id", column)
    followers, changed = f"{collection}_followers", f"{collection}_follower_changes"
    path = f"{name}/{{id}}"
    return (
        Served("v2", f"{path}/followers", 10, followers, "cursor", parent=column, hidden=hidden),
        Served("v2", f"{path}/followers/changelog", 10, changed, "cursor", parent=column, hidden=hidden),
        Served(
            "v1", f"{path}/changelog", 20, f"{collection}_changes", "cursor", parent=column, hidden=hidden
        ),
        Served(
            "v1",
            f"{path}/flow",
            40,
            f"{collection}_flow",
            "offset",
            parent=column,
            hidden=(*hidden, "item_id"),
        ),
    )


LISTS: Final = {
    (one.version, "GET", one.path): one
    for one in (
        Served("v1", "leadLabels", 10, "lead_labels"),
        Served("v1", "leadSources", 2, "lead_sources", hidden=("id",)),
        Served("v1", "leadFields", 20, "lead_fields", "offset", row=v1_times),
        Served("v1", "leads", 20, "leads", "offset", only=lambda row: not row["is_archived"]),
        Served("v1", "leads/archived", 40, "leads", "offset", only=lambda row: row["is_archived"]),
        Served("v1", "notes", 20, "notes", "offset", row=note_row),
        Served("v1", "noteFields", 20, "note_fields"),
        Served("v1", "files", 20, "files", "offset", 100, row=v1_times),
        Served("v1", "callLogs", 20, "call_logs", "offset", 50),
        Served("v1", "filters", 20, "filters", row=v1_times),
        Served("v1", "goals/find", 20, "goals", wrap=lambda rows: {"goals": rows}),
        Served("v1", "roles", 20, "roles", "offset", admins=True),
        Served("v1", "permissionSets", 20, "permission_sets", admins=True),
        Served("v1", "webhooks", 10, "webhooks", row=webhook_row, admins=True),
        Served(
            "v1",
            "userConnections",
            20,
            "user_connections",
            wrap=lambda rows: {row["service"]: row["connection_id"] for row in rows},
        ),
        Served("v1", "billing/subscriptions/addons", 20, "billing_addons", hidden=("id",)),
        Served("v1", "mailbox/mailThreads", 20, "mail_threads", "offset", needs="folder"),
        Served("v2", "boards", 10, "boards"),
        Served("v2", "projectFields", 10, "project_fields", "cursor", hidden=("id",)),
        Served("v2", "projectTemplates", 10, "project_templates", "cursor"),
        Served("v2", "projects", 10, "projects", "cursor", only=lambda row: not row["archive_time"]),
        Served("v2", "projects/archived", 10, "projects", "cursor", only=lambda row: row["archive_time"]),
        Served("v2", "tasks", 10, "tasks", "cursor"),
        Served("v2", "deals/products", 10, "deal_products", "cursor", parent="deal_id", ids="deal_ids"),
        Served(
            "v2", "deals/installments", 10, "deal_installments", "cursor", parent="deal_id", ids="deal_ids"
        ),
        Served("v2", "deals/{id}/discounts", 10, "deal_discounts", parent="deal_id"),
        Served(
            "v1",
            "deals/{id}/participants",
            10,
            "deal_participants",
            "offset",
            row=participant_row,
            parent="deal_id",
            hidden=("deal_id",),
        ),
        Served(
            "v1",
            "deals/{id}/participantsChangelog",
            10,
            "deal_participant_changes",
            "cursor",
            parent="deal_id",
            hidden=("id", "deal_id"),
        ),
        *_of_record("deals", "deal_id", "deal"),
        *_of_record("persons", "person_id", "person"),
        *_of_record("organizations", "org_id", "organization"),
        *_of_record("products", "product_id", "product")[:2],
        *_of_record("users", "followed_user_id", "user")[:1],
        Served("v2", "products/{id}/variations", 10, "product_variations", "cursor", parent="product_id"),
        Served(
            "v1",
            "organizationRelationships",
            20,
            "organization_relationships",
            "offset",
            row=relationship_row,
            parent="org_id",
            ids="org_id",
            hidden=("org_id", "relationship_id"),
        ),
        Served(
            "v1",
            "notes/{id}/comments",
            20,
            "note_comments",
            "offset",
            parent="note_id",
            hidden=("id", "note_id"),
        ),
        Served(
            "v1",
            "mailbox/mailThreads/{id}/mailMessages",
            20,
            "mail_messages",
            row=mail_row,
            parent="mail_thread_id",
        ),
        Served("v2", "phases", 10, "phases", parent="board_id", ids="board_id"),
        Served(
            "v2",
            "projects/{id}/changelog",
            10,
            "project_changes",
            "cursor",
            parent="project_id",
            hidden=("id", "project_id"),
        ),
        Served(
            "v1", "projects/{id}/plan", 20, "project_plans", parent="project_id", hidden=("id", "project_id")
        ),
        Served(
            "v1", "projects/{id}/groups", 20, "project_groups", parent="project_id", hidden=("project_id",)
        ),
        Served(
            "v1",
            "roles/{id}/assignments",
            10,
            "role_assignments",
            "offset",
            parent="role_id",
            hidden=("id",),
            admins=True,
        ),
        *(
            Served(
                "v1",
                f"roles/{{id}}/{name}",
                20,
                f"role_{name}",
                parent="role_id",
                hidden=("id", "role_id"),
                wrap=lambda rows: rows[0],
                admins=True,
            )
            for name in ("settings", "pipelines")
        ),
        Served(
            "v1",
            "permissionSets/{id}/assignments",
            20,
            "permission_set_assignments",
            "offset",
            parent="permission_set_id",
            hidden=("id",),
            admins=True,
        ),
    )
}
"""By API version, method and path."""

COSTS: Final = {key: one.cost for key, one in LISTS.items()}
