"""Records in the shapes of API v1: other names, times without zone, places as text with parts beside it."""

from typing import Any, Final

from sources.sandbox.store import Record

COMPANY_ID: Final = 22122
MAIL_DOMAIN: Final = "sandbox.pipedrivemail.com"
PARTS: Final = (
    "subpremise", "street_number", "route", "sublocality", "locality", "admin_area_level_1",
    "admin_area_level_2", "country", "postal_code", "formatted_address",
)  # fmt: skip


def activity_row(record: Record) -> Record:
    """Render an activity as the v1 collection does: no note, participants or attendees."""
    return {
        "id": record["id"],
        "company_id": COMPANY_ID,
        "user_id": record["owner_id"],
        **_same(record, "done", "type", "conference_meeting_client", "conference_meeting_url"),
        **_same(record, "conference_meeting_id", "due_date", "due_time", "duration"),
        "busy_flag": record["busy"],
        "add_time": v1_time(record["add_time"]),
        "marked_as_done_time": v1_time(record["marked_as_done_time"]) or "",
        **_same(record, "subject", "public_description", "org_id", "person_id", "deal_id", "lead_id"),
        "project_id": record["project_id"],
        "active_flag": not record["is_deleted"],
        "update_time": v1_time(record["update_time"]),
        "update_user_id": record["owner_id"],
        "source_timezone": "",
        **_place("location", record["location"]),
    }


def deal_row(record: Record) -> Record:
    """Render a deal as the v1 collection does: no custom fields."""
    return {
        **_same(record, "id", "creator_user_id", "person_id", "org_id", "stage_id", "title", "value"),
        "currency": record["currency"],
        **_times(record, "add_time", "update_time"),
        "status": "deleted" if record["is_deleted"] else record["status"],
        **_same(record, "probability", "lost_reason"),
        "visible_to": _text(record["visible_to"]),
        **_times(record, "close_time"),
        "pipeline_id": record["pipeline_id"],
        **_times(record, "won_time", "lost_time"),
        "expected_close_date": record["expected_close_date"],
        "label": ",".join(map(str, record["label_ids"])) or None,
    }


def person_row(record: Record) -> Record:
    """Render a person as the v1 collection does."""
    return {
        **_contact(record),
        "org_id": record["org_id"],
        "phone": record["phones"],
        "email": record["emails"],
        "picture_id": record["picture_id"],
        "cc_email": f"person{record['id']}@{MAIL_DOMAIN}",
    }


def organization_row(record: Record) -> Record:
    """Render an organization as the v1 collection does."""
    return {
        **_contact(record),
        **_place("address", record["address"]),
        "cc_email": f"org{record['id']}@{MAIL_DOMAIN}",
    }


def recent_activity(record: Record) -> Record:
    """Render an activity as recents does."""
    return {
        **activity_row(record),
        "note": record["note"],
        "created_by_user_id": record["creator_user_id"],
        "assigned_to_user_id": record["owner_id"],
        "participants": [
            {"person_id": one["person_id"], "primary_flag": one["primary"]}
            for one in record["participants"] or ()
        ],
        "attendees": [_attendee(one) for one in record.get("attendees") or ()],
    }


def recent_deal(record: Record) -> Record:
    """Render a deal as recents does."""
    deleted = record["is_deleted"]
    return {
        **deal_row(record),
        "user_id": record["owner_id"],
        **_times(record, "stage_change_time"),
        "active": not deleted and record["status"] == "open",
        "deleted": deleted,
    }


def recent_product(record: Record) -> Record:
    """Render a product as recents does."""
    kept = {key: value for key, value in record.items() if key not in {"is_deleted", "is_linkable"}}
    return {
        **kept,
        "active_flag": not record["is_deleted"],
        "selectable": record["is_linkable"],
        "visible_to": _text(record["visible_to"]),
        **_times(record, "add_time", "update_time"),
    }


def recent_pipeline(record: Record) -> Record:
    """Render a pipeline as recents does."""
    return {
        **_same(record, "id", "name", "order_nr"),
        "active": not record["is_deleted"],
        "deal_probability": record["is_deal_probability_enabled"],
        **_times(record, "add_time", "update_time"),
    }


def recent_stage(record: Record) -> Record:
    """Render a stage as recents does."""
    return {
        **_same(record, "id", "name", "order_nr", "pipeline_id", "deal_probability"),
        "active_flag": not record["is_deleted"],
        "rotten_flag": record["is_deal_rot_enabled"],
        "rotten_days": record["days_to_rotten"],
        **_times(record, "add_time", "update_time"),
    }


def v1_time(time: str | None) -> str | None:
    """Write an RFC 3339 time as v1 does."""
    return time.replace("T", " ").removesuffix("Z") if time else None


def _same(record: Record, *names: str) -> Record:
    return {name: record[name] for name in names}


def _times(record: Record, *names: str) -> Record:
    return {name: v1_time(record[name]) for name in names}


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _contact(record: Record) -> Record:
    deleted = record["is_deleted"]
    return {
        **_same(record, "id", "name", "owner_id"),
        "active_flag": not deleted,
        **_times(record, "add_time", "update_time"),
        "delete_time": v1_time(record["update_time"]) if deleted else None,
        "visible_to": _text(record["visible_to"]),
        "label": record["label_ids"][0] if record["label_ids"] else None,
    }


def _place(name: str, place: dict[str, Any] | None) -> Record:
    if place is None:
        return {name: None, **{f"{name}_{part}": None for part in PARTS}}
    parts = {f"{name}_{part}": place.get(part) or "" for part in PARTS[:-1]}
    return {
        name: place["value"],
        **parts,
        f"{name}_formatted_address": place.get("formatted_address") or place["value"],
    }


def _attendee(attendee: Record) -> Record:
    return {
        "email_address": attendee["email"],
        "is_organizer": int(attendee["is_organizer"]),
        **_same(attendee, "name", "person_id", "status", "user_id"),
    }
