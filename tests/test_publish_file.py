"""The published DuckDB file: readers who have it open keep what they see, and no damage to it outlives a publish."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.place import Place
from pipelines.publish.duckdb import HEADER
from sources.errors import TransformError
from tests import tiny
from tests.support import place_in
from tests.tiny import SAME_VERSION, republish, seen


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A warehouse whose tiny project has been built and published."""
    folder = tmp_path_factory.mktemp("published")
    with tiny.published(place_in(folder), folder / "project") as made:
        yield made


def test_whoever_opens_the_file_while_another_takes_its_place_reads_the_state_before(
    place: Place, tmp_path: Path
) -> None:
    """Of the same path DuckDB takes the header first, and then, where a publish came between, the rest of the new."""
    republish(place, 1)
    republish(place, 2, "alter table build.first add column filling varchar")
    mixed = tmp_path / "mixed.duckdb"
    for version in range(3, 15):
        before = place.reports.read_bytes()
        filled = "repeat(md5(random()::varchar), 20000)" if version % 4 == 0 else "null"
        republish(place, version, f"update build.first set filling = {filled}")
        mixed.write_bytes(before[:HEADER] + place.reports.read_bytes()[HEADER:])
        with duckdb.connect(str(mixed), read_only=True) as connection:
            ((lowest, highest, rows, second, told),) = connection.execute(SAME_VERSION).fetchall()
        assert (lowest, highest, second, told, rows) == (version - 1,) * 4 + (20,), version
        assert seen(place) == version


def test_a_publish_that_cannot_write_says_where_and_leaves_the_warehouse_usable(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    elsewhere = replace(place, reports=tmp_path / "taken/reports.duckdb")
    with pytest.raises(TransformError, match=r"could not be published to .*taken/reports.duckdb"):
        republish(elsewhere, 20)
    republish(place, 21)
    assert seen(place) == 21


def test_a_published_file_that_is_damaged_or_no_database_is_made_from_nothing(place: Place) -> None:
    for damage in (b"", b"no database " * 5000, place.reports.read_bytes()[:20_000]):
        place.reports.write_bytes(damage)
        republish(place, 30)
        assert seen(place) == 30


def test_a_file_that_has_become_mostly_empty_is_written_anew(place: Place) -> None:
    republish(place, 90)
    lean = place.reports.stat().st_size
    with duckdb.connect(str(place.reports)) as connection:
        connection.execute("create table filling as select random() as x from range(2_000_000)")
        connection.execute("create table last as from filling limit 500_000; checkpoint; drop table filling")
    assert place.reports.stat().st_size > 2 * lean
    republish(place, 91)
    assert place.reports.stat().st_size <= lean + 1_000_000


def test_a_log_left_by_somebody_who_wrote_into_the_file_does_not_reach_the_next_one(place: Place) -> None:
    republish(place, 92)
    code = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
        "connection.execute('update first set version = 0'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(place.reports)], check=True)
    assert place.reports.with_name("reports.duckdb.wal").exists()
    republish(place, 93)
    assert seen(place) == 93
