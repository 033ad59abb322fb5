"""Creating, changing and deleting records: what all entities have in common. `Writes` says what is one's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sources.pipedrive.sandbox import custom_values
from sources.pipedrive.sandbox.bodies import Fields, check, decoded, exists, known
from sources.pipedrive.sandbox.replies import Answer, invalid, ok, refused
from sources.sandbox.clock import stamp
from sources.sandbox.store import Account, Collection, Record

Applied = Callable[[Account, Record, Record, str], Record]
"""From the account, the record, what is given and the time: the record with what follows from what is given."""


@dataclass(frozen=True)
class Writes:
    """What may be written of one entity, and what follows from it."""

    entity: str
    title: str
    """What the API calls one of them."""
    fields: Fields
    applied: Applied
    defaults: Mapping[str, Any]
    required: frozenset[str] = frozenset()
    never_null: frozenset[str] = frozenset()
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fields that name a record: its entity, and what the API calls one."""
    lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fields that name a member of a short list: its entity, and the field there."""
    custom: str = ""
    """The list that defines the custom fields; empty: there are none."""
    begun: Callable[[Account, Record, int], Record] = lambda _account, _given, user_id: {"owner_id": user_id}
    """What a new record of a user has beside the defaults."""
    additional: Callable[[Collection, Record], Record | None] = lambda _collection, _record: None
    """What the answer says beside the record."""


@dataclass(frozen=True)
class By:
    """Who writes, when, and what the account makes of texts before it keeps them."""

    user_id: int
    now: datetime
    normalise: Callable[[Record], Record]


def create(account: Account, writes: Writes, given: Record, by: By) -> Record:
    """Create a record; what is not given has Pipedrive's defaults, the rest nothing."""
    given = by.normalise(given)
    _check(account, writes, given)
    for name in sorted(writes.required - given.keys()):
        raise invalid(f"Validation failed: {name}: Required")
    collection, time = account[writes.entity], stamp(by.now)
    base = {"id": collection.next_id(), **writes.defaults, "owner_id": by.user_id, "add_time": time}
    base |= writes.begun(account, given, by.user_id)
    record = _applied(account, writes, base, given, time)
    collection.put(record)
    return record


def change(account: Account, writes: Writes, record_id: int, given: Record, by: By) -> Record:
    """Change the given fields of a record."""
    held = living(account, writes, record_id)
    given = by.normalise(given)
    _check(account, writes, given)
    # a client must be able to rely on update_time never going back
    record = _applied(account, writes, held, given, max(stamp(by.now), held["update_time"] or ""))
    account[writes.entity].put(record)
    return record


def delete(account: Account, writes: Writes, record_id: int, by: By) -> None:
    """Delete a record, for 30 days only softly."""
    record = living(account, writes, record_id)
    time = max(stamp(by.now), record["update_time"] or "")
    account[writes.entity].put({**record, "is_deleted": True, "update_time": time})


def living(account: Account, writes: Writes, record_id: int) -> Record:
    """Return a record that is not deleted."""
    collection = account[writes.entity]
    record = collection.get(record_id) if collection.knows(record_id) else None
    if record is None or record["is_deleted"]:
        raise refused(404, f"{writes.title} not found")
    return record


def answered(account: Account, writes: Writes, record: Record) -> Answer:
    """Answer with the record as it now is."""
    return ok(record, writes.additional(account[writes.entity], record))


def write(account: Account, writes: Writes, method: str, named: str, body: bytes, *, by: By) -> Answer:
    """Do what a request of API v2 asks for; `named` is the record it names, if any."""
    record_id = int(named or 0)
    if method == "DELETE":
        delete(account, writes, record_id, by)
        return ok({"id": record_id})
    if method == "POST":
        return answered(account, writes, create(account, writes, decoded(body), by))
    living(account, writes, record_id)
    return answered(account, writes, change(account, writes, record_id, decoded(body), by))


def _applied(account: Account, writes: Writes, record: Record, given: Record, time: str) -> Record:
    new = writes.applied(account, record, given, time)
    if writes.custom:
        new["custom_fields"] = custom_values.applied(
            account, writes.custom, record.get("custom_fields"), given.get("custom_fields")
        )
    return {**new, "update_time": time}


def _check(account: Account, writes: Writes, given: Record) -> None:
    check(writes.fields, writes.never_null, given)
    for name, (entity, title) in writes.links.items():
        if given.get(name) is not None and not exists(account[entity], given[name]):
            raise invalid(f"Validation failed: {name}: {title} not found")
    for name, (entity, of) in writes.lists.items():
        if given.get(name) is not None and given[name] not in known(account, entity, of):
            raise invalid(f"Validation failed: {name}: Unknown value '{given[name]}'")
