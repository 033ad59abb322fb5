"""Activities as they are served: with all they belong to, as it is now, inside.

Only what is an activity's own is stored; the rest is put in as bytes when it is read. So a contact that is renamed is
renamed in each of its activities, and no activity counts as changed.
"""

from collections.abc import Callable, Iterable, Sequence
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
        """Insert or replace a record, which is given as `get` returns it: without what belongs to others."""
        assignees, contacts = tuple(record["assignee_ids"]), tuple(record["contact_ids"])
        organizations = tuple(record["organization_ids"])
        self._links[record["id"]] = (
            assignees,
            contacts,
            organizations,
            record["linked_to"],
            record["owner_id"],
        )
        super().put(record)

    def get(self, record_id: int) -> Record | None:
        """Return a decoded copy of what is its own."""
        return _decode(self.own(record_id)) if record_id in self._links else None

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
        users = parts.users
        # Where there is no deal, every second activity has an empty object, the others one full of nothing.
        deal = parts.deals[deal_id] if deal_id or record_id % 2 else b"{}"
        return b"".join((
            self._served[record_id],
            b',"assignee_details":[', b",".join(map(users.__getitem__, assignees)),
            b'],"contact_details":[', b",".join(map(parts.contacts.__getitem__, contacts)),
            b'],"organization_details":[', b",".join(map(parts.organizations.__getitem__, organizations)),
            b'],"deal_details":', deal,
            b',"owner_details":', users[owner_id], b"}",
        ))  # fmt: skip


class Made(dict[int, bytes]):
    """Bytes by id, made when first asked for; of 0, which is none, a record full of nothing."""

    def __init__(self, nothing: Record, make: Callable[[int], bytes]) -> None:
        self._nothing = nothing
        self._make = make

    def __missing__(self, record_id: int) -> bytes:
        self[record_id] = made = self._make(record_id) if record_id else _encode(self._nothing)
        return made


class Parts:
    """What is put into activities, made once until something changes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._versions: tuple[int, ...] = ()
        self.users = Made(NO_USER, account["users"].whole)
        self.contacts = Made(NOBODY, account["contacts"].whole)
        self.organizations = Made(NOBODY, account["organizations"].whole)
        self.deals = Made(NO_DEAL, self._deal)

    def freshen(self) -> None:
        """Forget what was made of records that have changed."""
        versions = tuple(self._account[name].version for name in EMBEDDED)
        if versions != self._versions:
            self._versions = versions
            for made in (self.users, self.contacts, self.organizations, self.deals):
                made.clear()

    def _deal(self, deal_id: int) -> bytes:
        deal = self._account["deals"].get(deal_id) or {}
        stage = self._account["stages"].get(deal["stage_id"]) or {}
        told = {name: stage.get(name, nothing) for name, nothing in NO_STAGE.items()}
        parts = {
            "stage": _encode(told | {"pipeline_id": 0}),
            "contact_info": self.contacts[deal["contact_id"]],
            "organization_info": self.organizations[deal["organization_id"]],
            "owner_info": self.users[deal["owner_id"]],
        }
        return _encode(deal | {name: msgspec.Raw(part) for name, part in parts.items()})
