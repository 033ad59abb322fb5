"""What an administrator changes now and then: users, names of stages and types, custom fields, options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox import catalog
from sources.pipedrive.sandbox.fields import ENTITY_OF, Custom, custom_field, option
from sources.pipedrive.sandbox.setting import custom_fields
from sources.sandbox.dice import chance, pick
from sources.sandbox.names import FIRST_NAMES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from random import Random

    from sources.sandbox.store import Account, Record

NEW_FIELDS: Final = (
    Custom("Churn risk", "enum", ("low", "medium", "high")),
    Custom("Campaign", "varchar"),
    Custom("NPS", "int"),
    Custom("Renewal date", "date"),
    Custom("Expected volume", "monetary"),
    Custom("Interests", "set", ("Golf", "Sauna", "Music")),
)
KEPT_USERS: Final = 4
"""The first ones stay, two of them being those whose tokens the sandbox knows."""
FEWEST: Final = 2
"""An option is retired only from a field that has more."""


def reshape(account: Account, rng: Random, moment: Callable[[], str], counts: Counter[str]) -> None:
    """Change the account's set-up, each thing with its own small chance."""
    for share, event, act in EVENTS:
        if chance(rng.random, share) and act(account, rng, moment()):
            counts[event] += 1


def _rename_stage(account: Account, rng: Random, at: str) -> bool:
    return _rename(account, "stages", "name", rng, at)


def _rename_type(account: Account, rng: Random, at: str) -> bool:
    """Change a type's name; its key, by which activities know it, stays."""
    return _rename(account, "activity_types", "name", rng, _v1(at))


def _rename(account: Account, name: str, key: str, rng: Random, at: str) -> bool:
    record = account[name].get(pick(rng.random, account[name].ids()))
    if record is None:
        return False
    account[name].put(record | {key: _renamed(record[key]), "update_time": at})
    return True


def _renamed(name: str) -> str:
    """Return the name with or without its mark."""
    return name.removesuffix(" (new)") if name.endswith(" (new)") else f"{name} (new)"


def _add_user(account: Account, _: Random, at: str) -> bool:
    users = account["users"]
    users.put(catalog.user(users.next_id(), _v1(at)))
    return True


def _deactivate_user(account: Account, rng: Random, at: str) -> bool:
    active = [user for user in account["users"].records() if user["active_flag"] and user["id"] > KEPT_USERS]
    if not active:
        return False
    account["users"].put(pick(rng.random, active) | {"active_flag": False, "modified": _v1(at)})
    return True


def _add_field(account: Account, rng: Random, at: str) -> bool:
    """Add a custom field: every record gets its key with null, and no update_time moves."""
    collection = pick(rng.random, tuple(ENTITY_OF))
    fields, wanted = account[collection], pick(rng.random, NEW_FIELDS)
    taken = {row["field_name"] for row in fields.records()}
    number = fields.next_id()
    if wanted.name in taken:
        wanted = wanted._replace(name=f"{wanted.name} {number}")
    added = custom_field(collection, number, wanted, _next_option(account, collection), at)
    fields.put(added)
    entity = account[ENTITY_OF[collection]]
    for record in entity.records():
        entity.put(record | {"custom_fields": (record["custom_fields"] or {}) | {added["field_code"]: None}})
    return True


def _rename_field(account: Account, rng: Random, _: str) -> bool:
    """Change a field's name; its code stays."""
    collection = pick(rng.random, tuple(ENTITY_OF))
    field = pick(rng.random, custom_fields(account, collection))
    account[collection].put(field | {"field_name": _renamed(field["field_name"])})
    return True


def _add_option(account: Account, rng: Random, at: str) -> bool:
    collection, field = _choice_field(account, rng)
    label = f"{pick(rng.random, FIRST_NAMES)}'s choice {len(field['options']) + 1}"
    added = option(_next_option(account, collection), label, at)
    account[collection].put(field | {"options": [*field["options"], added]})
    return True


def _retire_option(account: Account, rng: Random, _: str) -> bool:
    """Take an option off the list; records that hold it keep it."""
    collection, field = _choice_field(account, rng)
    if len(field["options"]) <= FEWEST:
        return False
    account[collection].put(field | {"options": field["options"][1:]})
    return True


def _choice_field(account: Account, rng: Random) -> tuple[str, Record]:
    collection = pick(rng.random, tuple(ENTITY_OF))
    return collection, pick(rng.random, [row for row in custom_fields(account, collection) if row["options"]])


def _next_option(account: Account, collection: str) -> int:
    """Return an id above every option of the list; the newest is never retired, so none is given twice."""
    fields = custom_fields(account, collection)
    taken: list[int] = [choice["id"] for row in fields for choice in row["options"] or ()]
    return 10 + max(taken)


def _v1(at: str) -> str:
    return at.replace("T", " ").removesuffix("Z")


EVENTS: Final = (
    (0.15, "stages renamed", _rename_stage),
    (0.15, "activity types renamed", _rename_type),
    (0.15, "users added", _add_user),
    (0.12, "users deactivated", _deactivate_user),
    (0.12, "custom fields added", _add_field),
    (0.05, "custom fields renamed", _rename_field),
    (0.2, "options added", _add_option),
    (0.06, "options retired", _retire_option),
)
"""The chance of each on one day."""
