"""Activities as they are served: with all they belong to, as it is now, inside.

Only what is an activity's own is stored; the rest is put in as bytes when it is read. So a contact that is renamed is
renamed in each of its activities, and no activity counts as changed.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from sources.sandbox.store import Account, Collection, Record

DETAILS: Final = (
    "assignee_details",
    "contact_details",
    "organization_details",
    "deal_details",
    "owner_details",
)
NOBODY: Final[Record] = {
    "id": 0,
    "name": "",
    "email": "",
    "phone": "",
    "country_code": "",
    "address": "",
    "type": "",
    "organization_id": 0,
    "label_id": 0,
    "label": {},
    "logo": "",
}
NO_USER: Final[Record] = {
    "id": 0,
    "first_name": "",
    "last_name": "",
    "email": "",
    "country_code": "",
    "contact": "",
    "profile_url": "",
}
NO_STAGE: Final[Record] = {
    "pipeline_id": 0,
    "order": 0,
    "name": "",
    "deal_probability": 0,
    "rotting_days": 0,
    "help_text": "",
    "system_generated": False,
    "won_lost_status": "",
}
NO_DEAL: Final[Record] = {
    "id": 0,
    "name": "",
    "pipeline_id": 0,
    "stage_id": 0,
    "stage": NO_STAGE,
    "contact_id": 0,
}
EMBEDDED: Final = ("users", "contacts", "organizations", "stages", "deals")

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
Links = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int, int]
"""The ids of assignees, contacts and organizations, of the deal and of the owner."""


class Activities(Collection):
    """The activities of an account whose other collections are there."""

    def __init__(self, account: Account) -> None:
        super().__init__("activities", changed="updated_at")
        self._links: dict[int, Links] = {}
        self._parts = Parts(account)

    def put(self, record: Record) -> None:
        """Insert or replace a record; what belongs to others is not kept."""
        own = {name: value for name, value in record.items() if name not in DETAILS}
        lists = (tuple(own[name]) for name in ("assignee_ids", "contact_ids", "organization_ids"))
        self._links[own["id"]] = (*lists, own["linked_to"], own["owner_id"])
        super().put(own)

    def get(self, record_id: int) -> Record | None:
        """Return a decoded copy of what is its own."""
        return _decode(super().whole(record_id)) if record_id in self._links else None

    def own(self, record_id: int) -> bytes:
        """Return what is an activity's own as JSON."""
        return super().whole(record_id)

    def whole(self, record_id: int) -> bytes:
        """Return an activity as it is served."""
        self._parts.freshen()
        return self._whole(record_id)

    def page(self, ids: Sequence[int], include: Iterable[str] = ()) -> bytes:  # noqa: ARG002 (all is included)
        """Return the records as a JSON array."""
        self._parts.freshen()
        return b"[" + b",".join(map(self._whole, ids)) + b"]"

    def _whole(self, record_id: int) -> bytes:
        assignees, contacts, organizations, deal_id, owner_id = self._links[record_id]
        parts = self._parts
        return b"".join((
            super().whole(record_id)[:-1],
            b',"assignee_details":', parts.several("users", assignees),
            b',"contact_details":', parts.several("contacts", contacts),
            b',"organization_details":', parts.several("organizations", organizations),
            b',"deal_details":', parts.deal(deal_id, record_id),
            b',"owner_details":', parts.one("users", owner_id), b"}",
        ))  # fmt: skip


class Parts:
    """What is put into activities, as bytes, made once until something changes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._versions: tuple[int, ...] = ()
        self._made: dict[tuple[str, int], bytes] = {}

    def freshen(self) -> None:
        """Forget what was made of records that have changed."""
        versions = tuple(self._account[name].version for name in EMBEDDED)
        if versions != self._versions:
            self._versions = versions
            self._made.clear()

    def one(self, name: str, record_id: int) -> bytes:
        """Return a record; one full of nothing when it is none."""
        key = (name, record_id)
        if key not in self._made:
            self._made[key] = self._make(name, record_id)
        return self._made[key]

    def several(self, name: str, ids: Sequence[int]) -> bytes:
        """Return records as an array."""
        return b"[" + b",".join([self.one(name, record_id) for record_id in ids]) + b"]" if ids else b"[]"

    def deal(self, deal_id: int, activity_id: int) -> bytes:
        """Return a deal; where there is none, an empty object, or in every second activity one full of nothing."""
        if deal_id or activity_id % 2:
            return self.one("deals", deal_id)
        return b"{}"

    def _make(self, name: str, record_id: int) -> bytes:
        if not record_id:
            return _encode({"users": NO_USER, "deals": NO_DEAL}.get(name, NOBODY))
        if name != "deals":
            return self._account[name].whole(record_id)
        deal = self._account["deals"].get(record_id) or {}
        return self._deal(deal)

    def _deal(self, deal: Record) -> bytes:
        stage = self._account["stages"].get(deal["stage_id"]) or {}
        told = {name: stage.get(name, nothing) for name, nothing in NO_STAGE.items()}
        parts = {
            "stage": _encode(told | {"pipeline_id": 0}),
            "contact_info": self.one("contacts", deal["contact_id"]),
            "organization_info": self.one("organizations", deal["organization_id"]),
            "owner_info": self.one("users", deal["owner_id"]),
        }
        return _encode(deal | {name: msgspec.Raw(part) for name, part in parts.items()})
