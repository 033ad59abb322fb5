"""The records of a sandbox account, kept as the JSON bytes that are served.

A page is joined from bytes; a record is decoded only when something inside it is asked for. That is what
lets one process hold a million activities and answer faster than any client reads.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from sources.sandbox.index import FACETS, Entry, Facet, Index, Lookup, View, sortable

Record = dict[str, Any]
"""One record as served, JSON types only, all keys present."""

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_KEPT = 8  # derived answers, so many at most
_SHARED = 40  # values up to so many bytes, as an empty list, are stored once for all records


class Collection:
    """The records of one entity, deleted ones included, each kept as the JSON bytes that are served.

    `optional` keys are served only on request; `hidden` ones never, save to `/_sandbox/truth`; `changed` is the key
    that says when a record last changed.
    """

    def __init__(
        self,
        name: str,
        *,
        optional: tuple[str, ...] = (),
        hidden: tuple[str, ...] = (),
        changed: str = "update_time",
    ) -> None:
        self.name = name
        self.change_field = changed
        self.optional = optional
        self.version = 0  # counts changes; what was derived from an older one is stale
        self._apart: dict[str, dict[int, bytes]] = {key: {} for key in (*optional, *hidden)}
        self._served: dict[int, bytes] = {}  # without the closing brace: optional keys may follow
        self._changed: dict[int, str] = {}
        self._facets: dict[int, Facet] = {}
        self._ids: list[int] = []
        self._in_order = True
        self._dropped: set[int] = set()
        self._shared: dict[Any, Any] = {}
        self._indexes: dict[tuple[View, str], Index] = {}
        self._lookups: dict[str, Lookup] = {}
        self._readers: dict[str, Callable[[int], Any]] = {}
        self._memo: dict[Any, Any] = {}

    def put(self, record: Record) -> None:
        """Insert the record, or replace the one with its id."""
        record_id = record["id"]
        self._note(record_id)
        if record_id not in self._served:
            self._in_order = self._in_order and (not self._ids or self._ids[-1] < record_id)
            self._ids.append(record_id)
        if self._apart:
            record = record.copy()
            for key, values in self._apart.items():
                self._put_apart(record_id, key, values, record)
        self._served[record_id] = _encode(record)[:-1]
        self._changed[record_id] = record.get(self.change_field) or ""
        facet = tuple(map(record.get, FACETS))
        self._facets[record_id] = self._shared.setdefault(facet, facet)

    def get(self, record_id: int) -> Record | None:
        """Return a decoded copy, optional and hidden keys included, deleted ones included."""
        return _decode(self.whole(record_id)) if record_id in self._served else None

    def drop(self, record_id: int) -> None:
        """Forget a record for good as far as the API goes; truth keeps it."""
        self._note(record_id)
        self._dropped.add(record_id)

    def bring_back(self, record_id: int) -> None:
        """Let the API know a record again, as somebody does who may see it again."""
        self._note(record_id)
        self._dropped.discard(record_id)

    def ids(self) -> Sequence[int]:
        """Return all ids, ascending."""
        if not self._in_order:
            self._ids.sort()
            self._in_order = True
        return self._ids

    def records(self) -> Iterator[Record]:
        """Yield all records, decoded, by id."""
        return (_decode(self.whole(record_id)) for record_id in list(self.ids()))

    def next_id(self) -> int:
        """Return an id that no record has had."""
        return self.ids()[-1] + 1 if self._ids else 1

    def __len__(self) -> int:
        return len(self._served)

    def knows(self, record_id: int) -> bool:
        """Tell whether the API still knows the id, deleted or not."""
        return record_id in self._served and record_id not in self._dropped

    def changed(self, record_id: int) -> str:
        """Return when the record last changed, "" when that is not told."""
        return self._changed[record_id]

    def shows(self, view: View, record_id: int) -> bool:
        """Tell whether a view shows the record."""
        return self.knows(record_id) and view.shows(self._facets[record_id])

    def whole(self, record_id: int) -> bytes:
        """Return everything known of a record as JSON."""
        parts = [self._served[record_id], *(values.get(record_id, b"") for values in self._apart.values())]
        return b"".join((*parts, b"}"))

    def page(self, ids: Sequence[int], include: Iterable[str] = ()) -> bytes:
        """Return the records as a JSON array, with those optional keys that are asked for."""
        extra = [self._apart[key] for key in self.optional if key in set(include)]
        if not ids:
            return b"[]"
        columns = [[values.get(i, b"") for i in ids] for values in extra]
        served = [self._served[i] for i in ids]
        rows = map(b"".join, zip(served, *columns, strict=True)) if columns else served
        return b"[" + b"},".join(rows) + b"}]"

    def index(self, view: View, field: str) -> Index:
        """Return the order of a view by a field, built when first asked for."""
        key = (view, field)
        if key not in self._indexes:
            self._indexes[key] = Index(self._entries_of(view, field), self.ids())
        return self._indexes[key]

    def lookup(self, field: str) -> Lookup:
        """Return the ids by the values of a field, built when first asked for."""
        if field not in self._lookups:
            self._lookups[field] = Lookup(self._value_of(field), self.ids())
        return self._lookups[field]

    def entry(self, field: str, record_id: int) -> Entry:
        """Return what the record is sorted by."""
        if field == "id":
            return "", record_id
        if field == self.change_field:
            return self._changed[record_id], record_id
        return sortable((self._readers.get(field) or self._value_of(field))(record_id)), record_id

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` derives from the records, made once until a record changes."""
        if self._memo.get("version") != self.version or len(self._memo) > _KEPT:
            self._memo = {"version": self.version}
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    def _note(self, record_id: int) -> None:
        self.version += 1
        for index in self._indexes.values():
            index.note(record_id)
        for lookup in self._lookups.values():
            lookup.note(record_id)

    def _put_apart(self, record_id: int, key: str, values: dict[int, bytes], record: Record) -> None:
        if key not in record:
            values.pop(record_id, None)
            return
        part = b',"%b":%b' % (key.encode(), _encode(record.pop(key)))
        values[record_id] = self._shared.setdefault(part, part) if len(part) <= _SHARED else part

    def _value_of(self, field: str) -> Callable[[int], Any]:
        # one field of a long record: a struct skips the others at a fraction of a full decoding's cost
        part = msgspec.json.Decoder(msgspec.defstruct("Part", [(field, Any, None)], gc=False))

        def value(record_id: int) -> Any:
            raw = self._served.get(record_id)
            return getattr(part.decode(raw + b"}"), field) if raw else None

        return self._readers.setdefault(field, value)

    def _entries_of(self, view: View, field: str) -> Callable[[int], Entry | None]:
        value = {"id": lambda _: "", self.change_field: self._changed.__getitem__}.get(
            field
        ) or self._sortable(field)
        shown: dict[Facet, bool] = {}

        def entry(record_id: int) -> Entry | None:
            facet = self._facets.get(record_id)
            if facet is None or record_id in self._dropped:
                return None
            if facet not in shown:
                shown[facet] = view.shows(facet)
            return (value(record_id), record_id) if shown[facet] else None

        return entry

    def _sortable(self, field: str) -> Callable[[int], str]:
        value = self._value_of(field)
        return lambda record_id: sortable(value(record_id))


Account = dict[str, Collection]
"""The collections of one account, by name."""
