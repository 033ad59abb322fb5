"""The versions of a warehouse's schemas: what is on record, the steps that are taken, and what is refused."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.place import Place
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.warehouse.duckdb import DuckDB
from pipelines.warehouse.postgres import Postgres
from pipelines.warehouse.steps import STEPS
from pipelines.warehouse.versions import KEPT, bring_up_to_date, versions
from sources.errors import LoadError, UsageError
from tests.killed_upgrade import steps
from tests.reading import written
from tests.support import execute, query

COMMANDS = (
    *(
        "nightly",
        "load",
        "backfill --entity deals --from 2020-01-01",
        "reconcile",
        "plan nightly",
        "transform",
        "push",
    ),
    *("status", "fields", "docs", "alert"),
)
NOBODY = "http://127.0.0.1:1"
"""Where no CRM answers."""
NEWEST = {name: 1 + len(steps) for name, steps in STEPS.items()}


def found(place: Place) -> dict[str, int | None]:
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        return {one.schema: one.found for one in versions(warehouse)}


def test_a_fresh_warehouse_is_of_the_newest_versions_and_says_since_when_and_by_what(place: Place) -> None:
    with open_warehouse(place, "ops") as warehouse:
        told = versions(warehouse)
        assert {one.schema: one.found for one in told} == {one.schema: one.known for one in told}
        assert {"ops", "raw_pipedrive", "raw_deskera"} <= {one.schema for one in told}
        assert all(one.since and one.roundtrip for one in told)
        assert warehouse.catalog("ops").keys() >= KEPT
        before = (
            query(place, "select * from ops.schema_versions") if place.destination == "postgres" else None
        )
    with open_warehouse(place, "ops"):
        pass
    assert before is None or query(place, "select * from ops.schema_versions") == before


def test_a_warehouse_of_before_versions_is_of_the_first_and_is_brought_up_to_date(
    place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_before(place)
    with pytest.raises(
        UsageError, match="earlier version of Roundtrip: its schema ops is of version 1"
    ) as caught:
        open_warehouse(place, "ops", read_only=True)
    assert "`roundtrip nightly`" in caught.value.way_out
    monkeypatch.setattr(logging.getLogger("roundtrip"), "propagate", True)
    with caplog.at_level(logging.WARNING, "roundtrip.upgrade"):
        open_warehouse(place, "ops").close()
    (line,) = {record.getMessage() for record in caplog.records if record.name == "roundtrip.upgrade"}
    assert f"ops 1 -> {NEWEST['ops']}" in line
    assert found(place)["ops"] == NEWEST["ops"]
    assert query(place, "select run_id, is_whole, built from ops.transforms") == [("old", None, None)]


def of_before(place: Place) -> None:
    """A warehouse of before versions were recorded, as far as `ops.transforms` shows it."""
    if place.destination == "duckdb":
        place.warehouse.parent.mkdir(parents=True, exist_ok=True)
    execute(place, "create schema ops")
    execute(place, "create table ops.transforms (run_id varchar primary key, unsettled varchar)")
    execute(place, "insert into ops.transforms values ('old', '[]')")


def test_a_newer_warehouse_is_refused_and_nothing_of_it_is_changed(place: Place) -> None:
    open_warehouse(place, "ops").close()
    execute(place, "update ops.schema_versions set version = 99 where schema_name = 'raw_pipedrive'")
    execute(place, "drop table ops.push_open")
    for read_only in (True, False):
        with pytest.raises(UsageError, match=r"newer version .* raw_pipedrive is of version 99") as caught:
            open_warehouse(place, "ops", read_only=read_only)
        assert "git pull" in caught.value.way_out
    assert query(place, "select count(*) from information_schema.tables where table_name = 'push_open'") == [
        (0,)
    ]


def test_a_table_that_somebody_has_dropped_is_made_again_by_the_next_run(place: Place) -> None:
    open_warehouse(place, "ops").close()
    execute(place, "drop table ops.push_open")
    with pytest.raises(UsageError, match=r"it has no table ops\.push_open yet"):
        open_warehouse(place, "ops", read_only=True)
    open_warehouse(place, "ops").close()
    assert query(place, "select * from ops.push_open") == []


def added(warehouse: Warehouse) -> set[str]:
    return warehouse.columns_of("ops", "limits").keys() & {"first", "second"}


def test_a_step_that_fails_says_so_and_the_next_run_takes_it_again(place: Place) -> None:
    breaking, well = (
        steps(lambda warehouse: warehouse.execute("select * from nowhere")),
        steps(lambda _: None),
    )
    known = NEWEST["ops"]
    with open_warehouse(place, "ops") as warehouse:
        with pytest.raises(
            LoadError, match=f"schema ops to version {known + 2} failed, and nothing of it was done"
        ):
            bring_up_to_date(warehouse, breaking)
        assert added(warehouse) == {"first"}
        assert versions(warehouse, breaking)[0].found == known + 1
        for _ in range(2):
            bring_up_to_date(warehouse, well)
            assert added(warehouse) == {"first", "second"}
            assert versions(warehouse, well)[0].found == known + 2


def test_a_run_that_was_killed_within_a_step_leaves_it_to_the_next(place: Place) -> None:
    command = [sys.executable, "-m", "tests.killed_upgrade", written(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    well = steps(lambda _: None)
    opened = DuckDB if place.destination == "duckdb" else Postgres  # for today's steps it is a newer one
    with opened(place, "ops") as warehouse:
        assert added(warehouse) == {"first"}
        assert versions(warehouse, well)[0].found == NEWEST["ops"] + 1
        bring_up_to_date(warehouse, well)
        assert added(warehouse) == {"first", "second"}


def old_snapshots(place: Place) -> None:
    """Snapshots of when there was one CRM, and no column said so."""
    if place.destination == "duckdb":
        place.warehouse.parent.mkdir(parents=True, exist_ok=True)
    execute(place, "create schema snapshots")
    execute(
        place,
        "create table snapshots.snap_deal_daily (snapshot_date date, deal_id bigint, value numeric(38, 9))",
    )
    execute(
        place, "insert into snapshots.snap_deal_daily values ('2026-10-01', 1, 1.5), ('2026-10-02', 1, null)"
    )


def test_snapshots_of_when_there_was_one_crm_say_which_in_their_first_column(place: Place) -> None:
    old_snapshots(place)
    open_warehouse(place, "ops").close()
    assert query(place, "select * from snapshots.snap_deal_daily order by snapshot_date") == [
        ("pipedrive", date(2026, 10, 1), 1, Decimal("1.5")),
        ("pipedrive", date(2026, 10, 2), 1, None),
    ]


def test_snapshots_that_views_of_somebody_read_say_it_in_their_last_column(postgres_place: Place) -> None:
    old_snapshots(postgres_place)
    execute(postgres_place, "create view public.mine as select deal_id from snapshots.snap_deal_daily")
    open_warehouse(postgres_place, "ops").close()
    columns = "select * from snapshots.snap_deal_daily order by snapshot_date limit 1"
    assert query(postgres_place, columns) == [(date(2026, 10, 1), 1, Decimal("1.5"), "pipedrive")]
    assert query(postgres_place, "select * from public.mine") == [(1,), (1,)]


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """What a command says that is refused, in a place whose warehouse is `warehouse.duckdb`; it ends with 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROUNDTRIP__WAREHOUSE", "warehouse.duckdb")
    monkeypatch.setenv("SOURCES__PIPEDRIVE__COMPANY_DOMAIN", NOBODY)
    monkeypatch.setenv("SOURCES__PIPEDRIVE__API_TOKEN", "token")
    monkeypatch.setenv("SOURCES__PIPEDRIVE__REQUEST_TRIES", "1")

    def saying(command: str) -> str:
        monkeypatch.setattr(sys, "argv", ["roundtrip", *command.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2, command
        return capsys.readouterr().err

    return saying


def test_every_command_refuses_a_newer_warehouse_and_changes_nothing(
    told: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS__WEBHOOK_URL", f"{NOBODY}/hook")
    place = Place(warehouse=Path("warehouse.duckdb"))
    open_warehouse(place, "ops").close()
    execute(place, "update ops.schema_versions set version = 99 where schema_name = 'ops'")
    before = place.warehouse.read_bytes()
    for command in COMMANDS:
        assert "newer version of Roundtrip: its schema ops is of version 99" in told(command), command
    assert place.warehouse.read_bytes() == before


def test_commands_that_only_read_an_older_warehouse_say_what_brings_it_up_to_date(
    told: Callable[[str], str],
) -> None:
    place = Place(warehouse=Path("warehouse.duckdb"))
    of_before(place)
    for command in ("status", "fields", "plan nightly"):
        assert "`roundtrip nightly`, or `roundtrip transform`" in told(command), command


@pytest.mark.parametrize("command", ["reconcile", "backfill --entity deals --from 2020-01-01", "transform"])
def test_a_command_that_writes_brings_an_older_warehouse_up_to_date_before_all_else(
    command: str, told: Callable[[str], str]
) -> None:
    place = Place(warehouse=Path("warehouse.duckdb"))
    of_before(place)
    assert f"bringing it up to date: ops 1 -> {NEWEST['ops']}" in told(command)
    assert found(place)["ops"] == NEWEST["ops"]
