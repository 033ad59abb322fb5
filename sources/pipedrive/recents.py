"""Deleted records, from v1's list of recent changes: v2 lists never show them (deals excepted).

Facts: ordered by update time; `since_timestamp` is exclusive and at most one month back; offset pagination, which
shifts when records change during the walk. So the walk never trusts an offset where it can use a time: the next page
is asked for from just before the last second seen, and only within one second by offset, overlapping by one row that
must be found again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pendulum

from sources.budget import Tally
from sources.crm import Gone
from sources.endless import Bound
from sources.errors import BadBody, RepeatedPage
from sources.http import Answer, Client
from sources.pipedrive import legacy_v1

REACH = pendulum.duration(days=29)
"""How far back the list may be asked, with a day to spare."""
KEPT = pendulum.duration(days=30)
"""How long Pipedrive remembers what was deleted."""
PAGE = 500
MOST_SHIFTS = 20
COST = 20
FORMAT = "YYYY-MM-DD HH:mm:ss"
ITEMS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "activity": legacy_v1.activity,
    "person": legacy_v1.person,
    "organization": legacy_v1.organization,
    "product": legacy_v1.product,
    "note": lambda row: row,
}
"""The kinds that can be asked for, and how their rows get the shape of the list; notes have it."""


class _Change(msgspec.Struct):
    item: str
    id: int
    data: dict[str, Any] | None = None


class _Pagination(msgspec.Struct):
    more_items_in_collection: bool = False


class _More(msgspec.Struct):
    last_timestamp_on_page: str | None = None
    pagination: _Pagination | None = None


class _Answer(msgspec.Struct):
    data: list[_Change] | None = None
    additional_data: _More | None = None


async def deletions(
    client: Client, items: tuple[str, ...], since: pendulum.DateTime, until: pendulum.DateTime, tally: Tally
) -> list[Gone]:
    """Records of these kinds deleted in [since, until), in memory: deletions are few."""
    found: dict[tuple[str, int], Gone] = {}
    after, start, anchor = since.subtract(seconds=1), 0, None
    shifts, bound = 0, Bound.of("/v1/recents", client.limiter.daily_limit, COST)
    while True:
        bound.count()
        page, last, more = await _page(client, items, after, start, tally)
        if anchor is not None and (not page or (page[0].item, page[0].id) != anchor):
            start, anchor, shifts = 0, None, shifts + 1  # the rows of this second have shifted: read it again
            if shifts > MOST_SHIFTS:
                raise RepeatedPage(
                    "/v1/recents changes faster than it can be read.", way_out="Run again later."
                )
            continue
        for change in page:
            if (gone := _gone(change)) and (gone.deleted_at is None or gone.deleted_at < until):
                found[change.item, change.id] = gone
        if not more or not page or (last is not None and last >= until):
            return list(found.values())
        if last is None:
            raise BadBody("/v1/recents does not say where its page ends, though more follows.")
        if last.subtract(seconds=1) > after:
            after, start, anchor = last.subtract(seconds=1), 0, None
        else:
            start, anchor = start + len(page) - 1, (page[-1].item, page[-1].id)
            if len(page) == 1:
                raise RepeatedPage("/v1/recents does not get on.", way_out="Run again later.")


async def _page(
    client: Client, items: tuple[str, ...], after: pendulum.DateTime, start: int, tally: Tally
) -> tuple[list[_Change], pendulum.DateTime | None, bool]:
    params = {
        "since_timestamp": after.format(FORMAT),
        "items": ",".join(items),
        "start": str(start),
        "limit": str(PAGE),
    }
    answer = await client.get("/v1/recents", params, cost=COST, tally=tally, parse=_parse)
    more = answer.additional_data or _More()
    last = _time(more.last_timestamp_on_page)
    return answer.data or [], last, bool(more.pagination and more.pagination.more_items_in_collection)


def _parse(answer: Answer) -> _Answer:
    try:
        return msgspec.json.decode(answer.body, type=_Answer)
    except msgspec.MsgspecError as error:
        raise BadBody(f"/v1/recents answered with something unexpected ({error}).") from error


def _gone(change: _Change) -> Gone | None:
    data = change.data
    if data is None:
        return Gone(change.item, change.id, None, None)
    if data.get("active_flag", True) and not data.get("deleted"):
        return None
    when = _time(data.get("delete_time") or data.get("update_time"))
    return Gone(change.item, change.id, when, ITEMS[change.item](data) | {"is_deleted": True})


def _time(text: str | None) -> pendulum.DateTime | None:
    if not text or text.startswith("0000"):
        return None
    return pendulum.from_format(text[:19].replace("T", " "), FORMAT)
