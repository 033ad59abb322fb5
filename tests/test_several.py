"""Several CRMs in one run: each is read as if it were alone, and none stands in another's way."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import dbt, ops, readiness
from pipelines.cli import app
from pipelines.config import Settings
from pipelines.load import load
from pipelines.nightly import nightly
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.reports import open_reports
from pipelines.several import each, narrowed, worst
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import LoadError, UsageError
from tests import tiny
from tests.support import Sandbox, at_length, query, sandbox

Said = Callable[..., tuple[int, Any]]
DONE, FAILED, PARTIAL = 0, 1, 3
READ = ("deals", "activities")


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


def both(crm: Sandbox, where: Path | Place, **tokens: str) -> list[Settings]:
    """Settings of both CRMs for one warehouse."""
    pipedrive = crm.settings(where, entities=READ, token=tokens.get("pipedrive", ""))
    return [pipedrive, crm.settings(where, crm="deskera", token=tokens.get("deskera", ""))]


# --- which CRM, which entity ---


def entities(every: list[Settings]) -> dict[str, tuple[str, ...]]:
    return {one.crm.name: one.entities for one in every}


def test_an_entity_is_read_of_each_crm_that_has_it(crm: Sandbox, tmp_path: Path) -> None:
    every = both(crm, tmp_path)
    assert entities(narrowed(every, ["products", "deals", "contacts"])) == {
        "pipedrive": ("products", "deals"),
        "deskera": ("deals", "contacts"),
    }
    assert entities(narrowed(every, ["contacts"])) == {"deskera": ("contacts",)}
    assert entities(narrowed(every, [])) == {"pipedrive": READ, "deskera": ()}


def test_an_entity_that_no_crm_has_is_refused_with_a_suggestion(crm: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no entity 'contact'.*Did you mean 'contacts'"):
        narrowed(both(crm, tmp_path), ["activities", "contact"])
    with pytest.raises(UsageError, match="no entity 'contacts'"):
        narrowed(both(crm, tmp_path)[:1], ["contacts"])


# --- what fails ---


def failing(*names: str) -> Callable[[Settings], str]:
    def act(settings: Settings) -> str:
        if settings.crm.name in names:
            raise LoadError(f"{settings.crm.name} is down.")
        return settings.crm.name

    return act


def test_what_fails_with_one_crm_is_told_and_stops_no_other(crm: Sandbox, tmp_path: Path) -> None:
    attempts = each(both(crm, tmp_path), failing("pipedrive"))
    assert [(one.crm, one.done, one.problem) for one in attempts] == [
        ("pipedrive", None, "pipedrive is down."),
        ("deskera", "deskera", ""),
    ]


def test_what_fails_with_all_of_them_is_an_error_that_tells_of_each(crm: Sandbox, tmp_path: Path) -> None:
    every = both(crm, tmp_path)
    with pytest.raises(LoadError, match=r"pipedrive: pipedrive is down\. deskera: deskera is down\."):
        each(every, failing("pipedrive", "deskera"))
    with pytest.raises(LoadError, match=r"^deskera is down\.$"):
        each(every[1:], failing("deskera"))


def test_a_whole_is_failed_when_all_parts_are_and_done_in_part_when_some_are() -> None:
    assert worst(["failed", "failed"]) == "failed"
    assert worst(["done", "done"]) == "done"
    assert {worst(["done", "failed"]), worst(["partial", "done"]), worst(["partial", "failed"])} == {
        "partial"
    }


def test_a_night_in_which_no_crm_can_be_read_says_why_of_each(crm: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"pipedrive: .*401.* deskera: .*401"):
        nightly(*both(crm, tmp_path, pipedrive="wrong", deskera="wrong"))
    failed = "select crm, command, status from ops.runs order by crm desc"
    assert query(crm.settings(tmp_path), failed) == [
        ("pipedrive", "nightly", "failed"),
        ("deskera", "nightly", "failed"),
    ]


# --- nights ---


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small dbt project in place of the real one."""
    monkeypatch.setattr(dbt, "PROJECT", tiny.make(tmp_path_factory.mktemp("project") / "transforms"))


