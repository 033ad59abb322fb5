"""Pipedrive's API v1 rows in the v2 shape, so that raw tables have one shape.

Used for the four v1 collections (by setting) and for deleted records, which only v1's list of recent changes tells.
What v1 does not carry (notes, participants, attendees and custom fields in a collection) is absent from the result and
becomes null. Keys without a v2 name are kept as they are and land in `_extra`.
Source: the v1 to v2 migration guide's rename map, OpenAPI v1 of 2026-01-14.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Row = dict[str, Any]

PLACE_PARTS = (
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
    "formatted_address",
)
TIMES = (
    "add_time",
    "update_time",
    "marked_as_done_time",
    "close_time",
    "won_time",
    "lost_time",
    "stage_change_time",
)
IDS = ("owner_id", "org_id", "person_id", "creator_user_id", "picture_id")
LACKS: Mapping[str, frozenset[str]] = {
    "activities": frozenset(
        ("creator_user_id", "participants", "attendees", "note", "priority", "outcome", "private")
    ),
    "deals": frozenset(
        (
            *("owner_id", "stage_change_time", "archive_time", "is_archived", "source_lead_id"),
            *("first_won_time", "local_won_date", "local_lost_date", "local_close_date", "custom_fields"),
            *("origin", "origin_id", "channel", "channel_id", "acv", "arr", "mrr"),
        )
    ),
    "persons": frozenset(
        (
            *("first_name", "last_name", "custom_fields", "notes", "im", "birthday", "job_title"),
            "postal_address",
        )
    ),
    "organizations": frozenset(
        ("website", "linkedin", "industry", "annual_revenue", "employee_count", "custom_fields")
    ),
}
"""Fields of the v2 shape that a v1 collection does not carry. Of labels it carries the first only."""
RENAMED = {
    "busy_flag": "busy",
    "created_by_user_id": "creator_user_id",
    "email": "emails",
    "phone": "phones",
    "user_id": "owner_id",
}
REPLACED = {"active_flag", "delete_time", "deleted", "active", "label"} | {
    f"{place}_{part}" for place in ("location", "address") for part in PLACE_PARTS
}
"""v1 keys whose meaning another v2 key carries."""


def activity(row: Row) -> Row:
    """A v1 activity in the v2 shape."""
    return _common(row) | _participants(row) | _place(row, "location")


def deal(row: Row) -> Row:
    """A v1 deal in the v2 shape."""
    gone = row.get("status") == "deleted" or bool(row.get("deleted"))
    return _common(row) | {"is_deleted": gone, "label_ids": _labels(row.get("label"))}


def person(row: Row) -> Row:
    """A v1 person in the v2 shape."""
    return _common(row) | {
        "label_ids": _labels(row.get("label")),
        "emails": _filled(row.get("email")),
        "phones": _filled(row.get("phone")),
    }


def organization(row: Row) -> Row:
    """A v1 organization in the v2 shape."""
    return _common(row) | {"label_ids": _labels(row.get("label"))} | _place(row, "address")


def product(row: Row) -> Row:
    """A v1 product in the v2 shape."""
    return _common(row)


def _common(row: Row) -> Row:
    mapped = {RENAMED.get(key, key): value for key, value in row.items() if key not in REPLACED}
    mapped |= {key: _time(row[key]) for key in TIMES if key in row}
    mapped |= {key: _id(mapped[key]) for key in IDS if key in mapped}
    if "active_flag" in row:
        mapped["is_deleted"] = not row["active_flag"]
    if isinstance(visible_to := row.get("visible_to"), str):
        mapped["visible_to"] = int(visible_to) if visible_to else None
    return mapped


def _time(value: str | None) -> str | None:
    """`2020-06-08 12:37:56` (UTC) as RFC3339; v1 writes an empty string for no time."""
    return f"{value[:10]}T{value[11:19]}Z" if value else None


def _id(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("id", value.get("value"))
    return value if isinstance(value, int) else None


def _labels(value: str | int | None) -> list[int]:
    return [int(label) for label in str(value).split(",") if label.strip()] if value is not None else []


def _filled(values: list[Row] | None) -> list[Row]:
    """v1 writes one entry with an empty value where there is none."""
    return [value for value in values or [] if value.get("value")]


def _place(row: Row, name: str) -> Row:
    """A v1 place, an address and its parts side by side, as one object."""
    parts = {part: row[key] for part in PLACE_PARTS if row.get(key := f"{name}_{part}")}
    return {name: {"value": row[name]} | parts if row.get(name) else None}


def _participants(row: Row) -> Row:
    mapped: Row = {}
    if isinstance(row.get("participants"), list):
        mapped["participants"] = [
            {"person_id": one.get("person_id"), "primary": bool(one.get("primary_flag"))}
            for one in row["participants"]
        ]
    if isinstance(row.get("attendees"), list):
        mapped["attendees"] = [_attendee(one) for one in row["attendees"]]
    return mapped


def _attendee(row: Row) -> Row:
    return {
        "email": row.get("email_address"),
        "name": row.get("name"),
        "status": row.get("status"),
        "is_organizer": bool(row.get("is_organizer")),
        "person_id": row.get("person_id"),
        "user_id": row.get("user_id"),
    }


MAPPERS: Mapping[str, Callable[[Row], Row]] = {
    "activities": activity,
    "deals": deal,
    "persons": person,
    "organizations": organization,
    "products": product,
}


class _Page(msgspec.Struct):
    success: bool = True
    data: list[Row] | None = None
    additional_data: msgspec.Raw = msgspec.Raw(b"null")


def _adapter(mapper: Callable[[Row], Row]) -> Callable[[bytes], bytes]:
    def adapt(body: bytes) -> bytes:
        """A page of v1 rows as a page of v2 rows; what cannot be read is left for the decoder to name."""
        try:
            answer = msgspec.json.decode(body, type=_Page)
        except msgspec.MsgspecError:
            return body
        answer.data = [mapper(row) for row in answer.data or []]
        return msgspec.json.encode(answer)

    return adapt


ADAPTERS: Mapping[str, Callable[[bytes], bytes]] = {
    name: _adapter(mapper) for name, mapper in MAPPERS.items()
}
