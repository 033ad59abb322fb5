"""The records that stand within an activity: contacts, organizations, users, the deal and its stage. Pure.

An id of 0 and an empty object mean that there is none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sources.entity import Mention

NOTHING: Mapping[str, Any] = {}
NULL = msgspec.Raw(b"null")


class _Named(msgspec.Struct):
    """What tells a record, and a person from an organization."""

    id: int | None = 0
    type: str | None = ""


class _Stage(msgspec.Struct):
    pipeline_id: int | None = 0
    name: str | None = None


class _Deal(msgspec.Struct):
    id: int | None = 0
    pipeline_id: int | None = 0
    stage_id: int | None = 0
    stage: msgspec.Raw = NULL
    contact_info: msgspec.Raw = NULL
    organization_info: msgspec.Raw = NULL
    owner_info: msgspec.Raw = NULL


_named = msgspec.json.Decoder(_Named | None).decode
_list = msgspec.json.Decoder(list[msgspec.Raw] | None).decode
_deal = msgspec.json.Decoder(_Deal | None).decode
_stage = msgspec.json.Decoder(_Stage | None).decode


def mentions(activity: Any) -> Iterator[Mention]:
    """Every record within an activity, the activity's own people before the deal's."""
    yield from _users(activity.owner_details, {"time_zone": activity.user_timezone or None})
    for user in _list(activity.assignee_details) or ():
        yield from _users(user, NOTHING)
    for contact in _list(activity.contact_details) or ():
        yield from _contacts(contact, "contacts")
    for contact in _list(activity.organization_details) or ():
        yield from _contacts(contact, "organizations")
    deal = _deal(activity.deal_details)
    if deal and deal.id:
        yield Mention("deals", deal.id, activity.deal_details, NOTHING)
        yield from _stages(deal)
        yield from _contacts(deal.contact_info, "contacts")
        yield from _contacts(deal.organization_info, "organizations")
        yield from _users(deal.owner_info, NOTHING)


def _users(record: msgspec.Raw, beside: Mapping[str, Any]) -> Iterator[Mention]:
    user = _named(record)
    if user and user.id:
        yield Mention("users", user.id, record, beside)


def _contacts(record: msgspec.Raw, otherwise: str) -> Iterator[Mention]:
    """What it is its type says, or else the place where it stands."""
    contact = _named(record)
    if contact and contact.id:
        entity = {"person": "contacts", "organization": "organizations"}.get(contact.type or "", otherwise)
        yield Mention(entity, contact.id, record, NOTHING)


def _stages(deal: _Deal) -> Iterator[Mention]:
    """The deal's stage, which does not tell its own id."""
    stage = _stage(deal.stage)
    if stage and stage.name is not None and deal.stage_id:
        beside = {"pipeline_id": stage.pipeline_id or deal.pipeline_id or None}
        yield Mention("stages", deal.stage_id, deal.stage, beside)
