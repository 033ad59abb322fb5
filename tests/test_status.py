"""How things stand, as the warehouse tells: what was, what is, and what is no longer the case."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pendulum
import pytest

from pipelines import status
from pipelines.lock import locked
from pipelines.place import Place
from sources.errors import UsageError
from sources.sandbox.clock import stamp
from tests.support import FREE, PIPEDRIVE, Sandbox, execute, query, run, sandbox


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


def entities(found: dict[str, Any]) -> dict[str, Any]:
    return {entity["entity"]: entity for entity in found["entities"]}


def fail(crm: Sandbox, place: Place, *names: str) -> None:
    """A run in which these entities cannot be read."""
    crm.arm("server_error", path="/*", times=None, nth=2)
    run(crm.settings(place), *names)
    crm.calm()


def test_status_counts_what_the_tables_hold_and_tells_how_far_they_are(crm: Sandbox, place: Place) -> None:
    settings = crm.settings(place)
    run(settings, "deals", "stages")
    found = status.read(settings.place, PIPEDRIVE)
    assert entities(found).keys() == {"deals", "stages"}
    deals = entities(found)["deals"]
    counted = query(settings, "select count(*), count(*) filter (where is_deleted) from raw_pipedrive.deals")
    assert [(deals["rows"], deals["deleted"])] == counted
    assert crm.begun <= stamp(deals["watermark"]) <= stamp(crm.server.clock.now())
    assert found["tokens_left_today"] > FREE["daily_remaining"] / 2


def test_status_tells_the_last_five_runs_the_newest_first(crm: Sandbox, place: Place) -> None:
    settings = crm.settings(place)
    ids = [run(settings, "stages").run_id for _ in range(6)]
    assert [one["run_id"] for one in status.read(settings.place, PIPEDRIVE)["runs"]] == ids[:0:-1]


def test_status_tells_the_problem_of_the_last_run(crm: Sandbox, place: Place) -> None:
    fail(crm, place, "stages")
    stages = entities(status.read(place, PIPEDRIVE))["stages"]
    assert stages["status"] == "failed"
    assert "answered 503" in stages["problem"]


def test_a_problem_that_is_over_is_no_longer_told(crm: Sandbox, place: Place) -> None:
    fail(crm, place, "stages")
    run(crm.settings(place), "stages")
    stages = entities(status.read(place, PIPEDRIVE))["stages"]
    assert (stages["status"], stages["problem"]) == ("done", None)


def test_undeclared_fields_are_told_with_the_entity(crm: Sandbox, place: Place) -> None:
    collection = crm.server.account["stages"]
    collection.put({**(collection.get(collection.ids()[0]) or {}), "mood": "good"})
    run(crm.settings(place), "stages")
    assert entities(status.read(place, PIPEDRIVE))["stages"]["drift"] == ["mood"]


def test_what_is_wrong_is_told_with_its_remedy_and_no_longer_when_it_is_over(
    crm: Sandbox, place: Place
) -> None:
    fail(crm, place, "stages")
    told = status.summary(status.read_all(place))
    assert (told["healthy"], [one["kind"] for one in told["problems"]]) == (False, ["lists_failed"])
    assert "answered 503" in told["problems"][0]["what"]
    assert "roundtrip check" in told["problems"][0]["remedy"]
    run(crm.settings(place), "stages")
    assert status.read_all(place).problems == []
    (late,) = status.read_all(place, now=pendulum.now("UTC").add(hours=40)).problems
    assert late.kind == "too_old"


def test_a_run_that_never_ended_was_killed_unless_one_holds_the_warehouse(crm: Sandbox, place: Place) -> None:
    run(crm.settings(place), "stages")
    execute(place, "update ops.runs set status = 'running'")
    assert [one.kind for one in status.read_all(place).problems] == ["run_killed"]
    if place.destination == "postgres":
        with locked(place, "load"):
            assert status.read_all(place).problems == []
            assert [one.kind for one in status.read_all(place, is_ours=True).problems] == ["run_killed"]


def test_deletions_by_the_last_load_are_counted(crm: Sandbox, place: Place) -> None:
    settings = crm.settings(place)
    run(settings, "persons")
    before = "_loaded_at - interval '1 day'"
    execute(
        place, f"update raw_pipedrive.persons set is_deleted = true, _loaded_at = {before} where id % 2 = 0"
    )
    execute(place, "update raw_pipedrive.persons set is_deleted = true where id = 3")
    (persons,) = status.read(place, PIPEDRIVE)["entities"]
    assert persons["deleted_by_last_load"] == 1


def test_a_warehouse_without_a_run_holds_nothing_yet(place: Place) -> None:
    if place.destination == "duckdb":
        duckdb.connect(str(place.warehouse)).close()
    with pytest.raises(UsageError, match="holds no run yet"):
        status.read(place, PIPEDRIVE)
