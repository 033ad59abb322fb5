"""The warehouse equals the CRM: entity by entity, after many days, in both API generations."""

from dataclasses import dataclass
from typing import Any

import pytest

from pipelines.config import Settings
from pipelines.ops import Run
from pipelines.place import Place
from sources.entity import Entity
from sources.http import Patience
from tests.conftest import Places
from tests.support import DEFAULT, PIPEDRIVE, V1_LACKS, at_length, differences, query, run, sandbox

ENTITIES = list(PIPEDRIVE.entities.values())
DAYS = {"duckdb": at_length(30, 6), "postgres": at_length(30, 3)}
"""Which days bring what is the CRM's matter; the fewer days show that Postgres takes it alike."""


def test_every_default_entity_equals_the_truth_after_many_days_with_a_run_each_day(place: Place) -> None:
    with sandbox(activities=400, seed=7) as crm:
        settings = crm.settings(place, entities=("default",))
        run(settings)
        for _ in range(DAYS[place.destination]):
            crm.control("advance", days=1)
            assert run(settings).status == "done"
        assert [line for entity in DEFAULT for line in differences(crm, settings, entity)] == []


FIRST_LABEL_ONLY = {"persons": {"label_ids"}, "organizations": {"label_ids"}}


def test_the_v1_collections_bring_the_same_records_as_v2_on_every_column_they_carry(place: Place) -> None:
    with sandbox(activities=400, seed=3) as crm:
        settings = crm.settings(place, legacy=frozenset(V1_LACKS))
        run(settings, *V1_LACKS)
        for _ in range(DAYS[place.destination]):
            crm.control("advance", days=1)
            assert run(settings, *V1_LACKS).status == "done"
        found = [
            line
            for name, lacking in V1_LACKS.items()
            for line in differences(
                crm, settings, PIPEDRIVE.entities[name], without=lacking | FIRST_LABEL_ONLY.get(name, set())
            )
        ]
        assert found == []


@dataclass(frozen=True)
class Loads:
    """Three loads of every entity: the first, one with nothing changed, and one after a day."""

    settings: Settings
    before: dict[str, list[Any]]
    """The rows of each table after the first."""
    second: Run
    after: dict[str, list[Any]]
    wrong: list[str]
    """How the warehouse differed from the truth after the first load and after the last."""


@pytest.fixture(scope="module")
def loads(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Loads:
    """Loads of every entity, with what is to be known of them."""
    with sandbox(activities=100) as crm:
        settings = crm.settings(places(tmp_path_factory.mktemp("loads")), patience=Patience())
        assert run(settings, "all").status == "done"
        wrong = [line for entity in ENTITIES for line in differences(crm, settings, entity)]
        before = tables(settings)
        second = run(settings, "all")
        after = tables(settings)
        crm.control("advance", days=1)
        assert run(settings, "all").status == "done"
        wrong += [line for entity in ENTITIES for line in differences(crm, settings, entity)]
        return Loads(settings, before, second, after, wrong)


def tables(settings: Settings) -> dict[str, list[Any]]:
    return {one.name: query(settings, f'select * from raw_pipedrive."{one.name}"') for one in ENTITIES}


def test_every_entity_equals_the_truth_after_a_first_load_and_after_a_day(loads: Loads) -> None:
    assert loads.wrong == []


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_a_second_run_with_nothing_changed_asks_once_for_each_list_and_writes_nothing(
    entity: Entity, loads: Loads
) -> None:
    (progress,) = [one for one in loads.second.entities if one.plan.entity is entity]
    tally = progress.reader.tally
    assert tally.requests - tally.retries == lists(entity, loads)
    assert progress.inserted + progress.updated + progress.deleted == 0
    assert progress.drift == []
    assert loads.before[entity.name] == loads.after[entity.name]
    assert loads.before[entity.name], "no row of it was tried"


def lists(entity: Entity, loads: Loads) -> int:
    """How many lists there are to ask for: none of parents that have not changed."""
    if entity.parent is None:
        return len(entity.lists)
    return len(loads.before[entity.parent.entity]) if entity.parent.always else 0
