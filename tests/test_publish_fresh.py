"""Tables whose rows say when they were built are published by that; every row, and no more work than there is news."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines import dbt
from pipelines.place import Place
from pipelines.publish import publish
from pipelines.reports import open_reports
from pipelines.warehouse import open_warehouse
from tests import tiny
from tests.conftest import Places
from tests.tiny import built, edition

BEFORE, NOW = "timestamptz '2026-10-01 20:00:00+00'", "timestamptz '2026-10-02 20:00:00.000001+00'"
WITHOUT_SAYING = "update build.first set version = -1 where number = 7"


@pytest.fixture(scope="module")
def made(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A warehouse whose tiny project has been built."""
    folder = tmp_path_factory.mktemp("fresh")
    with tiny.published(places(folder), folder / "project") as place:
        yield place


@pytest.fixture
def place(made: Place) -> Place:
    """The same, with rows that say when they were built: twenty, published as of run 1."""
    with open_warehouse(made, "ops") as warehouse:
        warehouse.execute("alter table build.first drop column if exists _built_at")
        warehouse.execute(f"alter table build.first add column _built_at timestamptz default {BEFORE}")
        warehouse.execute("delete from build.first")
        warehouse.execute(
            "insert into build.first (number, version) select n, 1 from generate_series(1, 20) as t (n)"
        )
        warehouse.execute("delete from ops.transforms")
    republished(made, 1)
    return made


def republished(place: Place, run: int, *statements: str, told_by_time: bool = False) -> dict[int, int]:
    """Change what is built, publish it as a run's; the published numbers, each with its version."""
    manifest = dbt.manifest(place)
    version = manifest["nodes"]["model.roundtrip.first"]["columns"]["version"]
    version["config"]["meta"]["told_by_time"] = told_by_time
    with open_warehouse(place, "ops") as warehouse:
        for statement in statements:
            warehouse.execute(statement)
        warehouse.execute(
            "insert into ops.transforms (run_id, started_at) values (?, current_timestamp)", [str(run)]
        )
        publish(warehouse, manifest, edition(run))
    return published(place)


def published(place: Place) -> dict[int, int]:
    with open_reports(place) as reports:
        rows: list[dict[str, Any]] = reports.rows("select number, version from first")
    assert len({row["number"] for row in rows}) == len(rows)
    return {row["number"]: row["version"] for row in rows}


def test_rows_built_since_replace_those_of_before_and_the_others_are_not_looked_at(place: Place) -> None:
    found = republished(
        place,
        2,
        f"update build.first set version = 2, _built_at = {NOW} where number = 5",
        f"insert into build.first (number, version, _built_at) values (21, 2, {NOW})",
        WITHOUT_SAYING,
    )
    assert found == dict.fromkeys(range(1, 21), 1) | {5: 2, 21: 2}


def test_what_only_time_changes_is_brought_also_in_rows_that_were_not_built_since(place: Place) -> None:
    found = republished(
        place,
        2,
        f"insert into build.first (number, version, _built_at) values (21, 2, {NOW})",
        WITHOUT_SAYING,
        "update build.first set version = null where number = 8",
        told_by_time=True,
    )
    assert found == dict.fromkeys(range(1, 21), 1) | {7: -1, 8: None, 21: 2}


def test_rows_that_are_built_no_more_go(place: Place) -> None:
    found = republished(
        place,
        2,
        "delete from build.first where number in (3, 4)",
        f"update build.first set version = 2, _built_at = {NOW} where number = 5",
    )
    assert found == dict.fromkeys((1, 2, *range(6, 21)), 1) | {5: 2}


def test_a_table_built_from_nothing_is_published_whole(place: Place) -> None:
    found = republished(place, 2, f"update build.first set version = 2, _built_at = {NOW}", WITHOUT_SAYING)
    assert found == dict.fromkeys(range(1, 21), 2) | {7: -1}


def test_what_was_published_of_a_run_that_is_not_on_record_is_compared_row_by_row(place: Place) -> None:
    assert republished(place, 2, "delete from ops.transforms", WITHOUT_SAYING)[7] == -1


def test_a_publish_that_failed_is_made_good_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.publish.swap_file", _fails)
        patch.setattr("pipelines.publish.swap_rows", _fails)
        with pytest.raises(RuntimeError, match="no room"):
            republished(place, 2, f"update build.first set version = 2, _built_at = {NOW} where number = 5")
    assert published(place)[5] == 1
    assert republished(place, 3)[5] == 2


def test_rows_that_readers_lost_are_published_again(place: Place) -> None:
    table = "first" if place.destination == "duckdb" else "reports.first"
    _in_reports(place, f"delete from {table} where number < 9")
    assert republished(place, 2) == dict.fromkeys(range(1, 21), 1)


def test_days_of_a_snapshot_that_readers_lost_are_published_again(made: Place) -> None:
    for version, day in ((2, 1), (3, 2)):
        done = built(made, version=version, day=day)
        assert (done.status, done.problem) == ("done", "")
    table = "snap_of_day" if made.destination == "duckdb" else "reports.snap_of_day"
    _in_reports(made, f"delete from {table} where version < 3")
    assert built(made, version=4, day=3).status == "done"
    with open_reports(made) as reports:
        rows = reports.rows("select version from snap_of_day order by snapshot_date")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]


def _in_reports(place: Place, statement: str) -> None:
    if place.destination == "duckdb":
        with duckdb.connect(str(place.reports)) as connection:
            connection.execute(statement)
        return
    with open_warehouse(place, "ops") as warehouse:
        warehouse.execute(statement)


def _fails(*_: object) -> None:
    raise RuntimeError("no room")
