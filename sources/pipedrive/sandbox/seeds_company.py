"""What a company has set up: labels, fields, filters, goals, rights, webhooks, boards. Seldom does any of it change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from sources.pipedrive.sandbox.catalog import BORN, PERMISSION_SETS
from sources.pipedrive.sandbox.v1rows import COMPANY_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from sources.sandbox.store import Account, Record

SOURCES: Final = ("Manually created", "Deal", "Web forms", "Prospector", "Live chat", "Import", "API")
LABELS: Final = (("Hot", "red"), ("Cold", "blue"), ("Lauwarm", "yellow"))
BOARDS: Final = ("Delivery", "Customer success")
PHASES: Final = ("Kick-off", "Umsetzung", "Review", "Done")


def uuid(rng: Random) -> str:
    """Make up an id of the kind that newer parts of the API have."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def lead_sources(_: Account, __: Random) -> Iterator[Record]:
    """List where leads come from; a source is known by its name only."""
    for nr, name in enumerate(SOURCES, 1):
        yield {"id": nr, "name": name}


def lead_labels(_: Account, rng: Random) -> Iterator[Record]:
    """List the labels of leads."""
    for name, color in LABELS:
        yield {"id": uuid(rng), "name": name, "color": color, "add_time": BORN, "update_time": BORN}


def _v1_field(key: str, name: str, kind: str, nr: int) -> Record:
    return {"id": nr, "key": key, "name": name, "field_type": kind, "active_flag": True, "edit_flag": False,
            "bulk_edit_allowed": True, "mandatory_flag": nr == 1}  # fmt: skip


def lead_fields(_: Account, __: Random) -> Iterator[Record]:
    """List a few fields of leads."""
    flags = ("index_visible", "details_visible", "add_visible", "important", "searchable", "sortable")
    for nr, (key, kind) in enumerate((("title", "varchar"), ("value", "monetary"), ("label", "set")), 1):
        yield {
            **_v1_field(key, key.title(), kind, nr),
            **{f"{flag}_flag": bool(nr % 2) for flag in flags},
            "order_nr": nr,
            "add_time": BORN,
            "update_time": BORN,
            "filtering_allowed": True,
            "last_updated_by_user_id": 1,
            "created_by_user_id": 1,
            "is_subfield": False,
            "options": [{"id": 1, "label": "Hot"}] if kind == "set" else None,
            "subfields": None,
            "options_deleted": None,
        }


def note_fields(_: Account, __: Random) -> Iterator[Record]:
    """List the fields of notes."""
    yield {**_v1_field("content", "Content", "text", 1), "options": None}
    options = [{"id": 1, "label": "Yes"}, {"id": 0, "label": "No"}]
    yield {**_v1_field("pinned_to_deal_flag", "Pinned to deal", "enum", 2), "options": options}


def filters(_: Account, __: Random) -> Iterator[Record]:
    """List a filter of each kind."""
    kinds = ("deals", "leads", "org", "people", "products", "activity", "projects")
    for nr, kind in enumerate(kinds, 1):
        yield {
            "id": nr, "name": f"All {kind}", "filter_code": None, "is_editable": nr > 1, "active_flag": True,
            "type": kind, "temporary_flag": None, "user_id": 1, "add_time": BORN,
            "update_time": BORN if nr > 1 else None, "visible_to": "7", "last_used_time": None, "custom_view_id": nr,
        }  # fmt: skip


def goals(_: Account, rng: Random) -> Iterator[Record]:
    """List a goal of the company for deals and one for activities."""
    for kind in ("deals_won", "activities_completed"):
        yield {
            "id": f"{rng.getrandbits(128):032x}", "owner_id": 1, "title": kind.replace("_", " "),
            "type": {"name": kind, "params": {"pipeline_id": [1]}}, "assignee": {"id": COMPANY_ID, "type": "company"},
            "interval": "weekly", "duration": {"start": "2026-01-01", "end": None},
            "expected_outcome": {"target": rng.randrange(5, 50), "tracking_metric": "quantity"},
            "is_active": True, "report_ids": [],
        }  # fmt: skip


def roles(_: Account, __: Random) -> Iterator[Record]:
    """List the roles."""
    for nr, name in enumerate(("(Unassigned users)", "Sales"), 1):
        yield {
            "id": nr, "parent_role_id": 1 if nr > 1 else None, "name": name, "active_flag": True,
            "assignment_count": "4", "sub_role_count": "0", "level": nr,
        }  # fmt: skip


def permission_sets(_: Account, __: Random) -> Iterator[Record]:
    """List the permission sets that users have."""
    for app, key in PERMISSION_SETS:
        yield {"id": key, "name": f"{app} admin", "description": f"See and edit all of {app}", "app": app,
               "type": "admin", "assignment_count": 1}  # fmt: skip


def webhooks(_: Account, __: Random) -> Iterator[Record]:
    """List a webhook."""
    yield {
        "id": 1, "company_id": COMPANY_ID, "owner_id": 1, "user_id": 1, "event_action": "change",
        "event_object": "deal", "subscription_url": "https://example.org/in",
        "version": "2.0", "is_active": 1, "add_time": "2024-01-08T08:00:00.000Z", "remove_time": None,
        "type": "general", "remove_reason": None,
        "last_delivery_time": None, "last_http_status": 200, "admin_id": 1, "name": "To the ERP",
    }  # fmt: skip


def user_connections(_: Account, __: Random) -> Iterator[Record]:
    """List what the user has connected."""
    yield {"id": 1, "service": "google", "connection_id": "awesomeid-123-4567890"}


def billing_addons(_: Account, __: Random) -> Iterator[Record]:
    """List what was bought beside the plan."""
    for nr, code in enumerate(("leadbooster_v2", "smart_docs_v2"), 1):
        yield {"id": nr, "code": code}


def boards(_: Account, __: Random) -> Iterator[Record]:
    """List the boards of projects."""
    for nr, name in enumerate(BOARDS, 1):
        yield {"id": nr, "name": name, "order_nr": nr, "add_time": BORN, "update_time": BORN}


def project_fields(_: Account, __: Random) -> Iterator[Record]:
    """List the fields of projects."""
    for nr, (code, kind) in enumerate((("title", "varchar"), ("status", "enum"), ("owner_id", "user")), 1):
        yield {
            "id": nr, "field_name": code.title(), "field_code": code, "field_type": kind, "options": None,
            "subfields": None, "is_custom_field": False, "is_optional_response_field": False,
        }  # fmt: skip


def project_templates(_: Account, __: Random) -> Iterator[Record]:
    """List a template of projects."""
    yield {"id": 1, "title": "Rollout", "description": "The usual steps", "projects_board_id": 1, "owner_id": 1,
           "add_time": BORN, "update_time": BORN}  # fmt: skip
