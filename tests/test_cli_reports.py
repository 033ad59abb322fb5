"""The commands about the reporting tables, as processes, with the project as it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse import open_warehouse
from tests.support import Sandbox, place_in, sandbox
from tests.test_cli import DONE, FAILED, PARTIAL, failure, roundtrip

LIMITS = {"burst": 1_000_000, "daily_remaining": 100_000_000}


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


@pytest.fixture(scope="module")
def place(crm: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with one whole night behind it."""
    place = tmp_path_factory.mktemp("place")
    done = roundtrip(place, "nightly", "--json", url=crm.url)
    assert done.returncode == DONE, done.stdout + done.stderr
    (place / "nightly.json").write_text(done.stdout)
    (place / "nightly.log").write_text(done.stderr)
    return place


def test_nightly_goes_on_to_the_tables_and_the_dashboard_and_tells_of_them(place: Path) -> None:
    told = json.loads((place / "nightly.json").read_text())
    assert (told["status"], told["transform"]["status"]) == ("done", "done")
    assert told["transform"]["run_id"] == told["run_id"]
    assert told["transform"]["published_at"] == "data/reports.duckdb"
    with duckdb.connect(str(place / "data/reports.duckdb"), read_only=True) as reports:
        tables = reports.execute("select count(*) from duckdb_tables()").fetchall()
        assert reports.execute("select run_id from published").fetchall() == [(told["run_id"],)]
    assert tables == [(told["transform"]["published_tables"],)]
    assert "<html" in (place / "data/dashboard.html").read_text()
    log = (place / "nightly.log").read_text()
    assert all(
        step in log for step in ("loading", "building fct_activity", "publishing", "writing the dashboard")
    )
    assert "dbt" not in log


def test_transform_tells_a_person_what_is_published_and_where(place: Path) -> None:
    done = roundtrip(place, "transform")
    assert done.returncode == DONE, done.stderr
    assert "transform: done in" in done.stdout
    assert "data/reports.duckdb" in done.stdout
    assert "Dashboard: data/dashboard.html" in done.stdout


def test_transform_of_one_model_builds_that_one(place: Path) -> None:
    done = roundtrip(place, "transform", "--json", "--select", "dim_user", "-s", "dim_stage")
    told = json.loads(done.stdout)
    assert (done.returncode, told["models"], told["status"]) == (DONE, 2, "done")


def test_status_tells_of_the_transforms(place: Path) -> None:
    told = json.loads(roundtrip(place, "status", "--json").stdout)
    assert "nightly" in {one["command"] for one in told["transforms"]}
    assert told["transforms"][0]["is_published"] is True
    assert "Last transforms" in roundtrip(place, "status").stdout


def test_fields_lists_the_columns_of_custom_fields(place: Path) -> None:
    done = roundtrip(place, "fields", "--entity", "deals", "--json")
    fields = {field["field"]: field for field in json.loads(done.stdout)}
    assert fields["Budget"]["columns"] == ["budget", "budget_currency"]
    assert "budget (_currency)" in roundtrip(place, "fields").stdout
    assert "no custom fields of 'deal'" in failure(roundtrip(place, "fields", "--entity", "deal"))


def test_docs_writes_one_page_that_names_every_published_table(place: Path) -> None:
    done = roundtrip(place, "docs")
    assert (done.returncode, done.stdout.strip()) == (DONE, "data/docs/index.html")
    page = (place / "data/docs/index.html").read_text()
    assert all(name in page for name in ("fct_activity", "rpt_deal_coverage", "days_due_to_done"))


def test_dashboard_says_where_the_page_is(place: Path) -> None:
    done = roundtrip(place, "dashboard", "--no-open")
    assert (done.returncode, done.stdout.strip()) == (DONE, "data/dashboard.html")


def test_commands_about_what_is_not_there_yet_say_what_makes_it(tmp_path: Path) -> None:
    assert "Run `roundtrip nightly` first" in failure(roundtrip(tmp_path, "dashboard"))
    assert "Run `roundtrip load` first" in failure(roundtrip(tmp_path, "transform"))
    assert "Run `roundtrip nightly` first" in failure(roundtrip(tmp_path, "docs"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "data").mkdir()
    with open_warehouse(place_in(tmp_path / "data"), "ops"):
        pass
    assert "holds nothing to transform. Run `roundtrip nightly` first" in failure(roundtrip(tmp_path, "docs"))


def test_a_load_done_in_part_is_transformed_all_the_same_and_keeps_its_exit_code(
    crm: Sandbox, place: Path
) -> None:
    crm.control("limits", burst=LIMITS["burst"], daily_remaining=0)
    try:
        done = roundtrip(place, "nightly", "--json", url=crm.url)
    finally:
        crm.control("limits", **LIMITS)
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["transform"]["status"]) == (PARTIAL, "partial", "done")


def test_a_load_that_brought_nothing_yet_is_followed_by_nothing(crm: Sandbox, tmp_path: Path) -> None:
    crm.control("limits", burst=LIMITS["burst"], daily_remaining=0)
    try:
        done = roundtrip(tmp_path, "nightly", "--json", url=crm.url)
    finally:
        crm.control("limits", **LIMITS)
    assert (done.returncode, json.loads(done.stdout)["transform"]) == (PARTIAL, None)
    assert not (tmp_path / "data/reports.duckdb").exists()


def test_a_build_that_fails_fails_the_run_and_keeps_what_was_published(place: Path) -> None:
    published = (place / "data/reports.duckdb").read_bytes()
    with duckdb.connect(str(place / "data/warehouse.duckdb")) as warehouse:
        warehouse.execute("alter table raw_pipedrive.pipelines rename to lines")
        warehouse.execute("create view raw_pipedrive.pipelines as select 1 as nothing")
    done = roundtrip(place, "transform")
    assert done.returncode == FAILED
    assert "stg_pipedrive__pipelines" in done.stderr
    assert "Nothing was published; what was before stays." in done.stderr
    assert (place / "data/reports.duckdb").read_bytes() == published
