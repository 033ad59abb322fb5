"""Apply: what is planned is done once, what changed meanwhile is left, and the warehouse has it at once."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.place import Place
from pipelines.push.acting import FOUND
from pipelines.push.landing import Landing
from pipelines.warehouse import open_warehouse
from sources.errors import UsageError
from tests.pushing import Model, verdicts
from tests.support import ADMIN, FREE, PIPEDRIVE, Sandbox, differences, execute, query, run, sandbox

ACTIVITIES = PIPEDRIVE.entities["activities"]
FEW = ("users", "activities")


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(40) as served:
        yield served


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse that is loaded: from the same seed comes the same account."""
    folder = tmp_path_factory.mktemp("loaded")
    with sandbox(40) as served:
        run(served.settings(folder, entities=FEW))
    return folder


@pytest.fixture
def model(crm: Sandbox, loaded: Path, tmp_path: Path) -> Model:
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return Model(crm.settings(tmp_path, entities=FEW, settling=0))


@pytest.fixture
def either(crm: Sandbox, place: Place) -> Model:
    """On DuckDB, and on Postgres."""
    settings = crm.settings(place, entities=FEW, settling=0)
    run(settings)
    return Model(settings)


def call(crm: Sandbox, number: int, **more: Any) -> dict[str, Any]:
    owner = crm.truth("users")[0]["id"]
    return {"subject": f"Call {number}", "type": "call", "owner_id": owner, "due_date": "2026-10-02", **more}


def living(crm: Sandbox) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in crm.truth("activities") if not row["is_deleted"]}


def test_creates_and_updates_are_done_and_the_next_plan_is_empty(crm: Sandbox, either: Model) -> None:
    before = living(crm)
    first = next(iter(before))
    either.rows = {f"n{number}": call(crm, number, due_time="15:00") for number in range(3)}
    either.rows["old"] = {"id": first, "subject": "Renamed"}
    outcomes = either.push()
    assert set(verdicts(outcomes).values()) == {"applied"}
    assert all(one.request_id for one in outcomes.values())
    after = living(crm)
    assert len(after) == len(before) + 3
    assert after[first]["subject"] == "Renamed"
    assert either.planned().actions == ()
    assert differences(crm, either.settings, ACTIVITIES) == []
    crm.server.clock.forward(2)
    loaded = run(either.settings, "activities").entities[0]
    assert (loaded.inserted, loaded.updated) == (0, 0)
    assert loaded.unchanged >= 4
    assert either.run is not None
    assert either.run.status == "done"
    spent = "select entity, tokens from ops.token_spend where command = 'push' order by entity"
    assert query(either.settings, spent) == [("", 2), ("activities", 3 * 5 + 1 + 5)]


def edit(crm: Sandbox, record_id: int, **values: Any) -> None:
    """What a person does in the CRM."""
    crm.server.clock.forward(1)
    answer = httpx.patch(
        f"{crm.url}/api/v2/activities/{record_id}", json=values, headers={"x-api-token": ADMIN}
    )
    assert answer.status_code == httpx.codes.OK, answer.text
    crm.server.clock.forward(1)


def remove(crm: Sandbox, record_id: int) -> None:
    crm.server.clock.forward(1)
    answer = httpx.delete(f"{crm.url}/api/v2/activities/{record_id}", headers={"x-api-token": ADMIN})
    assert answer.status_code == httpx.codes.OK, answer.text
    crm.server.clock.forward(1)


def test_what_somebody_changed_since_the_plan_was_made_is_left_and_the_rest_is_sent(
    crm: Sandbox, either: Model
) -> None:
    first, second, third = sorted(living(crm))[:3]
    edit(crm, first, subject="Theirs")
    edit(crm, second, subject="Theirs")
    edit(crm, third, subject="Theirs", note="Theirs")
    either.rows = {
        "some": {"id": first, "subject": "Ours", "priority": 1},
        "all": {"id": second, "subject": "Ours"},
        "same": {"id": third, "subject": "Theirs"},
    }
    outcomes = either.push()
    assert verdicts(outcomes) == {"some": "applied", "all": "conflict", "same": "already"}
    assert [change.before for change in outcomes["all"].conflicts] == ["Theirs"]
    assert "subject" in outcomes["some"].reason
    truth = living(crm)
    assert (truth[first]["subject"], truth[first]["priority"]) == ("Theirs", 1)
    assert truth[second]["subject"] == "Theirs"
    told = "select push_key, conflicts from ops.push_state where push_key <> 'same' order by push_key"
    assert query(either.settings, told) == [("all", '{"subject":"Theirs"}'), ("some", '{"subject":"Theirs"}')]
    assert differences(crm, either.settings, ACTIVITIES) == []


