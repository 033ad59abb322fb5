"""Apply is of no entity: deals and persons with custom fields, activities through API v1 and its lesser answers."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sources.pushing import custom_field
from tests.pushing import Model, target, verdicts
from tests.support import PIPEDRIVE, Sandbox, differences, query, run, sandbox
from tests.test_push_apply import edit, remove

FEW = ("users", "persons", "deals", "activities")


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


@pytest.fixture(scope="module")
def loaded(crm: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    run(crm.settings(folder, entities=FEW))
    return folder


@pytest.fixture
def model(crm: Sandbox, loaded: Path, tmp_path: Path) -> Model:
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return Model(crm.settings(tmp_path, entities=FEW, settling=0))


def living(crm: Sandbox, entity: str) -> list[dict[str, Any]]:
    return [row for row in crm.truth(entity) if not row["is_deleted"] and not row.get("is_archived")]


@pytest.mark.parametrize(
    ("entity", "title", "more"),
    [("deals", "title", {"value": 1200.5, "currency": "EUR", "status": "won"}), ("persons", "name", {})],
)
def test_records_of_every_entity_are_created_changed_and_deleted(
    entity: str, title: str, more: dict[str, Any], crm: Sandbox, model: Model
) -> None:
    old, gone = living(crm, entity)[:2]
    fields = crm.truth("deal_fields" if entity == "deals" else "person_fields")
    number = next(row for row in fields if row["is_custom_field"] and row["field_type"] == "int")
    custom = custom_field(number["field_code"], "int", "custom")
    assert custom is not None
    made = target(entity, allow_deletes=True)
    model.target = replace(made, fields={**made.fields, custom.name: custom})
    model.rows = {
        "old": {"id": old["id"], title: "Renamed", custom.name: 4711},
        "new": {title: "New", custom.name: 4712, **more},
        "gone": {"id": gone["id"], "_delete": True},
    }
    outcomes = model.push()
    assert verdicts(outcomes) == {"old": "applied", "new": "applied", "gone": "applied"}
    assert model.planned().actions == ()
    truth = {row["id"]: row for row in living(crm, entity)}
    assert truth[old["id"]][title] == "Renamed"
    assert truth[outcomes["new"].record_id]["custom_fields"][number["field_code"]] == 4712
    assert gone["id"] not in truth
    assert differences(crm, model.settings, PIPEDRIVE.entities[entity]) == []


def test_through_api_v1_what_its_answers_do_not_carry_is_kept(crm: Sandbox, model: Model) -> None:
    old = next(row for row in living(crm, "activities") if row["note"] and row["participants"])
    pushing = PIPEDRIVE.legacy_pushes["activities"]
    model.target = replace(target(), pushing=pushing, fields={one.name: one for one in pushing.fields})
    owner = crm.truth("users")[0]["id"]
    model.rows = {
        "old": {"id": old["id"], "subject": "Renamed"},
        "new": {"subject": "New", "type": "call", "owner_id": owner, "due_time": "15:00"},
    }
    crm.arm("reset", path="/v1/activities", method="POST")
    outcomes = model.push()
    assert verdicts(outcomes) == {"old": "applied", "new": "applied"}
    assert model.planned().actions == ()
    assert len([row for row in living(crm, "activities") if row["subject"] == "New"]) == 1
    held = f"select subject, note from raw_pipedrive.activities where id = {old['id']}"
    assert query(model.settings, held) == [("Renamed", old["note"])]
    assert differences(crm, model.settings, PIPEDRIVE.entities["activities"]) == []


def test_api_v1_deletes_many_in_one_request_but_what_somebody_changed(crm: Sandbox, model: Model) -> None:
    pushing = PIPEDRIVE.legacy_pushes["activities"]
    model.target = replace(target(allow_deletes=True), pushing=pushing)
    old = [row["id"] for row in living(crm, "activities")][10:16]
    edit(crm, old[0], subject="Theirs")
    remove(crm, old[1])
    model.rows = {str(one): {"id": one, "_delete": True} for one in old}
    crm.control("stats/reset")
    outcomes = model.push()
    assert [outcomes[str(one)].verdict for one in old] == ["conflict", "already"] + ["applied"] * 4
    assert not set(old[1:]) & {row["id"] for row in living(crm, "activities")}
    assert crm.stats()["tokens"] == 2 + 6 * 2 + 10
    marked = "select count(*) from raw_pipedrive.activities where is_deleted and id in ({})"
    assert query(model.settings, marked.format(",".join(map(str, old)))) == [(5,)]


def test_one_apply_of_two_targets_never_overwrites_its_own_work(crm: Sandbox, model: Model) -> None:
    old = living(crm, "activities")[5]
    model.rows = {"row": {"id": old["id"], "subject": "First"}}
    other = Model(model.settings, replace(target(), name="push_pipedrive__activities__second"))
    other.rows = {"other": {"id": old["id"], "subject": "Second", "priority": 2}}
    outcomes = model.push(beside=other)
    assert verdicts(outcomes) == {"row": "applied", "other": "applied"}
    assert [change.field.name for change in outcomes["other"].conflicts] == ["subject"]
    truth = {row["id"]: row for row in living(crm, "activities")}[old["id"]]
    assert (truth["subject"], truth["priority"]) == ("First", 2)
