"""Apply: what is planned is done once, what changed meanwhile is left, and the warehouse has it at once."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.place import Place
from tests.pushing import Model, verdicts
from tests.support import PIPEDRIVE, Sandbox, differences, query, run, sandbox

ACTIVITIES = PIPEDRIVE.entities["activities"]
FEW = ("users", "activities")


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(40) as served:
        yield served


@pytest.fixture
def model(crm: Sandbox, place: Place) -> Model:
    settings = crm.settings(place, entities=FEW, settling=0)
    run(settings)
    return Model(settings)


def call(crm: Sandbox, number: int, **more: Any) -> dict[str, Any]:
    owner = crm.truth("users")[0]["id"]
    return {"subject": f"Call {number}", "type": "call", "owner_id": owner, "due_date": "2026-10-02", **more}


def living(crm: Sandbox) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in crm.truth("activities") if not row["is_deleted"]}


def test_creates_and_updates_are_done_and_the_next_plan_is_empty(crm: Sandbox, model: Model) -> None:
    before = living(crm)
    first = next(iter(before))
    model.rows = {f"n{number}": call(crm, number, due_time="15:00") for number in range(3)}
    model.rows["old"] = {"id": first, "subject": "Renamed"}
    outcomes = model.push()
    assert set(verdicts(outcomes).values()) == {"applied"}
    assert all(one.request_id for one in outcomes.values())
    after = living(crm)
    assert len(after) == len(before) + 3
    assert after[first]["subject"] == "Renamed"
    assert model.planned().actions == ()
    assert differences(crm, model.settings, ACTIVITIES) == []
    crm.server.clock.forward(2)
    loaded = run(model.settings, "activities").entities[0]
    assert (loaded.inserted, loaded.updated) == (0, 0)
    assert loaded.unchanged >= 4
    assert model.run is not None
    assert model.run.status == "done"
    spent = "select entity, tokens from ops.token_spend where command = 'push' order by entity"
    assert query(model.settings, spent) == [("", 2), ("activities", 3 * 5 + 1 + 5)]