def test_a_policy_may_overwrite_or_fill_what_is_empty(crm: Sandbox, model: Model) -> None:
    first = min(living(crm))
    model.target = replace(model.target, policies={"subject": "overwrite", "note": "fill_empty"})
    edit(crm, first, subject="Theirs", note="Theirs")
    model.rows = {"row": {"id": first, "subject": "Ours", "note": "Ours"}}
    assert verdicts(model.push()) == {"row": "applied"}
    assert [living(crm)[first][name] for name in ("subject", "note")] == ["Ours", "Theirs"]


def test_records_are_deleted_unless_somebody_has_changed_them_or_they_are_gone(
    crm: Sandbox, either: Model
) -> None:
    first, second, third = sorted(living(crm))[:3]
    edit(crm, second, subject="Theirs")
    remove(crm, third)
    either.target = replace(either.target, allow_deletes=True)
    either.rows = {str(one): {"id": one, "_delete": True} for one in (first, second, third)}
    outcomes = either.push()
    assert verdicts(outcomes) == {str(first): "applied", str(second): "conflict", str(third): "already"}
    assert first not in living(crm)
    assert second in living(crm)
    assert differences(crm, either.settings, ACTIVITIES) == []
    crm.server.clock.forward(2)
    loaded = run(either.settings, "activities").entities[0]
    assert (loaded.inserted, loaded.updated, loaded.deleted) == (0, 0, 0)
    assert verdicts(either.push()) == {str(second): "applied"}
    assert either.push() == {}


def test_what_somebody_deleted_is_gone_and_never_created_again(crm: Sandbox, model: Model) -> None:
    model.rows = {"row": call(crm, 1)}
    created = model.push()["row"].record_id
    assert created is not None
    remove(crm, created)
    model.rows = {"row": call(crm, 2)}
    assert verdicts(model.push()) == {"row": "gone"}
    run(model.settings, "activities")
    assert model.push() == {}
    assert created not in living(crm)
    assert not [row for row in living(crm).values() if row["subject"] in ("Call 1", "Call 2")]


def test_a_row_that_is_refused_stops_no_other_and_waits_longer_each_time(crm: Sandbox, model: Model) -> None:
    model.rows = {f"n{number}": call(crm, number) for number in range(3)}
    model.rows["bad"] = call(crm, 3, deal_id=10**9)
    outcomes = model.push()
    assert verdicts(outcomes) == {"n0": "applied", "n1": "applied", "n2": "applied", "bad": "refused"}
    assert "Deal not found" in outcomes["bad"].reason
    assert outcomes["bad"].request_id
    (left,) = model.planned().left
    assert left.reason == "waiting"
    model.rows["bad"] = call(crm, 3)
    assert verdicts(model.push()) == {"bad": "applied"}


def test_what_the_crm_keeps_in_its_own_way_is_not_sent_for_ever(crm: Sandbox, model: Model) -> None:
    crm.control("normalise", fields=["note"])
    model.rows = {"row": call(crm, 1, note="<p>Hello</p><script>alert(1)</script>")}
    created = model.push()["row"].record_id
    assert created is not None
    assert model.push() == {}
    edit(crm, created, note="Theirs")
    run(model.settings, "activities")
    (left,) = model.planned().left
    assert left.reason == "conflict"


LOST: list[tuple[str, dict[str, Any]]] = [
    ("reset", {}),
    ("truncated", {}),
    ("failed_after", {}),
    ("late", {"seconds": 2.0}),
    ("server_error", {}),
]


@pytest.mark.parametrize(("kind", "how"), LOST)
def test_a_write_whose_answer_is_lost_is_found_before_anything_is_sent_again(
    kind: str, how: dict[str, Any], crm: Sandbox, model: Model
) -> None:
    first = min(living(crm))
    before = len(living(crm))
    model.rows = {f"n{number}": call(crm, 1) for number in range(2)}
    model.rows["old"] = {"id": first, "subject": "Renamed"}
    crm.arm(kind, path="/api/v2/activities", method="POST", **how)
    crm.arm(kind, path=f"/api/v2/activities/{first}", method="PATCH", **how)
    outcomes = model.push()
    assert set(verdicts(outcomes).values()) == {"applied"}
    assert len({one.record_id for one in outcomes.values()}) == 3
    assert len(living(crm)) == before + 2
    assert living(crm)[first]["subject"] == "Renamed"
    assert (FOUND in {one.reason for one in outcomes.values()}) is (kind != "server_error")
    assert query(model.settings, "select count(*) from ops.push_state where verdict = 'unknown'") == [(0,)]
    assert model.planned().actions == ()
    assert differences(crm, model.settings, ACTIVITIES) == []


