"""What is old goes from `ops`, and nothing that something still stands on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipelines import ops
from pipelines.history import prune
from pipelines.place import Place
from pipelines.warehouse import Warehouse, open_warehouse

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)


@pytest.fixture
def warehouse(place: Place) -> Iterator[Warehouse]:
    with open_warehouse(place, "ops") as opened:
        yield opened


def at(days: int) -> datetime:
    return NOW - timedelta(days=days)


def ran(
    warehouse: Warehouse, days: int, command: str = "nightly", *, until: bool = True, of: str = "deals"
) -> str:
    """A run some days ago that loaded one list, to its end or not."""
    run_id = f"{command}-{days}"
    insert = "insert into ops.runs (run_id, command, crm, started_at, status) values (?, ?, 'pipedrive', ?, 'done')"
    warehouse.execute(insert, [run_id, command, at(days)])
    if of:
        load = (
            "insert into ops.entity_loads (run_id, crm, entity, status, window_since, window_until) "
            "values (?, 'pipedrive', ?, 'done', ?, ?)"
        )
        since = at(days + 1) if command == "nightly" else None
        warehouse.execute(load, [run_id, of, since, at(days) if until else None])
    return run_id


def left(warehouse: Warehouse, table: str) -> list[str]:
    return [row[0] for row in warehouse.rows_of(f"select run_id from ops.{table} order by run_id")]


def test_runs_and_their_loads_go_when_they_are_older_than_history_is_kept(warehouse: Warehouse) -> None:
    kept = [ran(warehouse, days) for days in (1, 399)]
    ran(warehouse, 401)
    prune(warehouse, 400, NOW)
    assert left(warehouse, "runs") == left(warehouse, "entity_loads") == kept


def test_all_history_is_kept_when_it_is_to_be(warehouse: Warehouse) -> None:
    kept = [ran(warehouse, days) for days in (1, 4000)]
    prune(warehouse, None, NOW)
    assert left(warehouse, "runs") == kept


def test_how_far_a_list_is_stays_known_however_long_it_was_not_read(warehouse: Warehouse) -> None:
    ran(warehouse, 504)
    of_changes = ran(warehouse, 503)
    whole = ran(warehouse, 502, "load")
    broken_off = ran(warehouse, 501, "load", until=False)
    last = ran(warehouse, 1, of="persons")
    prune(warehouse, 400, NOW)
    assert left(warehouse, "entity_loads") == sorted([of_changes, whole, broken_off, last])
    assert left(warehouse, "runs") == sorted([of_changes, whole, broken_off, last])


def test_the_last_run_of_each_command_stays(warehouse: Warehouse) -> None:
    ran(warehouse, 502, "push", of="")
    last = ran(warehouse, 501, "push", of="")
    prune(warehouse, 400, NOW)
    assert left(warehouse, "runs") == [last]


def test_the_last_proof_stays_and_so_does_what_was_found_last(warehouse: Warehouse) -> None:
    insert = (
        "insert into ops.reconciliations (run_id, crm, entity, started_at, is_proved) "
        "values (?, 'pipedrive', 'deals', ?, ?)"
    )
    for days, proved in ((504, True), (503, True), (502, False), (501, False)):
        warehouse.execute(insert, [f"r-{days}", at(days), proved])
    prune(warehouse, 400, NOW)
    assert left(warehouse, "reconciliations") == ["r-501", "r-503"]


def test_what_is_known_of_published_tables_stays_while_nothing_newer_is_published(
    warehouse: Warehouse,
) -> None:
    insert = (
        "insert into ops.transforms (run_id, command, started_at, is_published, is_whole) "
        "values (?, 'nightly', ?, ?, true)"
    )
    for days, published in ((504, True), (503, True), (502, False), (1, False)):
        warehouse.execute(insert, [f"t-{days}", at(days), published])
    prune(warehouse, 400, NOW)
    assert left(warehouse, "transforms") == ["t-1", "t-502", "t-503"]


def test_tokens_of_old_days_go_and_those_of_today_count_on(warehouse: Warehouse) -> None:
    insert = "insert into ops.token_spend values (?, 'pipedrive', 'nightly', 'deals', ?, 1, 5)"
    for days in (401, 0):
        warehouse.execute(insert, [at(days).date(), f"r-{days}"])
    prune(warehouse, 400, NOW)
    assert ops.spent_by_day(warehouse, "pipedrive") == {NOW.date(): 5}


def test_alerts_go_that_are_over_and_what_still_stands_stays(warehouse: Warehouse) -> None:
    insert = "insert into ops.alerts (channel, problem, since, ended_at) values ('mail', ?, ?, ?)"
    for problem, ended in (("over", at(401)), ("lately", at(1)), ("standing", None)):
        warehouse.execute(insert, [problem, at(500), ended])
    prune(warehouse, 400, NOW)
    assert warehouse.rows_of("select problem from ops.alerts order by problem") == [
        ("lately",),
        ("standing",),
    ]
