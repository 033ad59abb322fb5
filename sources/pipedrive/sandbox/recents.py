"""/v1/recents: what changed of late, deleted records included, by offset."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sources.pipedrive.sandbox import v1rows
from sources.pipedrive.sandbox.lists import note_row
from sources.pipedrive.sandbox.replies import Answer, ok, refused
from sources.pipedrive.sandbox.v1 import moment, number
from sources.sandbox.clock import stamp
from sources.sandbox.index import View
from sources.sandbox.select import window
from sources.sandbox.store import Account, Record

Entry = tuple[str, str, int]
"""Time, item and id."""

Row = Callable[[Record], Record]

ITEMS: Final[Mapping[str, tuple[str, Row]]] = {
    "activity": ("activities", v1rows.recent_activity),
    "deal": ("deals", v1rows.recent_deal),
    "person": ("persons", v1rows.person_row),
    "organization": ("organizations", v1rows.organization_row),
    "product": ("products", v1rows.recent_product),
    "pipeline": ("pipelines", v1rows.recent_pipeline),
    "stage": ("stages", v1rows.recent_stage),
    "note": ("notes", note_row),
}
EVERYTHING: Final = View(deleted=None)
MONTH: Final = timedelta(days=31)
LIMIT: Final = 100
MOST: Final = 500
EMPTY_EVERY: Final = 3
"""Every third deleted record comes without its data, as some do in the real API."""


def recents(account: Account, params: Mapping[str, str], now: datetime) -> Answer:
    """Answer one page of what changed after since_timestamp, at most a month back."""
    since = _since(params, now)
    items = tuple(sorted(set(params.get("items", ",".join(ITEMS)).split(",")) & set(ITEMS)))
    entries = _entries(account, items, since)
    start, limit = number(params, "start", 0, most=2**53), number(params, "limit", LIMIT, most=MOST)
    found = entries[start : start + limit]
    rows = [_row(account, item, record_id) for _, item, record_id in found]
    return ok(rows, _additional(since, found, start, limit, more=len(entries) > start + limit))


def _since(params: Mapping[str, str], now: datetime) -> str:
    if "since_timestamp" not in params:
        raise refused(400, "since_timestamp is required")
    since = moment(params, "since_timestamp") or ""
    if since < stamp(now - MONTH):
        raise refused(400, "since_timestamp must not be more than one month in the past")
    return since


def _entries(account: Account, items: tuple[str, ...], since: str) -> list[Entry]:
    collections = [(item, account[ITEMS[item][0]]) for item in items]
    versions = tuple(collection.version for _, collection in collections)
    key = ("recents", items, since, versions)

    def merged() -> list[Entry]:
        return sorted(
            (time, item, record_id)
            for item, collection in collections
            for time, record_id in window(collection, EVERYTHING, since, None)
            if time > since  # exclusive
        )

    return account["activities"].derived(key, merged)


def _row(account: Account, item: str, record_id: int) -> Record:
    collection, render = ITEMS[item]
    record = account[collection].get(record_id) or {}
    empty = record["is_deleted"] and record_id % EMPTY_EVERY == 0
    return {"item": item, "id": record_id, "data": None if empty else render(record)}


def _additional(since: str, found: list[Entry], start: int, limit: int, *, more: bool) -> dict[str, Any]:
    pagination = {"start": start, "limit": limit, "more_items_in_collection": more}
    return {
        "since_timestamp": v1rows.v1_time(since),
        "last_timestamp_on_page": v1rows.v1_time(found[-1][0]) if found else None,
        "pagination": {**pagination, "next_start": start + limit} if more else pagination,
    }
