"""Orders and look-ups over a collection's ids, kept up to date as records change.

Nothing here is computed per request: an index is built when first asked for, notes the ids that change,
and takes the changes in when it is next read. A few are placed one by one, many by one merging sort.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Entry = tuple[str, int]
"""What a list is sorted by: the text of the sorting value, and the id among equals."""

Facet = tuple[Any, ...]
"""The values of a record's `FACETS`."""

FACETS = ("is_deleted", "is_archived", "status")
FEW = 200  # above, one sort is cheaper than as many insertions into a long list


@dataclass(frozen=True)
class View:
    """Which records a list shows. None: either kind. `statuses` may name "deleted" beside real ones."""

    deleted: bool | None = False
    archived: bool | None = None
    statuses: frozenset[str] | None = None

    def shows(self, facet: Facet) -> bool:
        """Tell whether a record with these facets is shown."""
        is_deleted, is_archived, status = bool(facet[0]), bool(facet[1]), facet[2]
        if self.archived is not None and is_archived != self.archived:
            return False
        if self.statuses is not None:
            return ("deleted" if is_deleted else status) in self.statuses
        return self.deleted is None or is_deleted == self.deleted


def sortable(value: str | float | None) -> str:
    """Write a value so that text order is its order; null sorts first."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:020}"


class Index:
    """The entries of one view in one order."""

    def __init__(self, entry: Callable[[int], Entry | None], ids: Iterable[int]) -> None:
        self._entry = entry
        self._before: dict[int, Entry | None] = {}
        self._entries = sorted(found for record_id in ids if (found := entry(record_id)))

    def note(self, record_id: int) -> None:
        """Remember where a record stood, before it changes."""
        if record_id not in self._before:
            self._before[record_id] = self._entry(record_id)

    def entries(self) -> list[Entry]:
        """Return the entries in order; to be read, not kept."""
        if self._before:
            before, self._before = self._before, {}
            (self._place if len(before) <= FEW else self._merge)(before)
        return self._entries

    def _place(self, before: dict[int, Entry | None]) -> None:
        for record_id, old in before.items():
            new = self._entry(record_id)
            if new == old:
                continue
            if old:
                del self._entries[bisect_left(self._entries, old)]
            if new:
                insort(self._entries, new)

    def _merge(self, before: dict[int, Entry | None]) -> None:
        kept = [entry for entry in self._entries if entry[1] not in before]
        kept.extend(sorted(new for record_id in before if (new := self._entry(record_id))))
        kept.sort()  # two sorted runs: one linear merge
        self._entries = kept


class Lookup:
    """The ids of the records that hold a value in one field."""

    def __init__(self, value: Callable[[int], Any], ids: Iterable[int]) -> None:
        self._value = value
        self._before: dict[int, Any] = {}
        self._ids: defaultdict[Any, set[int]] = defaultdict(set)
        for record_id in ids:
            self._ids[value(record_id)].add(record_id)

    def note(self, record_id: int) -> None:
        """Remember what a record held, before it changes."""
        if record_id not in self._before:
            self._before[record_id] = self._value(record_id)

    def ids(self, value: object) -> set[int]:
        """Return the ids of the records that hold `value`; to be read, not changed."""
        before, self._before = self._before, {}
        for record_id, old in before.items():
            self._ids[old].discard(record_id)
            self._ids[self._value(record_id)].add(record_id)
        return self._ids.get(value, set())
