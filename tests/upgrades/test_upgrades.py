"""A warehouse that an earlier commit has made goes on with today's code: nothing is lost, and nights are as ever."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from pipelines.config import Settings
from pipelines.nightly import Night, nightly
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from pipelines.warehouse.duckdb import DuckDB
from pipelines.warehouse.postgres import Postgres
from tests.conftest import Places
from tests.support import ADMIN, CORE, PIPEDRIVE, Sandbox, at_length, differences, query, records, sandbox
from tests.upgrades.earlier import A_BUSINESS_DAY, EARLIER, Earlier
from tests.upgrades.schemas import SNAPSHOTS as SNAPSHOTS_DESCRIBED

HISTORY = (
    "ops.runs",
    "ops.entity_loads",
    "ops.transforms",
    "ops.reconciliations",
    "ops.push_ledger",
    "ops.push_open",
    "ops.accounts",
)
SNAPSHOTS = ("snapshots.snap_deal_daily", "snapshots.snap_activity_daily")
REACHED = "select entity, max(window_until) from ops.entity_loads where status = 'done' group by entity"
KEYS = {
    "duckdb": """
        select schema_name, table_name, constraint_type, constraint_column_names::varchar from duckdb_constraints()
        where schema_name in ('ops', 'raw_pipedrive', 'snapshots') order by all""",
    "postgres": """
        select tablename, regexp_replace(indexdef, 'INDEX .* ON', 'INDEX ON') as made from pg_indexes
        where schemaname in ('ops', 'raw_pipedrive', 'snapshots') order by schemaname, tablename, made""",
}
Rows = list[dict[str, Any]]


@dataclass
class Upgraded:
    """A warehouse of before, after a night of today or two."""

    crm: Sandbox
    settings: Settings
    before: dict[str, Rows]
    """The rows that cannot be found again, by table, as they were."""
    reached: dict[str, Any]
    """How far each list had been read."""
    columns: dict[str, list[tuple[str, str]]]
    """What the columns of the snapshots were."""
    nights: list[Night]
    wrong: list[str]
    """How the raw tables differed from the account after the first night."""


@pytest.fixture(scope="module", params=EARLIER, ids=lambda earlier: earlier.name)
def upgraded(
    request: pytest.FixtureRequest, places: Places, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    earlier: Earlier = request.param
    place = places(tmp_path_factory.mktemp(earlier.name))
    earlier.restore(place)
    before = {table: records(place, f"select * from {table}") for table in kept(place)}
    reached = dict(query(place, REACHED))
    columns = {table: columns_of(place, table) for table in SNAPSHOTS}
    with sandbox(earlier.activities, crms=("pipedrive",)) as crm:
        live_through(crm, earlier, before)
        crm.control(A_BUSINESS_DAY[0], **A_BUSINESS_DAY[1])
        settings = crm.settings(place)
        nights = [nightly(settings)]
        wrong = [line for name in CORE for line in differences(crm, settings, PIPEDRIVE.entities[name])]
        if earlier.calls and place.destination == at_length(place.destination, "duckdb"):
            crm.control(A_BUSINESS_DAY[0], **A_BUSINESS_DAY[1])
            nights.append(nightly(settings))
        yield Upgraded(crm, settings, before, reached, columns, nights, wrong)


def columns_of(place: Place, table: str) -> list[tuple[str, str]]:
    """The columns of a table with their types, as the warehouse of before has them."""
    opened = DuckDB if place.destination == "duckdb" else Postgres
    with opened(place, "ops", read_only=True) as warehouse:
        return [*warehouse.columns_of(*table.split(".")).items()]


def described(table: str) -> set[str]:
    """The columns that a snapshot has today."""
    models = yaml.safe_load(SNAPSHOTS_DESCRIBED.read_text())["models"]
    (model,) = [one for one in models if one["name"] == table.partition(".")[2]]
    return {column["name"] for column in model["columns"]}


def kept(place: Place) -> list[str]:
    """The tables there are of which no row can be found again."""
    there = {
        f"{schema}.{name}"
        for schema, name in query(place, "select table_schema, table_name from information_schema.tables")
    }
    return [table for table in (*HISTORY, *SNAPSHOTS) if table in there]


def live_through(crm: Sandbox, earlier: Earlier, before: dict[str, Rows]) -> None:
    """Let the account become what it was when the warehouse was made: its days pass, and what was pushed is written."""
    for path, body in earlier.days:
        crm.control(path, **body)
    written = [one for one in before.get("ops.push_ledger", []) if one["kind"] == "outcome"]
    if written:
        # Not before then, for a row that is older than the held one is not taken.
        crm.control("clock", to=max(one["update_time"] for one in written).isoformat())
    for event in written:
        write(crm, event)


def write(crm: Sandbox, event: dict[str, Any]) -> None:
    """Write what a push wrote."""
    record = f"/{event['record_id']}" if event["operation"] == "update" else ""
    answer = httpx.request(
        "PATCH" if record else "POST",
        f"{crm.url}/api/v2/activities{record}",
        json=json.loads(event["fields"]),
        headers={"x-api-token": ADMIN},
    )
    assert answer.json()["data"]["id"] == event["record_id"], answer.text


def test_the_nights_after_an_upgrade_are_done_and_all_tests_of_the_tables_are_green(
    upgraded: Upgraded,
) -> None:
    for night in upgraded.nights:
        assert (night.status, night.problem) == ("done", "")
        assert night.transformation is not None
        assert night.transformation.tables > 24


def test_the_first_night_reads_what_changed_since_and_the_raw_tables_equal_the_account(
    upgraded: Upgraded,
) -> None:
    run = upgraded.nights[0].parts[0].run
    assert run is not None
    since = {one.plan.entity.name: one.plan.since for one in run.entities if one.plan.entity.incremental}
    reached = {name: f"{upgraded.reached[name]:%Y-%m-%dT%H:%M:%SZ}" for name in since}
    assert since == reached
    assert upgraded.wrong == []


def test_history_ledger_and_snapshots_are_what_they_were(upgraded: Upgraded) -> None:
    assert {*SNAPSHOTS, "ops.runs", "ops.transforms"} <= upgraded.before.keys()
    for table, rows in upgraded.before.items():
        assert rows, table
        now = records(upgraded.settings, f"select * from {table}")
        columns = rows[0].keys()
        same = [{name: row[name] for name in columns} for row in now]
        assert [row for row in rows if row not in same] == [], table
        if table in SNAPSHOTS:
            assert {row["crm"] for row in now} == {"pipedrive"}
            assert len({row["snapshot_date"] for row in now}) == len(
                {row["snapshot_date"] for row in rows}
            ) + len(upgraded.nights)


def test_the_versions_are_todays_and_the_tables_are_those_of_a_fresh_warehouse(
    upgraded: Upgraded, places: Places, tmp_path: Path
) -> None:
    place, fresh = upgraded.settings.place, places(tmp_path)
    with open_warehouse(fresh, "raw_pipedrive") as warehouse:
        warehouse.make_missing(PIPEDRIVE.entities[name] for name in CORE)
    names = "select schema_name, version from ops.schema_versions order by schema_name"
    assert query(place, names) == query(fresh, names)
    tables, keys = made(place)
    wanted, wanted_keys = made(fresh)
    assert {name: tables.get(name) for name in wanted} == wanted
    assert wanted_keys <= keys


def made(place: Place) -> tuple[dict[str, Any], set[Any]]:
    """Columns with their types, keys and indexes of what outlives a run; what came later to ops stands last there."""
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        tables = {
            f"{schema}.{table}": {name: kind for name, kind in columns.items() if not name.startswith("_dlt")}
            for schema in ("ops", "raw_pipedrive")
            for table, columns in warehouse.catalog(schema).items()
        }
        return tables, set(warehouse.rows_of(KEYS[place.destination]))


def test_snapshots_have_the_columns_of_before_and_first_of_all_which_crm_they_are_of(
    upgraded: Upgraded,
) -> None:
    with open_warehouse(upgraded.settings.place, "ops", read_only=True) as warehouse:
        now = {
            f"snapshots.{table}": [*columns.items()]
            for table, columns in warehouse.catalog("snapshots").items()
        }
        keys = warehouse.rows_of(KEYS[warehouse.place.destination])
    for table in SNAPSHOTS:
        crm, *others = now[table]
        assert crm == ("crm", "VARCHAR" if warehouse.place.destination == "duckdb" else "character varying")
        assert [one for one in others if one in upgraded.columns[table]] == upgraded.columns[table]
        assert {name for name, _ in now[table]} == described(table)
    indexes = [told for told in keys if "snapshot_date" in told[-1]]
    assert len(indexes) == (len(SNAPSHOTS) if warehouse.place.destination == "postgres" else 0)