@pytest.mark.usefixtures("project")
def test_a_night_loads_every_crm_and_publishes_once_also_when_one_is_down(crm: Sandbox, place: Place) -> None:
    building = {"write_page": tiny.write_page}
    night = nightly(*both(crm, place), building=building)
    assert (night.status, [part.crm for part in night.parts]) == ("done", ["pipedrive", "deskera"])
    assert all(part.run and part.run.total("rows") > 50 for part in night.parts)
    first = night.parts[0].run
    with open_reports(place) as reports:
        assert reports.rows("select run_id from published") == [{"run_id": first.run_id if first else ""}]
    night = nightly(*both(crm, place, deskera="wrong"), building=building)
    assert (night.status, [part.load_status for part in night.parts]) == ("partial", ["done", "failed"])
    assert night.problem.startswith("deskera: ")
    assert "401" in night.problem
    assert night.transformation is not None
    assert night.transformation.status == "done"
    statuses = query(place, "select crm, status from ops.runs order by started_at")
    assert statuses == [
        ("pipedrive", "done"),
        ("deskera", "done"),
        ("pipedrive", "done"),
        ("deskera", "failed"),
    ]
    assert query(place, "select status from ops.transforms") == [("done",), ("done",)]


@pytest.mark.parametrize("name", at_length(("pipedrive", "deskera"), ("deskera",)))
def test_what_a_killed_night_has_read_of_one_crm_is_finished_after_others_were_loaded(
    name: str, place: Place
) -> None:
    with sandbox(60) as crm:
        killed = [sys.executable, "-m", "tests.killed_night", name, "normalizing", crm.url]
        command = [*killed, str(place.warehouse), place.postgres_url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        crm.control("advance", days=1)
        steps: list[tuple[str, str]] = []

        def watch(run: Run, step: str) -> None:
            steps.append((run.crm, step))

        for settings in sorted(both(crm, place), key=lambda one: one.crm.name == name):
            assert load(settings, watch=watch).status == "done"
        finished = [of for of, step in steps if step == "finishing what an interrupted run has read"]
        assert finished == [name]
        for one in both(crm, place):
            living, deleted = (activities_of(crm, one, is_deleted=which) for which in (False, True))
            # Deskera tells what was deleted since only when its list is read whole.
            untold = deleted if one.crm.entities["activities"].deletion == "absence" else set()
            assert living <= activities(one) <= living | untold


def activities(settings: Settings) -> set[int]:
    rows = query(settings, f"select id from {settings.dataset}.activities where not is_deleted")
    return {row[0] for row in rows}


def activities_of(crm: Sandbox, settings: Settings, *, is_deleted: bool) -> set[int]:
    rows = crm.truth("activities", settings.crm.name)
    return {row["id"] for row in rows if row["is_deleted"] is is_deleted}


# --- what the tables can be made of ---


def test_a_crm_that_was_half_read_is_left_out_of_the_tables_and_told(place: Place) -> None:
    tiny.loaded(place)
    with open_warehouse(place, "ops") as warehouse:
        assert (readiness.ready_crms(warehouse), readiness.half_read(warehouse)) == (["pipedrive"], "")
        warehouse.make_schema("raw_deskera")
        warehouse.execute("create table raw_deskera.activities (id bigint)")
        _read(warehouse, "first", "null")
        assert readiness.variables(warehouse) == {"crms": ["pipedrive"]}
        assert "not been read to the end once: deskera activities." in readiness.half_read(warehouse)
        assert readiness.what_is_lacking(warehouse) == ""
        _read(warehouse, "second", "'2026-10-01 20:00:00+00'")
        assert readiness.variables(warehouse) == {"crms": ["pipedrive", "deskera"]}


def test_the_tables_are_proved_when_they_are_of_every_crm_they_hold(place: Place) -> None:
    tiny.loaded(place)
    times = {"pipedrive": "2026-10-02 10:00:00+00", "deskera": "2026-10-01 09:00:00+00"}
    with open_warehouse(place, "ops") as warehouse:
        _read(warehouse, "first", "'2026-10-01 20:00:00+00'")
        warehouse.execute("update ops.entity_loads set window_since = '2026-10-01 20:00:00+00'")
        for name, time in times.items():
            assert ops.proved_at(warehouse, [*times]) is None
            warehouse.execute(
                "insert into ops.reconciliations (run_id, crm, entity, is_proved, proved_at) "
                "values (?, ?, 'activities', true, ?)",
                [name, name, time],
            )
        found = {crms: ops.proved_at(warehouse, crms.split()) for crms in ("pipedrive", "pipedrive deskera")}
        assert [time.day if time else None for time in found.values()] == [2, 1]


def _read(warehouse: Warehouse, run_id: str, until: str) -> None:
    warehouse.execute(
        "insert into ops.entity_loads (run_id, crm, entity, window_until) "
        f"values ('{run_id}', 'deskera', 'activities', {until})"
    )


# --- the commands ---


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("room")


@pytest.fixture
def said(
    crm: Sandbox, room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """The exit code and the JSON of a command in a place where both CRMs are configured."""
    monkeypatch.chdir(room)
    for settings in both(crm, room):
        for key, value in settings.connection.items():
            monkeypatch.setenv(f"SOURCES__{settings.crm.name}__{key}".upper(), value)
        monkeypatch.setenv(f"SOURCES__{settings.crm.name.upper()}__SAFETY_LAG_SECONDS", "0")

    def saying(*arguments: str) -> tuple[int, Any]:
        code = app([*arguments, "--json"], standalone_mode=False)
        return code or DONE, json.loads(capsys.readouterr().out)

    return saying


def test_what_is_told_of_several_crms_stands_under_crms_and_of_one_alone_as_ever(said: Said) -> None:
    code, told = said("load", "-e", "activities", "-e", "deals", "-e", "contacts")
    assert (code, told["status"], told["problem"]) == (DONE, "done", None)
    assert {part["crm"]: [*part["entities"]] for part in told["crms"]} == {
        "pipedrive": ["deals", "activities"],
        "deskera": ["activities", "contacts", "deals"],
    }
    code, told = said("load", "--crm", "deskera", "-e", "activities")
    assert (code, told["crm"], told["status"], [*told["entities"]]) == (
        DONE,
        "deskera",
        "done",
        ["activities"],
    )
    _, told = said("status")
    assert [part["crm"] for part in told["crms"]] == ["pipedrive", "deskera"]
    assert all(part["runs"] and part["entities"] for part in told["crms"])
    _, told = said("status", "--crm", "pipedrive")
    assert told["crm"] == "pipedrive"


def test_a_plan_and_a_proof_tell_of_each_crm_what_it_costs(said: Said) -> None:
    assert said("load", "-e", "activities")[0] == DONE
    _, planned = said("plan", "reconcile", "-e", "activities")
    code, proved = said("reconcile", "-e", "activities")
    assert (code, proved["status"]) == (DONE, "done")
    for plan, part in zip(planned["crms"], proved["crms"], strict=True):
        assert plan["crm"] == part["crm"]
        assert plan["tokens"] == part["planned"]["tokens"]
        assert part["reconciliations"]["activities"]["is_proved"]


def test_a_crm_that_cannot_be_reached_is_told_and_the_other_is_loaded(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__DESKERA__ACCESS_TOKEN", "wrong")
    code, told = said("load", "-e", "activities")
    assert (code, told["status"]) == (PARTIAL, "partial")
    assert [part["status"] for part in told["crms"]] == ["done", "failed"]
    assert "deskera: " in told["problem"]
    code, told = said("check")
    assert (code, told["well"]) == (FAILED, False)
    assert [part["well"] for part in told["crms"]] == [True, False]
    problems = [one for one in told["findings"] if one["level"] == "problem"]
    assert [(one["crm"], one["area"]) for one in problems] == [("deskera", "account")]
    assert [one["area"] for one in told["findings"] if not one["crm"]].count("warehouse") == 1


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("load -e contact", "no entity 'contact'. Did you mean 'contacts'"),
        ("load --crm pipdrive", "no CRM 'pipdrive'. Did you mean 'pipedrive'"),
        ("status --crm pipdrive", "no CRM 'pipdrive'"),
        ("fields --crm deskera", "no custom fields of deskera"),
        ("backfill -e activities --from 2026-01-01", "`--crm pipedrive` leaves deskera out."),
        (
            "backfill --crm deskera -e activities --from 2026-01-01",
            "`roundtrip load --full --crm deskera --entity activities` reads the whole list.",
        ),
        ("plan backfill --crm deskera -e activities", "cannot be asked for a window"),
        ("push --from a.csv --to activities", "It does not say to which CRM: pipedrive, deskera."),
        ("push --only x", "Add --crm pipedrive, for example."),
        ("push --crm pipedrive push_deskera__activities", "deskera is not configured, or left out by --crm."),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(
    crm: Sandbox, said: Said, command: str, problem: str
) -> None:
    before = crm.stats()
    with pytest.raises(UsageError) as refused:
        said(*command.split())
    assert problem in str(refused.value)
    assert crm.stats() == before
