"""A push from the model to the CRM and back, with dbt, both warehouses, and the sandbox over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines import dbt, status
from pipelines.config import Settings
from pipelines.nightly import Night, nightly
from pipelines.place import Destination
from pipelines.push.planning import Choice
from pipelines.push.push import Asked, Push, push
from pipelines.push.targets import AS_DECLARED, Overrides
from pipelines.reports import open_reports
from sources.errors import Busy, UsageError
from tests import tiny
from tests.conftest import Places
from tests.push import project
from tests.push.project import CALLS, DEALS, NOTES, alive
from tests.support import ADMIN, Sandbox, execute, query, run, sandbox

NAMES = (
    *("users", "activity_types", "pipelines", "stages", "currencies", "deal_fields"),
    *("organizations", "persons", "deals", "activities"),
)


@pytest.fixture(scope="module")
def crm(destination: Destination) -> Iterator[Sandbox]:
    """A company for each of the warehouses."""
    assert destination
    with sandbox(120) as served:
        yield served


@pytest.fixture(scope="module")
def settings(crm: Sandbox, places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A warehouse after one night, with a small project of push models in place of the real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROJECT", project.make(tmp_path_factory.mktemp("project") / "transforms"))
        found = crm.settings(places(tmp_path_factory.mktemp("push")), entities=NAMES)
        night = _night(found)
        assert (night.status, night.parts[0].push) == ("done", None), night.problem
        yield found


def pushed(
    settings: Settings, *models: str, act: bool = True, overrides: Overrides = AS_DECLARED, **told: Any
) -> Push:
    """One push of models that are told something."""
    with project.told(**told):
        return push(settings, Asked(models=models, overrides=overrides), act=act)


def planned(found: Push) -> dict[str, list[str]]:
    """What is to be done, by target."""
    return {made.target.name: [one.operation for one in made.actions] for made in found.plans}


def test_the_reporting_tables_know_nothing_of_push_models(settings: Settings) -> None:
    with open_reports(settings.place) as reports:
        (edition,) = reports.rows("select tables from published")
    assert edition["tables"] == "first,published,second,snap_of_day"
    assert query(settings, "select 1 from information_schema.tables where table_schema = 'push'") == []


def test_a_plan_asks_nothing_and_an_apply_makes_the_next_plan_empty(crm: Sandbox, settings: Settings) -> None:
    before = crm.stats()
    shown = pushed(settings, act=False)
    assert crm.stats() == before
    assert shown.status == "done"
    called, budgeted = _deals(crm)
    assert planned(shown)[CALLS] == ["create"] * len(called)
    assert planned(shown)[DEALS] == ["update"] * len(budgeted)
    assert set(planned(shown)[NOTES]) == {"update"}

    there = alive(crm.truth("activities"))
    done = pushed(settings)
    assert (done.status, done.problem) == ("done", "")
    assert {one.verdict for one in done.outcomes} == {"applied"}
    assert done.run is not None
    assert done.run.total("requests") == done.forecast.requests
    assert done.run.total("tokens") == done.forecast.tokens

    now = alive(crm.truth("activities"))
    made = [now[number] for number in now.keys() - there.keys()]
    assert sorted(one["deal_id"] for one in made) == called
    assert {(one["type"], one["due_date"], one["done"]) for one in made} == {("call", "2026-10-02", False)}
    noted = {number for number, one in now.items() if one["note"] == "Checked."}
    assert noted == {number for number in there if number <= 8}
    for number in there.keys() - noted:
        assert now[number] == there[number]
    deals = alive(crm.truth("deals"))
    ((code,),) = query(settings, "select field_code from ops.custom_fields where column_name = 'budget'")
    for number in budgeted:
        assert deals[number]["custom_fields"][code] == {"value": 12.5, "currency": "EUR"}
        assert deals[number]["expected_close_date"] == "2027-01-31"

    again = pushed(settings, act=False)
    assert planned(again) == {CALLS: [], NOTES: [], DEALS: []}
    assert [one.unchanged for one in again.plans] == [one.rows for one in again.plans]
    loaded = run(settings)
    assert (loaded.total("inserted"), loaded.total("updated")) == (0, 0), "our own writes are no changes"
    assert planned(pushed(settings, act=False)) == {CALLS: [], NOTES: [], DEALS: []}


def test_of_two_applies_at_once_the_second_is_refused_and_the_first_goes_on(settings: Settings) -> None:
    refused: list[str] = []

    def follow(_step: str) -> None:
        with pytest.raises(Busy) as caught:
            push(settings, Asked(), act=True)
        refused.append(caught.value.message)

    with project.told():
        assert push(settings, Asked(), act=True, follow=follow).status == "done"
    assert refused
    assert "push" in refused[0]


def test_what_somebody_changed_meanwhile_is_left_and_stays_open_until_it_is_overwritten(
    crm: Sandbox, settings: Settings
) -> None:
    key, number = _call(settings)
    _edit(crm, number, subject="Theirs")
    found = pushed(settings, CALLS, subject="Ring")
    outcomes = {one.action.push_key: one.verdict for one in found.outcomes}
    assert (found.status, outcomes.pop(key), set(outcomes.values())) == ("partial", "conflict", {"applied"})
    assert alive(crm.truth("activities"))[number]["subject"] == "Theirs"
    assert _open(settings) == [(CALLS, key, "conflict")]

    later = pushed(settings, CALLS, subject="Ring")
    assert (later.status, [one.reason for one in later.plans[0].left]) == ("done", ["conflict"])
    assert _open(settings) == [(CALLS, key, "conflict")]

    how = Overrides(overwrite=True)
    assert pushed(settings, CALLS, subject="Ring", overrides=how).status == "done"
    assert alive(crm.truth("activities"))[number]["subject"].startswith("Ring: ")
    assert _open(settings) == []


def test_a_failing_test_keeps_its_model_from_being_pushed_and_no_other(settings: Settings) -> None:
    found = pushed(settings, NOTES, DEALS, act=False, spoilt=1)
    assert (found.status, found.failed, list(planned(found))) == ("partial", [NOTES], [DEALS])
    assert "found 1 row" in found.problem
    alone = pushed(settings, NOTES, spoilt=1)
    assert (alone.status, alone.outcomes) == ("failed", [])


def test_only_and_limit_push_a_part(settings: Settings) -> None:
    table = _table(
        settings, "parts", "select 'p' || id as push_key, id, 'Part' as note", "id in (11, 12, 13)"
    )
    asked = Asked(source=table, entity="activities", choice=Choice(frozenset(["p12"])))
    assert [one.action.push_key for one in push(settings, asked, act=True).outcomes] == ["p12"]
    asked = Asked(source=table, entity="activities", choice=Choice(limit=1))
    found = push(settings, asked, act=True)
    assert [one.action.push_key for one in found.outcomes] == ["p11"]
    assert [(one.push_key, one.reason) for one in found.plans[0].left] == [("p13", "limit")]
    with pytest.raises(UsageError, match="No row has the push_key 'p99'"):
        push(settings, Asked(source=table, entity="activities", choice=Choice(frozenset(["p99"]))))


def test_a_file_is_pushed_too_and_deletes_only_when_allowed(
    crm: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    living = sorted(alive(crm.truth("activities")))[:40]  # none that a model has created
    file = tmp_path / "gone.csv"
    file.write_text(f"push_key,id,_delete\ng1,{living[-1]},true\ng2,{living[-2]},\n")
    asked = Asked(source=str(file), entity="activities")
    stopped = push(settings, asked, act=True)
    assert (stopped.status, stopped.outcomes) == ("failed", [])
    assert "gone.csv allows no deletes" in stopped.problem
    done = push(
        settings,
        Asked(source=str(file), entity="activities", overrides=Overrides(allow_deletes=True)),
        act=True,
    )
    assert done.status == "done"
    assert living[-1] not in alive(crm.truth("activities"))
    assert living[-2] in alive(crm.truth("activities"))


def test_what_the_crm_would_refuse_is_told_by_status_and_stops_no_other_row(settings: Settings) -> None:
    table = _table(
        settings, "odd", "select 'o' || id as push_key, id, 999 as owner_id, -5 as deal_id", "id = 21"
    )
    found = push(settings, Asked(source=table, entity="activities"), act=True)
    assert found.status == "failed"
    assert _open(settings)[-1:] == [(table, "o21", "refused")]
    told = status.read(settings.place, settings.crm)["push"]
    assert found.run is not None
    assert (told["last_apply"]["run_id"], told["last_apply"]["status"]) == (found.run.run_id, "failed")
    assert [one["reason"] for one in told["open"]] == [
        "owner_id: there is no 999 among the users in use; deal_id: there is no -5 among the deals in use"
    ]
    assert table in {one["target"] for one in told["targets"]}


def test_a_night_applies_what_is_the_nights_and_nothing_else(crm: Sandbox, settings: Settings) -> None:
    night = _night(settings, apply="nightly", subject="Nightly")
    found = night.parts[0].push
    assert (night.status, found is not None) == ("done", True), night.problem
    assert [made.target.name for made in found.plans] == [CALLS] if found else False
    subjects = [one["subject"] for one in alive(crm.truth("activities")).values()]
    assert len([one for one in subjects if one.startswith("Nightly: ")]) == len(_deals(crm)[0])


def test_a_push_that_fails_makes_the_night_partial_and_undoes_nothing(
    crm: Sandbox, settings: Settings
) -> None:
    crm.arm("server_error", path="/api/v2/activities/*", method="GET", times=None)
    try:
        night = _night(settings, apply="nightly", subject="Refused")
    finally:
        crm.calm()
    assert (night.status, night.parts[0].load_status) == ("partial", "done")
    assert night.transformation is not None
    assert night.transformation.status == "done"


def _night(settings: Settings, **told: Any) -> Night:
    with project.told(**told):
        return nightly(settings, building={"write_page": tiny.write_page})


def _deals(crm: Sandbox) -> tuple[list[int], list[int]]:
    """The deals that are to be called, and those that get a budget."""
    living = alive(crm.truth("deals")).values()
    called = sorted(one["id"] for one in living if one["id"] <= 5)
    return called, [one["id"] for one in living if one["id"] <= 4 and not one["is_archived"]]


def _is_file(settings: Settings) -> bool:
    return settings.place.destination == "duckdb"


def _table(settings: Settings, name: str, select: str, where: str) -> str:
    """A table of somebody's own."""
    schema = "main" if _is_file(settings) else "public"
    execute(settings, f"create table {schema}.{name} as {select} from raw_pipedrive.activities where {where}")
    return f"{schema}.{name}"


def _call(settings: Settings) -> tuple[str, int]:
    """The key and the record of a call that was pushed."""
    (found,) = query(
        settings,
        f"select push_key, record_id from ops.push_state where target = '{CALLS}' order by push_key limit 1",
    )
    return found[0], found[1]


def _edit(crm: Sandbox, number: int, **values: Any) -> None:
    """Somebody changes an activity in the CRM."""
    answer = httpx.patch(
        f"{crm.url}/api/v2/activities/{number}", json=values, headers={"x-api-token": ADMIN}, timeout=60
    )
    assert answer.is_success, answer.text


def _open(settings: Settings) -> list[tuple[Any, ...]]:
    return query(settings, "select target, push_key, outcome from ops.push_open order by target, push_key")
