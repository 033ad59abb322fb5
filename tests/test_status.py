"""How things stand, as the warehouse tells: what was, what is, and what is no longer the case."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import status
from pipelines.check import check, show
from sources.errors import UsageError
from tests.support import FREE, PIPEDRIVE, Sandbox, place_in, query, run, sandbox


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


def entities(found: dict[str, Any]) -> dict[str, Any]:
    return {entity["entity"]: entity for entity in found["entities"]}


def fail(crm: Sandbox, place: Path, *names: str) -> None:
    """A run in which these entities cannot be read."""
    crm.arm("server_error", path="/*", times=None, nth=2)
    run(crm.settings(place), *names)
    crm.calm()


def test_status_counts_what_the_tables_hold_and_tells_how_far_they_are(crm: Sandbox, tmp_path: Path) -> None:
    settings = crm.settings(tmp_path)
    run(settings, "deals", "stages")
    found = status.read(settings.place, PIPEDRIVE)
    assert entities(found).keys() == {"deals", "stages"}
    deals = entities(found)["deals"]
    counted = query(settings, "select count(*), count(*) filter (is_deleted) from raw_pipedrive.deals")
    assert [(deals["rows"], deals["deleted"])] == counted
    assert f"{deals['watermark']:%Y-%m-%dT%H:%M:%SZ}" == crm.begun
    assert found["tokens_left_today"] > FREE["daily_remaining"] / 2


def test_status_tells_the_last_five_runs_the_newest_first(crm: Sandbox, tmp_path: Path) -> None:
    settings = crm.settings(tmp_path)
    ids = [run(settings, "stages").run_id for _ in range(6)]
    assert [one["run_id"] for one in status.read(settings.place, PIPEDRIVE)["runs"]] == ids[:0:-1]


def test_status_tells_the_problem_of_the_last_run(crm: Sandbox, tmp_path: Path) -> None:
    fail(crm, tmp_path, "stages")
    stages = entities(status.read(place_in(tmp_path), PIPEDRIVE))["stages"]
    assert stages["status"] == "failed"
    assert "answered 503" in stages["problem"]


def test_a_problem_that_is_over_is_no_longer_told(crm: Sandbox, tmp_path: Path) -> None:
    fail(crm, tmp_path, "stages")
    run(crm.settings(tmp_path), "stages")
    stages = entities(status.read(place_in(tmp_path), PIPEDRIVE))["stages"]
    assert (stages["status"], stages["problem"]) == ("done", None)


def test_undeclared_fields_are_told_with_the_entity(crm: Sandbox, tmp_path: Path) -> None:
    collection = crm.server.account["stages"]
    collection.put({**(collection.get(collection.ids()[0]) or {}), "mood": "good"})
    run(crm.settings(tmp_path), "stages")
    assert entities(status.read(place_in(tmp_path), PIPEDRIVE))["stages"]["drift"] == ["mood"]


def test_a_file_without_a_run_is_no_warehouse_yet(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    duckdb.connect(str(place.warehouse)).close()
    with pytest.raises(UsageError, match="holds no run yet"):
        status.read(place, PIPEDRIVE)


@pytest.mark.parametrize("company", ["Acme [/b]", "[red]Acme"])
def test_check_shows_names_as_they_are(
    crm: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], company: str
) -> None:
    found = check(crm.settings(tmp_path, entities=("stages",)))
    show(replace(found, account=replace(found.account, company=company)))
    assert company in capsys.readouterr().out
