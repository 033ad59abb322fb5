"""Columns and tables that are named to do harm: refused by name where they are no field, and never more than names."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.config import Settings
from pipelines.push.building import read_from
from pipelines.sql import named, quoted
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import UsageError
from tests.conftest import Places
from tests.push.test_targets import model, targeted
from tests.support import settings_of

TRICKS = [
    *(
        'subject"; drop table treasure.gold; --',
        "subject'; drop table treasure.gold; --",
        "1); drop table treasure.gold",
    ),
    *(
        "subject, (select secret from treasure.gold) as subject",
        "subject) values (1); --",
        'subject" as "id',
        "*",
    ),
    *(
        "Subject",
        " subject",
        "subject ",
        "ｓubject",
        "subјect",
        "subject\u200b",
        "subject?",
        "%s",
        "{subject}",
        "id;",
    ),
    *(
        "data.id",
        "api_token",
        "x-api-token",
        "/../users",
        "custom_fields",
        "is_deleted",
        "update_time",
    ),
]


@pytest.fixture(scope="module")
def warehouse(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse with a table that nobody is to touch."""
    with open_warehouse(places(tmp_path_factory.mktemp("tricks")), "raw_pipedrive") as opened:
        opened.execute("create schema treasure")
        opened.execute("create table treasure.gold as select 'secret' as secret")
        yield opened
        assert opened.rows_of("select secret from treasure.gold") == [("secret",)]


@pytest.fixture
def settings(warehouse: Warehouse) -> Settings:
    return settings_of("pipedrive", "http://127.0.0.1:9", warehouse.place)


def refused(settings: Settings, warehouse: Warehouse, source: str) -> str:
    with pytest.raises(UsageError) as caught:
        read_from(settings, warehouse, source, "activities")
    return caught.value.message


@pytest.mark.parametrize("trick", TRICKS)
def test_a_column_that_is_no_field_is_refused_by_name(
    settings: Settings, warehouse: Warehouse, trick: str, tmp_path: Path
) -> None:
    told = f"the column {trick!r} is no field of activities"
    with pytest.raises(UsageError) as caught:
        targeted(model(), ["push_key", trick])
    assert told in caught.value.message
    # A file's header is trimmed, as spreadsheets leave blanks there.
    if trick.strip() != "subject":
        file = tmp_path / "calls.csv"
        with file.open("w", newline="") as opened:
            csv.writer(opened).writerows([["push_key", trick, "_1", "_2", "_3"], [*"axyz", ""]])
        assert told in refused(settings, warehouse, str(file))
    warehouse.execute("drop table if exists treasure.map")
    warehouse.execute(f"create table treasure.map (push_key varchar, {quoted(trick)} varchar)")
    if trick != "Subject":  # DuckDB's names are of any case
        assert told in refused(settings, warehouse, "treasure.map")


@pytest.mark.parametrize(
    "source",
    [
        *(
            "treasure.gold; drop table treasure.gold",
            'treasure"."gold',
            '"treasure"."gold"',
            "gold",
            "treasure.",
            ".gold",
        ),
        *(
            "treasure.gold where 1=1",
            "(select 1).x",
            "treasure.gold--",
            "read_csv('/etc/passwd').x",
            "/etc/passwd",
            "",
        ),
        *("main.'/etc/passwd'", "treasure.gold,ops.runs", "pg_catalog.pg_authid; --"),
    ],
)
def test_what_is_pushed_from_is_a_table_by_its_name_or_nothing(
    settings: Settings, warehouse: Warehouse, source: str
) -> None:
    assert f"no table or view {source!r}" in refused(settings, warehouse, source)


def test_a_table_of_an_odd_name_is_read_as_what_it_is(settings: Settings, warehouse: Warehouse) -> None:
    name = 'it\'s; "odd" 100 % ?'
    warehouse.execute(
        f"create table {named('treasure', name)} as select 'a' as push_key, 'Call' as subject, 1 as \"_%s?\""
    )
    built = read_from(settings, warehouse, f"treasure.{name}", "activities")
    ((_, wanted),) = built.wanted
    assert [(one.push_key, one.values) for one in wanted] == [("a", {"subject": "Call"})]
