"""Creating, replacing and deleting activities, one by one and many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from sources.deskera.sandbox import bodies
from sources.deskera.sandbox.records import TENANT, VISIBILITIES, mailing
from sources.deskera.sandbox.replies import (
    CREATED,
    NOTHING,
    OK,
    UNKNOWN,
    Answer,
    RefusalError,
    answered,
    invalid,
)
from sources.deskera.sandbox.times import duration, minutes, told
from sources.sandbox.store import Account, Record


@dataclass(frozen=True)
class By:
    """Who writes, when, and what the account makes of texts before it keeps them."""

    user_id: int
    now: datetime
    normalise: Callable[[Record], Record]


class Many(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a bulk update."""

    ids: list[int]
    visibility_type: str | None = None
    is_status: bool | None = None


def create(account: Account, body: bytes, by: By) -> Answer:
    """Create an activity; the answer has its id only."""
    activities, now = account["activities"], told(by.now)
    record_id = activities.next_id()
    own = {
        "id": record_id,
        "tenant_id": TENANT,
        "created_at": now,
        "created_by": by.user_id,
        "is_deleted": False,
        **mailing(record_id),
    }
    activities.put(_written(own, bodies.activity(account, body), now, by))
    return answered(CREATED, {"id": record_id})


def replace(account: Account, record_id: int, body: bytes, by: By) -> Answer:
    """Replace an activity: what the body lacks is emptied."""
    held = living(account, record_id)
    new = bodies.activity(account, body)
    account["activities"].put(_written(held, new, max(told(by.now), held["updated_at"]), by))
    return answered(OK, {"id": record_id})


def delete(account: Account, record_id: int, by: By) -> Answer:
    """Delete an activity."""
    living(account, record_id)
    _delete(account, record_id, by)
    return Answer(NOTHING)


def bulk_update(account: Account, body: bytes, by: By) -> Answer:
    """Change the visibility or the status of several; ids that are not there are passed over in silence."""
    many: Many = bodies.decoded(body, Many)
    if many.visibility_type is not None and many.visibility_type not in VISIBILITIES:
        raise invalid(f"visibility_type must be one of {', '.join(VISIBILITIES)}")
    given = {"visibility_type": many.visibility_type, "is_status": many.is_status}
    changes = {name: value for name, value in given.items() if value is not None}
    for record_id in filter(lambda one: _knows(account, one), many.ids):
        held = living(account, record_id)
        changed = {"updated_at": max(told(by.now), held["updated_at"]), "updated_by": by.user_id}
        account["activities"].put(held | changes | changed)
    return Answer(OK)


def bulk_delete(account: Account, body: bytes, by: By) -> Answer:
    """Delete several; ids that are not there are passed over in silence."""
    ids: list[int] = bodies.decoded(body, list[int])
    for record_id in ids:
        if _knows(account, record_id):
            _delete(account, record_id, by)
    return Answer(NOTHING)


def living(account: Account, record_id: int) -> Record:
    """Return an activity that is not deleted."""
    if not _knows(account, record_id):
        raise RefusalError(UNKNOWN, f"Activity {record_id} not found")
    return account["activities"].get(record_id) or {}


def _knows(account: Account, record_id: int) -> bool:
    activities = account["activities"]
    record = activities.get(record_id) if activities.knows(record_id) else None
    return record is not None and not record["is_deleted"]


def _delete(account: Account, record_id: int, by: By) -> None:
    held = living(account, record_id)
    now = max(told(by.now), held["updated_at"])
    account["activities"].put(held | {"is_deleted": True, "updated_at": now, "updated_by": by.user_id})


def _written(held: Record, new: Record, now: str, by: By) -> Record:
    owner: dict[str, Any] = {} if new["owner_id"] is not None else {"owner_id": by.user_id}
    length = minutes(new["start"], new["end"])
    return {
        **held,
        **by.normalise(new),
        **owner,
        "duration": duration(held["id"], length),
        "updated_at": now,
        "updated_by": by.user_id,
    }
