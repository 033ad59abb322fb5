"""What every new record of an account draws from: its users, types, stages, fields, and ready-made texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox.fields import ENTITY_OF
from sources.pipedrive.sandbox.values import Referable, address
from sources.sandbox import phrases

if TYPE_CHECKING:
    from random import Random

    from sources.sandbox.store import Account, Record

ADDRESSES: Final = 300


@dataclass(frozen=True)
class Stage:
    """A stage as a deal needs to know it."""

    stage_id: int
    pipeline_id: int
    probability: int


@dataclass(frozen=True)
class Setting:
    """The pools from which records are put together."""

    users: tuple[int, ...]
    active_users: tuple[int, ...]
    types: tuple[str, ...]
    active_types: tuple[str, ...]
    stages: tuple[Stage, ...]
    custom_fields: dict[str, list[Record]]
    referable: Referable
    subjects: tuple[str, ...]
    notes: tuple[str | None, ...]
    addresses: tuple[Record | None, ...]


def setting_of(
    account: Account, rng: Random, days: tuple[str, ...], *, organizations: int, persons: int
) -> Setting:
    """Take the setting from an account as it stands, its texts and addresses drawn anew."""
    users = list(account["users"].records())
    types = [(row["key_string"], row["active_flag"]) for row in account["activity_types"].records()]
    user_ids = tuple(user["id"] for user in users)
    codes = tuple(row["code"] for row in account["currencies"].records() if row["active_flag"])
    return Setting(
        users=user_ids,
        active_users=tuple(user["id"] for user in users if user["active_flag"]),
        types=tuple(key for key, _ in types),
        active_types=tuple(key for key, active in types if active),
        stages=tuple(_stages(account)),
        custom_fields={entity: custom_fields(account, name) for name, entity in ENTITY_OF.items()},
        referable=Referable(user_ids, organizations, persons, codes, days),
        subjects=phrases.subjects(rng),
        notes=phrases.notes(rng),
        addresses=(*(address(rng) for _ in range(ADDRESSES)), None),
    )


def custom_fields(account: Account, collection: str) -> list[Record]:
    """Return the custom fields of one field list."""
    return [field for field in account[collection].records() if field["is_custom_field"]]


def _stages(account: Account) -> list[Stage]:
    rows = account["stages"].records()
    return [
        Stage(row["id"], row["pipeline_id"], row["deal_probability"]) for row in rows if not row["is_deleted"]
    ]
