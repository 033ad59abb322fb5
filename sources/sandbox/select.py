"""A page of a collection: filter, order, and go on from where the last page ended."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

from sources.sandbox.index import Entry, View
from sources.sandbox.store import Collection

_TIMED = " "  # sorts after the "" of records that never changed, before every time


LIVE = View()


@dataclass(frozen=True)
class Query:
    """What a list is asked for, without the place in it. `since` is inclusive, `until` exclusive."""

    view: View = LIVE
    sort: str = "id"
    descending: bool = False
    since: str | None = None
    until: str | None = None
    ids: frozenset[int] | None = None
    match: tuple[tuple[str, Any], ...] = ()

    @property
    def windowed(self) -> bool:
        """Tell whether update_time is bounded."""
        return self.since is not None or self.until is not None


def page(
    collection: Collection, query: Query, at: Entry | None, limit: int
) -> tuple[list[int], Entry | None]:
    """Return the ids of one page that begins at an entry, and the entry the next page begins at."""
    entries, low, high = _range(collection, query)
    if query.descending:
        end = bisect_right(entries, at, low, high) if at else high
        begin = max(end - limit, low)
        return [i for _, i in reversed(entries[begin:end])], entries[begin - 1] if begin > low else None
    begin = bisect_left(entries, at, low, high) if at else low
    end = min(begin + limit, high)
    return [i for _, i in entries[begin:end]], entries[end] if end < high else None


def window(collection: Collection, view: View, since: str | None, until: str | None) -> list[Entry]:
    """Return the entries by update_time with since <= update_time < until."""
    entries = collection.index(view, "update_time").entries()
    low, high = _bounds(entries, since, until)
    return entries[low:high]


def _range(collection: Collection, query: Query) -> tuple[list[Entry], int, int]:
    direct = query.ids is None and not query.match
    if direct and (query.sort == "update_time" or not query.windowed):
        entries = collection.index(query.view, query.sort).entries()
        low, high = _bounds(entries, query.since, query.until) if query.windowed else (0, len(entries))
        return entries, low, high
    entries = collection.derived(query, lambda: _candidates(collection, query))
    return entries, 0, len(entries)


def _bounds(entries: list[Entry], since: str | None, until: str | None) -> tuple[int, int]:
    low = bisect_left(entries, (since or _TIMED, 0))
    return low, bisect_left(entries, (until, 0)) if until else len(entries)


def _candidates(collection: Collection, query: Query) -> list[Entry]:
    named = [collection.lookup(field).ids(value) for field, value in query.match]
    if query.ids is not None:
        named.append(set(query.ids))
    if named:
        found = [i for i in set.intersection(*named) if collection.shows(query.view, i)]
    else:
        found = [i for _, i in window(collection, query.view, query.since, query.until)]
    return sorted(collection.entry(query.sort, i) for i in found if _in_window(collection, query, i))


def _in_window(collection: Collection, query: Query, record_id: int) -> bool:
    changed = collection.changed(record_id)
    if query.windowed and not changed:
        return False
    return (query.since or "") <= changed and (query.until is None or changed < query.until)
