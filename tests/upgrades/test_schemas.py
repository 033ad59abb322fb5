"""A table that warehouses have is never changed without a step that changes it there too."""

import copy

from tests.upgrades.schemas import owed, recorded, schemas


def test_whoever_changes_a_table_adds_a_step_that_changes_it_in_warehouses_that_have_it() -> None:
    now = schemas()
    assert owed(recorded(), now) == [], (
        "add a step to pipelines/warehouse/steps.py that does the same to warehouses"
    )
    assert recorded() == now, "put it on record: python -m tests.upgrades.schemas"


def test_a_changed_table_owes_a_step_until_the_version_is_another_and_a_new_one_owes_none() -> None:
    before, now = recorded(), copy.deepcopy(recorded())
    now["ops"]["tables"]["something"] = "new"
    assert owed(before, now) == []
    now["ops"]["tables"]["runs"] = "changed"
    del now["raw_pipedrive"]["tables"]["deals"]
    assert owed(before, now) == ["ops.runs", "raw_pipedrive.deals"]
    now["ops"]["version"] += 1
    assert owed(before, now) == ["raw_pipedrive.deals"]