def lose_a_create(crm: Sandbox, model: Model) -> int:
    """The id of a record whose answer was lost, and could not be looked for."""
    before = living(crm).keys()
    crm.arm("reset", path="/api/v2/activities", method="POST")
    crm.arm("server_error", path="/api/v2/activities", method="GET", times=None)
    outcomes = model.push()
    assert "unknown" in verdicts(outcomes).values()
    assert model.run is not None
    assert model.run.status == "failed"
    crm.calm()
    (created,) = living(crm).keys() - before
    return created


def test_a_lost_record_that_somebody_has_worked_with_is_found_all_the_same(
    crm: Sandbox, model: Model
) -> None:
    model.rows = {"row": call(crm, 1, done=False)}
    created = lose_a_create(crm, model)
    edit(crm, created, done=True)
    model.rows = {"row": call(crm, 1, done=False, priority=1)}
    outcomes = model.push()
    assert outcomes["row"].record_id == created
    assert [change.field.name for change in outcomes["row"].conflicts] == ["done"]
    truth = living(crm)[created]
    assert (truth["done"], truth["priority"]) == (True, 1)
    assert len([row for row in living(crm).values() if row["subject"] == "Call 1"]) == 1


def test_a_lost_record_whose_row_has_left_the_model_is_found_all_the_same(crm: Sandbox, model: Model) -> None:
    model.rows = {"row": call(crm, 1)}
    created = lose_a_create(crm, model)
    model.rows = {}
    assert {one.record_id for one in model.push().values()} == {created}
    state = "select verdict, record_id, created from ops.push_state"
    assert query(model.settings, state) == [("applied", created, True)]


def test_what_is_held_as_deleted_already_lands_as_nothing(crm: Sandbox, model: Model) -> None:
    one, now = next(iter(living(crm))), datetime.now(UTC)
    execute(model.settings, f"update raw_pipedrive.activities set is_deleted = true where id = {one}")
    with open_warehouse(model.settings.place, model.settings.dataset) as warehouse:
        table = Landing(warehouse, ACTIVITIES, now).of_deleted([one], now)
    assert table is not None
    assert table.num_rows == 0


def test_a_spent_budget_ends_it_cleanly_and_the_next_run_goes_on(crm: Sandbox, model: Model) -> None:
    before = len(living(crm))
    model.rows = {f"n{number}": call(crm, number) for number in range(30)}
    crm.control("limits", burst=FREE["burst"], daily_remaining=2 + 5 * 10 + 3)
    outcomes = model.push()
    assert model.run is not None
    assert model.run.status == "partial"
    assert list(verdicts(outcomes).values()) == ["applied"] * 10
    assert query(model.settings, "select count(*), min(verdict) from ops.push_state") == [(10, "applied")]
    crm.control("limits", **FREE)
    assert len(model.push()) == 20
    assert len(living(crm)) == before + 30


def test_a_crm_that_is_not_well_is_left_alone_and_nothing_is_sent_twice(crm: Sandbox, model: Model) -> None:
    before = len(living(crm))
    model.rows = {f"n{number:02}": call(crm, number) for number in range(40)}
    crm.arm("failed_after", path="/api/v2/activities", method="POST", times=None)
    outcomes = model.push()
    assert model.run is not None
    assert model.run.status == "failed"
    assert set(verdicts(outcomes).values()) == {"unknown"}
    assert len(outcomes) < 30
    crm.calm()
    assert set(verdicts(model.push()).values()) == {"applied"}
    assert len(living(crm)) == before + 40
    assert model.planned().actions == ()


def test_a_table_that_nobody_has_loaded_is_left_for_the_load_to_read_whole(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = crm.settings(tmp_path, entities=FEW, settling=0)
    run(settings, "users")
    model = Model(settings, rows={"row": call(crm, 1)})
    assert verdicts(model.push()) == {"row": "applied"}
    run(settings, "activities")
    assert differences(crm, settings, ACTIVITIES) == []


def test_another_companys_records_are_not_pushed_to(crm: Sandbox, model: Model) -> None:
    model.rows = {"row": call(crm, 1)}
    before = len(living(crm))
    execute(model.settings, "update ops.accounts set company_id = 4711")
    with pytest.raises(UsageError, match="4711"):
        model.push()
    assert len(living(crm)) == before
