"""What a run of the transforms does and says: built, tested, published; or not, and then why, and what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import dbt, telling
from pipelines.place import Place
from pipelines.reports import Reports, open_reports
from pipelines.transform import transform
from pipelines.warehouse import open_warehouse
from sources.errors import LoadError, UsageError
from tests import tiny
from tests.conftest import Places
from tests.reading import written
from tests.support import place_in, query
from tests.tiny import built

FIRST = "models/marts/first.sql"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small project, in place of the real one."""
    with pytest.MonkeyPatch.context() as patch:
        made = tiny.make(tmp_path_factory.mktemp("project") / "transforms")
        patch.setattr(dbt, "PROJECT", made)
        yield made


@pytest.fixture(scope="module")
def place(places: Places, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A warehouse whose small project has been built and published once."""
    assert project.exists()
    made = places(tmp_path_factory.mktemp("transformed"))
    tiny.loaded(made)
    first = built(made)
    assert first.status == "done", first.problem
    return made


def published(place: Place) -> int:
    """The version that readers see."""
    with open_reports(place) as reports:
        version: int = reports.rows("select version from second")[0]["version"]
    return version


@pytest.fixture
def edited(project: Path) -> Iterator[Any]:
    """Replace files of the project for one test."""
    before: dict[Path, str | None] = {}

    def edit(name: str, text: str) -> None:
        file = project / name
        before.setdefault(file, file.read_text() if file.exists() else None)
        file.write_text(text)

    yield edit
    for file, text in before.items():
        if text is None:
            file.unlink()
        else:
            file.write_text(text)


# --- what is well ---


def test_a_run_is_recorded_with_what_it_built_tested_and_published(place: Place) -> None:
    done = built(place, version=2)
    assert (done.status, done.problem, done.tables) == ("done", "", 4)
    assert (done.count("model"), done.count("test")) == (4, 4)
    assert published(place) == 2
    assert place.dashboard.read_text() == "2"
    row = query(
        place,
        "select status, models, tests, failures, problem, is_published, as_of = '2026-10-01 20:00:00+00', "
        f"ended_at > started_at from ops.transforms where run_id = '{done.run_id}'",
    )
    assert row == [("done", 4, 4, 0, None, True, True, True)]


def test_steps_are_told_as_they_begin(place: Place) -> None:
    steps: list[str] = []
    built(place, version=2, options={"watch": steps.append})
    building = [step.split()[1] for step in steps if step.startswith("building ")]
    assert sorted(building) == ["first", "int_as_of", "second", "snap_of_day"]
    assert building.index("first") < building.index("second")
    assert (steps[0], steps[-2:]) == ("reading the project", ["publishing", "writing the dashboard"])


def test_the_warehouse_is_free_and_the_environment_as_before_after_a_run(place: Place) -> None:
    before = dict(os.environ)
    built(place, version=2)
    assert dict(os.environ) == before
    if place.destination == "duckdb":
        code = f"import duckdb; duckdb.connect({str(place.warehouse)!r}).execute('create schema free')"
        subprocess.run([sys.executable, "-c", code], check=True)


def test_the_password_reaches_no_file(place: Place) -> None:
    built(place, version=2)
    files = [file for file in place.state_dir.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if b"well-kept" in file.read_bytes()] == []


def test_a_full_refresh_builds_anew_but_keeps_the_snapshots(place: Place) -> None:
    built(place, version=3, day=1)
    done = built(place, version=4, options={"full_refresh": True})
    assert (done.status, published(place)) == ("done", 4)
    assert len(query(place, "select * from snapshots.snap_of_day")) > 1


# --- what is not ---


def test_a_failing_test_is_told_with_its_rows_and_a_query_and_nothing_is_published(place: Place) -> None:
    built(place, version=5)
    done = built(place, version=6, refused=6)
    assert (done.status, done.tables, published(place)) == ("failed", 0, 5)
    (failure,) = done.failures
    assert failure.problem == (
        "The test no_refused_version of first (transforms/tests/no_refused_version.sql) found 20 rows."
    )
    assert done.problem == failure.problem
    assert len(failure.examples) == 5
    assert failure.examples[0].keys() == {"number", "version"}
    assert query(
        place, f"select status, is_published, failures from ops.transforms where run_id = '{done.run_id}'"
    ) == [("failed", False, 1)]
    assert place.dashboard.read_text() == "5"


def test_the_query_that_is_told_shows_the_rows(place: Place) -> None:
    (failure,) = built(place, version=7, refused=7).failures
    if place.destination == "duckdb":
        assert failure.command.startswith(".venv/bin/python ")
        command = failure.command.replace(".venv/bin/python", sys.executable, 1)
        shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        assert "20 rows" in shown.stdout
    else:
        file = Path(failure.command.split(" -f ")[1])
        assert failure.command.startswith("psql 'postgresql://postgres@localhost/")
        assert "well-kept" not in failure.command
        assert len(query(place, file.read_text())) == 20


def test_a_warning_is_told_and_does_not_keep_from_publishing(place: Place) -> None:
    done = built(place, version=8, doubted=8)
    assert (done.status, published(place)) == ("done", 8)
    (warning,) = done.warnings
    assert "no_doubted_version of first" in warning.problem
    assert warning.problem.endswith("found 2 rows. It is a warning, and keeps nothing from being published.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select * from {{ ref('nowhere') }}", "depends on a node named 'nowhere' which was not found"),
        ("select {{ nothing( }}", "first"),
        ("select * from no_such_table", "no_such_table"),
        ("select 1 / 'x' as number, 1 as version", "first"),
    ],
    ids=["unknown ref", "wrong template", "unknown table", "wrong type"],
)
def test_a_model_that_cannot_be_built_is_named_with_its_file_and_nothing_is_published(
    place: Place, edited: Any, text: str, said: str
) -> None:
    built(place, version=9)
    edited(FIRST, text)
    done = built(place, version=10)
    assert (done.status, done.tables, published(place)) == ("failed", 0, 9)
    assert said in done.problem
    assert "first.sql" in done.problem
    assert "\n" not in done.problem


def test_a_warehouse_without_a_load_says_what_to_run_first(place: Place, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no warehouse at .* Run `roundtrip load` first"):
        transform(place_in(tmp_path))
    with open_warehouse(place_in(tmp_path), "ops"):
        pass
    with pytest.raises(UsageError, match=r"holds nothing to transform. Run `roundtrip load` first"):
        transform(place_in(tmp_path))
    assert place.warehouse.parent != tmp_path


def test_a_project_that_is_not_there_is_named(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    with pytest.raises(UsageError, match="There is no dbt project at"):
        built(place)


def test_a_dashboard_that_cannot_be_written_fails_the_run_but_not_the_tables(place: Place) -> None:
    def refuse(_reports: Reports, _path: Path) -> None:
        raise LoadError("the page is too odd.")

    done = built(place, version=11, options={"write_page": refuse})
    assert (done.status, done.tables, published(place)) == ("failed", 4, 11)
    assert done.problem.startswith(
        "The tables are published, but the dashboard is that of before: the page is too odd"
    )


# --- some of the models ---


def test_what_is_selected_is_built_and_published_with_the_rest_as_it_is(place: Place) -> None:
    built(place, version=12)
    done = built(place, select=("second",), version=13)
    assert (done.status, done.count("model"), done.tables) == ("done", 1, 4)
    assert published(place) == 12, "it is made of first, which was not built"


def test_what_is_selected_is_not_published_while_something_else_stands_failed(place: Place) -> None:
    built(place, version=14)
    assert built(place, version=15, refused=15).status == "failed"
    done = built(place, select=("snap_of_day",), version=16)
    assert (done.status, done.tables, published(place)) == ("failed", 0, 14)
    assert "an earlier run left this failing: no_refused_version" in done.problem
    done = built(place, select=("first+",), version=17)
    assert (done.status, published(place)) == ("done", 17)


def test_what_is_selected_is_not_published_after_a_run_that_was_killed(place: Place) -> None:
    built(place, version=18)
    with open_warehouse(place, "ops") as warehouse:
        warehouse.execute(
            "insert into ops.transforms (run_id, command, started_at, status) "
            "values ('dead', 'transform', current_timestamp, 'running')"
        )
    done = built(place, select=("first+",), version=19)
    assert (done.status, published(place)) == ("failed", 18)
    assert "an earlier run did not get to its end" in done.problem
    assert query(place, "select status from ops.transforms where run_id = 'dead'") == [("killed",)]
    assert built(place, version=20).status == "done"


def test_what_is_selected_is_not_published_when_data_was_loaded_meanwhile(place: Place) -> None:
    built(place, version=20)
    tiny.loaded(place, run_id="later")
    done = built(place, select=("first+",), version=21)
    assert (done.status, done.tables, published(place)) == ("failed", 0, 20)
    assert "data was loaded since all tables were built together" in done.problem
    assert built(place, version=21, refused=21).status == "failed"
    assert built(place, select=("first+",), version=22).status == "done", "all are of one state again"
    assert published(place) == 22


def test_nothing_is_built_of_lists_that_were_never_read_to_the_end(place: Place) -> None:
    with open_warehouse(place, "ops") as warehouse:
        unread = "insert into ops.entity_loads (run_id, crm, entity) values ('first', 'pipedrive', 'deals')"
        warehouse.execute(unread)
    try:
        with pytest.raises(UsageError, match="has not been read to the end once: deals"):
            built(place, version=23)
    finally:
        with open_warehouse(place, "ops") as warehouse:
            warehouse.execute("delete from ops.entity_loads where run_id = 'first'")


def test_a_snapshot_that_was_not_taken_is_told(
    place: Place, edited: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    edited("models/snapshots/snap_of_day.sql", "select 1 / 'x' as snapshot_date")
    done = built(place, version=24)
    assert done.snapshots_not_taken == ["snap_of_day"]
    telling.closing(done, place)
    assert "Not taken today: snap_of_day" in capfd.readouterr().err


def test_a_selection_that_names_nothing_is_refused(place: Place) -> None:
    built(place, version=21)
    before = query(place, "select * from ops.transforms order by run_id")
    with pytest.raises(UsageError, match="No model is called frist"):
        built(place, select=("frist",))
    assert query(place, "select * from ops.transforms order by run_id") == before, "it is no run that failed"
    assert built(place, select=("second",), version=21).status == "done", "nothing was left undone"


def test_a_build_that_is_killed_leaves_what_is_published_and_the_next_one_goes_on(place: Place) -> None:
    built(place, version=22)
    code = (
        "import os, signal, sys; from pathlib import Path; from tests import tiny; from tests.reading import placed;"
        "from pipelines import dbt;"
        "dbt.PROJECT = Path(sys.argv[1]);"
        "tiny.built(placed(sys.argv[2]), version=23, options=dict(watch=lambda step:"
        " os.kill(os.getpid(), signal.SIGKILL) if step.startswith('building second') else None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(dbt.PROJECT), written(place)], capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert published(place) == 22
    assert built(place, version=24).status == "done"
    assert published(place) == 24
    last = query(place, "select status from ops.transforms order by started_at desc limit 2")
    assert last == [("done",), ("killed",)]
