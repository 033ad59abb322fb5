"""A merge deletes one record and points its children to another: they follow, also where their update time stays."""

import httpx
import pytest

from pipelines.place import Place
from sources.entity import Entity
from sources.sandbox.store import Record
from tests.support import PIPEDRIVE, Sandbox, held, run, sandbox

NAMES = ("organizations", "persons", "deals", "activities")
ENTITIES = [PIPEDRIVE.entities[name] for name in NAMES]


def merge(crm: Sandbox, name: str, link: str) -> tuple[int, int]:
    """Merge the parent of most children into another one, silently; the two ids."""
    account = crm.server.account
    children: dict[int, list[tuple[str, Record]]] = {}
    for entity in ENTITIES:
        for row in crm.truth(entity.name):
            if link in entity.links and row[link] and not row["is_deleted"]:
                children.setdefault(row[link], []).append((entity.name, row))
    living = [row for row in crm.truth(name) if not row["is_deleted"] and not row.get("is_archived")]
    loser, survivor = sorted(living, key=lambda row: -len(children.get(row["id"], ())))[:2]
    at = crm.server.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    account[name].put(loser | {"is_deleted": True, "update_time": at})
    for owner, row in children[loser["id"]]:
        account[owner].put(row | {link: survivor["id"]})
    return loser["id"], survivor["id"]


def links(entity: Entity, rows: list[Record]) -> dict[int, tuple[int | None, ...]]:
    return {row["id"]: tuple(row[link] for link in entity.links) for row in rows if not row["is_deleted"]}


@pytest.mark.parametrize(
    ("name", "link"), [("organizations", "org_id"), ("persons", "person_id"), ("deals", "deal_id")]
)
def test_children_of_a_merged_record_follow_in_the_same_run(place: Place, name: str, link: str) -> None:
    with sandbox(150) as crm:
        settings = crm.settings(place)
        run(settings, *NAMES)
        crm.control("clock", by=3_600)
        merge(crm, name, link)
        crm.control("clock", by=3_600)
        assert run(settings, *NAMES).status == "done"
        for entity in ENTITIES:
            wanted = links(entity, crm.truth(entity.name))
            assert links(entity, list(held(settings, entity).values())) == wanted
        before = crm.stats()["tokens"]
        quiet = run(settings, *NAMES)
        assert crm.stats()["tokens"] - before == quiet.total("tokens") == 82, "they are asked for once"


def test_children_that_a_spent_budget_left_behind_follow_in_a_later_run(place: Place) -> None:
    with sandbox(150) as crm:
        settings = crm.settings(place)
        run(settings, *NAMES)
        crm.control("clock", by=3_600)
        merge(crm, "organizations", "org_id")
        crm.control("clock", by=3_600)
        crm.control("limits", daily_remaining=85)
        assert run(settings, *NAMES).status == "partial"
        crm.control("limits", daily_remaining=1_000)
        assert run(settings, *NAMES).status == "done"
        for entity in ENTITIES:
            wanted = links(entity, crm.truth(entity.name))
            assert links(entity, list(held(settings, entity).values())) == wanted


def test_a_record_that_was_only_deleted_has_its_children_asked_for_once_and_keeps_them(place: Place) -> None:
    with sandbox(60) as crm:
        settings = crm.settings(place)
        run(settings, *NAMES)
        crm.control("clock", by=60)
        person = next(row["person_id"] for row in crm.truth("deals") if row["person_id"])
        url = f"{crm.url}/_sandbox/stats"
        row = crm.server.account["persons"].get(person) or {}
        at = crm.server.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        crm.server.account["persons"].put(row | {"is_deleted": True, "update_time": at})
        crm.control("clock", by=60)
        first, second = run(settings, *NAMES), run(settings, *NAMES)
        assert first.total("tokens") > second.total("tokens") == 82
        assert httpx.get(url).json()["refused_429"] == 0
