"""Deskera's raw tables, compared with the sandbox's truth."""

from collections.abc import Iterator
from typing import Any

from pipelines.config import Settings
from sources.entity import Entity
from sources.registry import CRMS
from tests.support import Sandbox, expected, plain, records

DESKERA = CRMS["deskera"]
ACTIVITIES = DESKERA.entities["activities"]
EMBEDDED = [entity for entity in DESKERA.entities.values() if entity.embedded]
LIST = "/v1/crm/activities"


def held(settings: Settings, entity: Entity) -> dict[int, dict[str, Any]]:
    """An entity's raw table by id, in plain values comparable with the truth."""
    rows = records(settings, f'select * from raw_deskera."{entity.name}"')
    assert len({row["id"] for row in rows}) == len(rows), f"{entity.name}: a key is there twice"
    kinds = {column.name: column.kind for column in entity.columns}
    return {row["id"]: {name: plain(kinds[name], row[name]) for name in kinds} for row in rows}


def truth(crm: Sandbox, entity: Entity) -> dict[int, dict[str, Any]]:
    """What the account holds now, living, as the raw table should have it."""
    rows = [row for row in crm.truth(entity.name, "deskera") if not row.get("is_deleted")]
    if entity is ACTIVITIES:
        rows = [_as_held(row) for row in rows]
    return {row["id"]: expected(entity, row) for row in rows}


def _as_held(row: dict[str, Any]) -> dict[str, Any]:
    told = row["duration"]
    length = told if isinstance(told, int) else None
    if isinstance(told, str) and told:
        length = sum(int(part[:-1]) * {"h": 60, "m": 1}[part[-1]] for part in told.split())
    mail = row.get("EmailSent", row.get("email_sent"))
    return row | {
        "email_sent": mail,
        "duration": None if told is None else str(told),
        "duration_minutes": length,
    }


def mentioned(crm: Sandbox) -> set[tuple[str, int]]:
    """Which records stand within living activities."""
    found: set[tuple[str, int]] = set()
    for row in crm.truth("activities", "deskera"):
        if not row["is_deleted"]:
            found |= set(_within(row))
    return {(entity, key) for entity, key in found if key}


def _within(row: dict[str, Any]) -> Iterator[tuple[str, int]]:
    deal = row["deal_details"] or {}
    users = [row["owner_details"], *row["assignee_details"], deal.get("owner_info", {})]
    yield from (("users", one["id"]) for one in users if one)
    yield from (("contacts", one["id"]) for one in [*row["contact_details"], deal.get("contact_info")] if one)
    organizations = [*row["organization_details"], deal.get("organization_info")]
    yield from (("organizations", one["id"]) for one in organizations if one)
    yield from (("deals", deal.get("id", 0)), ("stages", deal.get("stage_id", 0)))


def differences(crm: Sandbox, settings: Settings) -> list[str]:
    """How the warehouse differs from the truth, in words, after the whole list was read."""
    told = truth(crm, ACTIVITIES)
    rows = held(settings, ACTIVITIES)
    living = {key: row for key, row in rows.items() if not row["is_deleted"]}
    found = [f"activities {key}: missing" for key in told.keys() - living.keys()]
    found += [f"activities {key}: not deleted" for key in living.keys() - told.keys()]
    found += [
        f"activities {key}: no deleted_at"
        for key, row in rows.items()
        if row["is_deleted"] and not row["deleted_at"]
    ]
    for key in told.keys() & living.keys():
        found += _unequal("activities", key, living[key], told[key])
    seen = mentioned(crm)
    for entity in EMBEDDED:
        found += _embedded(crm, settings, entity, {key for name, key in seen if name == entity.name})
    return found


def _embedded(crm: Sandbox, settings: Settings, entity: Entity, seen: set[int]) -> list[str]:
    told = {row["id"]: expected(entity, row) for row in crm.truth(entity.name, "deskera")}
    rows = held(settings, entity)
    found = [f"{entity.name} {key}: missing" for key in seen - rows.keys()]
    for key in seen & rows.keys():
        wanted = {name: value for name, value in told[key].items() if name not in ("seen_at", "time_zone")}
        found += _unequal(entity.name, key, rows[key], wanted)
    return found


def _unequal(name: str, key: int, row: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"{name} {key}.{column}: {row[column]!r}, not {value!r}"
        for column, value in wanted.items()
        if row[column] != value
    ]


def served(crm: Sandbox, record_id: int) -> dict[str, Any]:
    """One activity as the account stores it, to be changed by hand; Deskera is the only CRM that is served."""
    return crm.server.account["activities"].get(record_id) or {}
