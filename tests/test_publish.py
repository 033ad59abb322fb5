"""Readers see the state before or the state after a publish, whole, whatever fails, dies or reads meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipelines import dbt
from pipelines.place import Place
from pipelines.publish import postgres, publish
from pipelines.reports import open_reports
from pipelines.warehouse import open_warehouse
from sources.errors import TransformError
from tests import tiny
from tests.conftest import Places
from tests.reading import written
from tests.support import at_length, execute, query
from tests.tiny import SAME_VERSION, built, change, edition, republish, seen

PUBLISHES = at_length(100, 25)
READERS = 2


@pytest.fixture(scope="module")
def place(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A warehouse whose tiny project has been built and published."""
    folder = tmp_path_factory.mktemp("published")
    with tiny.published(places(folder), folder / "project") as made:
        yield made


# --- readers ---


@contextmanager
def readers(place: Place, stop: Path) -> Iterator[list[dict[str, Any]]]:
    """Processes that read all the time; what they saw, once it is over."""
    command = [sys.executable, "-m", "tests.reading", written(place), str(stop)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(READERS)
    ]
    told: list[dict[str, Any]] = []
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
    try:
        yield told
    finally:
        stop.touch()
        for process in processes:
            out, problem = process.communicate(timeout=60)
            assert process.returncode == 0, problem
            told.append(json.loads(out))


def test_readers_never_see_a_torn_or_failing_state_through_many_publishes(
    place: Place, tmp_path: Path
) -> None:
    republish(place, 1)
    with readers(place, tmp_path / "stop") as told:
        with open_warehouse(place, "ops") as warehouse:
            manifest = dbt.manifest(place)
            for version in range(2, PUBLISHES + 2):
                change(warehouse, version)
                publish(warehouse, manifest, edition(version))
        failed = built(place, version=999, refused=999)
        assert (failed.status, failed.tables) == ("failed", 0)
        time.sleep(0.5)
    assert [one["torn"] for one in told] == [[]] * READERS
    versions = {version for one in told for version in one["versions"]}
    assert versions <= set(range(1, PUBLISHES + 2)), "never the failing one"
    assert len(versions) > 5, "they read while it was published"
    assert seen(place) == PUBLISHES + 1


def test_what_is_opened_stays_one_state_while_others_are_published(place: Place) -> None:
    republish(place, 5)
    with open_reports(place) as reports:
        before = reports.rows(SAME_VERSION)
        republish(place, 6)
        assert reports.rows(SAME_VERSION) == before
    assert seen(place) == 6


# --- what fails or dies ---


def killed(place: Place, version: int, step: str) -> None:
    command = [sys.executable, "-m", "tests.killed_publish", written(place), str(version), step]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def statements(place: Place) -> int:
    """How many statements a publish takes."""
    with open_warehouse(place, "ops") as warehouse:
        counted: list[str] = []
        plain = warehouse.execute
        change(warehouse, 9)

        def count(statement: str, parameters: Sequence[Any] = ()) -> None:
            counted.append(statement)
            plain(statement, parameters)

        warehouse.execute = count  # type: ignore[method-assign]
        publish(warehouse, dbt.manifest(place), edition(9))
    return len(counted)


def test_a_publish_killed_at_any_step_leaves_the_state_before_and_the_next_one_cleans_up(
    place: Place,
) -> None:
    republish(place, 8)
    most = statements(place)
    republish(place, 10)
    steps = [str(round(part * most)) for part in (0.1, 0.5, 0.9)] + [str(most)]
    for step in steps + ["rename"] * (place.destination == "duckdb"):
        killed(place, 11, step)
        assert seen(place) == 10, step
    killed(place, 12, "end")
    assert seen(place) == 12
    republish(place, 13)
    assert seen(place) == 13
    left = {file.name for file in place.reports.parent.iterdir() if "reports" in file.name}
    assert left == ({"reports.duckdb"} if place.destination == "duckdb" else set())


# --- what is published ---


def test_own_columns_stay_out_and_descriptions_come_along(place: Place) -> None:
    republish(place, 40)
    with open_reports(place) as reports:
        assert set(reports.rows("select * from first limit 1")[0]) == {"number", "version"}
        assert [row["edition"] for row in reports.rows("select tables as edition from published")] == [
            "first,published,second,snap_of_day"
        ]
    told = {
        "duckdb": "select comment from duckdb_{0}s() where table_name = 'first' {1} and comment is not null order by 1",
        "postgres": "select description from pg_description where objoid = 'reports.first'::regclass and objsubid {2}",
    }[place.destination]
    tables = told.format("table", "", "= 0")
    columns = told.format("column", "", "> 0 order by 1")
    assert query(place, tables, reports=True) == [("Twenty numbers; it's small.",)]
    assert query(place, columns, reports=True) == [("From 1 to 20.",), ("The version's number.",)]


def test_rows_that_come_change_and_go_are_published_and_no_others(place: Place) -> None:
    republish(place, 50)
    republish(
        place,
        50,
        "delete from build.first where number = 3",
        "insert into build.first (number, version, _own) values (21, 50, 'x'), (22, 50, 'x')",
        "update build.first set number = 100 where number = 20",
        "update build.second set row_count = null",
    )
    with open_reports(place) as reports:
        numbers = [row["number"] for row in reports.rows("select number from first order by number")]
        assert numbers == [1, 2, *range(4, 20), 21, 22, 100]
        assert reports.rows("select row_count from second") == [{"row_count": None}]


