"""The warehouse equals the CRM: entity by entity, after many days, in both API generations."""

from pipelines.place import Place
from sources.http import Patience
from tests.support import PIPEDRIVE, V1_LACKS, differences, query, run, sandbox

ENTITIES = list(PIPEDRIVE.entities.values())
DAYS = {"duckdb": 30, "postgres": 6}
"""Which days bring what is the CRM's matter; the fewer days show that Postgres takes it alike."""


def test_every_entity_equals_the_truth_after_a_first_load_and_after_a_day(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        assert run(settings).status == "done"
        assert [line for entity in ENTITIES for line in differences(crm, settings, entity)] == []
        crm.control("advance", days=1)
        assert run(settings).status == "done"
        assert [line for entity in ENTITIES for line in differences(crm, settings, entity)] == []


def test_every_entity_equals_the_truth_after_many_days_with_a_run_each_day(place: Place) -> None:
    with sandbox(activities=400, seed=7) as crm:
        settings = crm.settings(place)
        run(settings)
        for _ in range(DAYS[place.destination]):
            crm.control("advance", days=1)
            assert run(settings).status == "done"
        assert [line for entity in ENTITIES for line in differences(crm, settings, entity)] == []


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


def test_a_second_run_with_nothing_changed_asks_once_for_each_list_and_writes_nothing(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, patience=Patience())  # a busy machine shall cost no second request
        run(settings)
        before = {
            entity.name: query(settings, f'select * from raw_pipedrive."{entity.name}"')
            for entity in ENTITIES
        }
        for progress in run(settings).entities:
            assert progress.reader.tally.requests == len(progress.plan.entity.lists)
            assert progress.inserted + progress.updated + progress.deleted == 0
    for name, rows in before.items():
        assert query(settings, f'select * from raw_pipedrive."{name}"') == rows