def test_a_column_that_comes_goes_or_changes_its_type_is_published_so(place: Place) -> None:
    republish(place, 60)
    republish(
        place,
        61,
        "alter table build.first add column extra varchar",
        "update build.first set extra = 'x' where number < 3",
        "alter table build.second drop column facts",
    )
    with open_reports(place) as reports:
        assert reports.rows("select extra from first order by number limit 3")[1:] == [
            {"extra": "x"},
            {"extra": None},
        ]
        assert set(reports.rows("select * from second")[0]) == {"version", "row_count"}
    republish(place, 62, "alter table build.first alter column extra type integer using (1)")
    with open_reports(place) as reports:
        assert reports.rows("select distinct extra, version from first") == [{"extra": 1, "version": 62}]
    assert built(place, version=63).status == "done"
    assert query(
        place, f"select count(*) from {'reports.' * (place.destination == 'postgres')}first", reports=True
    ) == [(20,)]


def test_a_snapshot_of_a_day_built_again_replaces_it_and_other_days_stay(place: Place) -> None:
    for version, day in ((70, 1), (71, 2), (72, 3), (73, 2)):
        assert built(place, version=version, day=day).status == "done"
    with open_reports(place) as reports:
        found = reports.rows(
            "select extract(day from snapshot_date) as d, version from snap_of_day order by 1"
        )
    assert [(int(row["d"]), row["version"]) for row in found if row["d"] > 1] == [(2, 70), (3, 73), (4, 72)]


def test_a_column_that_a_snapshot_gets_is_published_of_former_days_too(place: Place) -> None:
    assert built(place, version=74, day=5).status == "done"
    model = dbt.PROJECT / "models/snapshots/snap_of_day.sql"
    before = model.read_text()
    execute(place, "alter table snapshots.snap_of_day add column crm varchar default 'pipedrive'")
    model.write_text(before.replace(" as version from", " as version, 'pipedrive' as crm from"))
    try:
        done = built(place, version=75, day=6)
        assert (done.status, done.problem) == ("done", "")
        with open_reports(place) as reports:
            (found,) = reports.rows("select crm, count(*) as days from snap_of_day group by crm")
    finally:
        model.write_text(before)
        execute(place, "alter table snapshots.snap_of_day drop column crm")
    assert found["crm"] == "pipedrive"
    assert found["days"] > 1


def test_snapshots_of_a_warehouse_put_in_place_of_another_are_published_as_they_are(place: Place) -> None:
    assert built(place, version=80, day=4).status == "done"
    execute(place, "delete from ops.transforms")
    execute(place, "update snapshots.snap_of_day set version = 7")
    assert built(place, version=81, day=9).status == "done"
    with open_reports(place) as reports:
        versions = {row["version"] for row in reports.rows("select version from snap_of_day")}
    assert versions == {7, 81}


# --- Postgres: what others have built on it ---


@pytest.fixture
def database(place: Place) -> Iterator[Any]:
    """A user of the published schema in Postgres."""
    if place.destination != "postgres":
        pytest.skip("of Postgres")
    republish(place, 100)
    with closing(psycopg2.connect(place.postgres_url)) as server:
        server.autocommit = True
        yield server.cursor()


def test_views_grants_and_tables_of_others_survive_a_publish(place: Place, database: Any) -> None:
    role = f"bi_{os.getpid()}"
    database.execute(f"create role {role}; grant usage on schema reports to {role}")
    try:
        database.execute(f"grant select on reports.first to {role}")
        database.execute("create view reports.mine as select sum(version) as versions from reports.first")
        database.execute("create table reports.notes as select 'kept' as note")
        republish(place, 101)
        database.execute(f"set role {role}; select max(version) from reports.first; ")
        assert database.fetchall() == [(101,)]
        database.execute("reset role; select versions, note from reports.mine, reports.notes")
        assert database.fetchall() == [(2020, "kept")]
    finally:
        database.execute("reset role; drop view if exists reports.mine; drop table if exists reports.notes")
        database.execute(f"drop owned by {role}; drop role {role}")


def test_a_long_query_neither_hinders_a_publish_nor_is_hindered(place: Place, database: Any) -> None:
    database.execute("begin; select version from reports.first limit 1")
    republish(place, 102)
    assert seen(place) == 102
    database.execute("commit")


def test_a_change_of_columns_gives_up_on_a_long_reader_and_names_it(
    place: Place, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.5)
    monkeypatch.setattr(postgres, "PAUSE", 0.1)
    database.execute("begin; select version from reports.second")
    try:
        with pytest.raises(TransformError, match=r"read for 0 seconds by postgres \(process \d+, since"):
            republish(place, 103, "alter table build.second add column wider integer")
        assert seen(place) == 100
    finally:
        database.execute("rollback")
    republish(place, 104)
    assert seen(place) == 104


def test_a_view_that_needs_a_column_which_goes_is_named_and_nothing_is_published(
    place: Place, database: Any
) -> None:
    assert built(place, version=105).status == "done"
    database.execute("create view public.theirs as select number from reports.first")
    try:
        with pytest.raises(TransformError, match="view theirs depends on column number"):
            republish(place, 106, "alter table build.first drop column number")
        database.execute("select max(version) from reports.first")
        assert database.fetchall() == [(105,)]
    finally:
        database.execute("drop view public.theirs")
