"""The warehouse itself: the types and indexes of its tables, statements and transactions."""

from contextlib import suppress

import pytest

from pipelines.place import Place
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import UsageError
from tests.support import PIPEDRIVE, differences, execute, query, run, sandbox

ACTIVITIES = PIPEDRIVE.entities["activities"]
UNIQUE = """
select tablename, substring(indexdef from '[(].*[)]') from pg_indexes
where schemaname = 'raw_pipedrive' and indexdef like 'CREATE UNIQUE%' and tablename not like '!_dlt%' escape '!'
"""
READ = """
select seq_tup_read, coalesce(idx_scan, 0) from pg_stat_user_tables
where schemaname = 'raw_pipedrive' and relname = 'activities'
"""


def test_every_raw_table_has_the_declared_types_and_a_unique_index_on_its_key(postgres_place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(postgres_place)
        run(settings, "all")
        with open_warehouse(postgres_place, settings.dataset) as warehouse:
            found = warehouse.catalog(settings.dataset)
            for entity in PIPEDRIVE.entities.values():
                wanted = {column.name: warehouse.types[column.kind] for column in entity.columns}
                assert found[entity.name] == wanted
    assert found["activities"]["participants"] == "json"
    assert found["deals"]["value"] == "numeric(38,9)"
    unique = sorted(query(postgres_place, UNIQUE))
    assert unique == sorted(
        (entity.name, f"({entity.primary_key})") for entity in PIPEDRIVE.entities.values()
    )


def test_an_index_that_is_missing_is_made_again(postgres_place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(postgres_place)
        run(settings, "stages")
        execute(postgres_place, "drop index raw_pipedrive.stages_id_key")
        run(settings, "stages")
    assert query(postgres_place, "select 1 from pg_indexes where indexname = 'stages_id_key'") == [(1,)]


def test_a_merge_finds_its_rows_by_the_index(postgres_place: Place) -> None:
    with sandbox(600) as crm:
        settings = crm.settings(postgres_place)
        run(settings, "activities")
        execute(postgres_place, _many_more("activities"))
        execute(postgres_place, "analyze raw_pipedrive.activities")
        ((before, _),) = query(postgres_place, READ)
        crm.control("advance", days=1, activity_changes=100)
        assert run(settings, "activities").total("updated") >= 100
        ((after, by_index),) = query(postgres_place, READ)
    assert by_index > 0
    assert after - before < 100, "a look whether there is a row at all reads one or two"


def _many_more(table: str) -> str:
    """Sixty times the rows, under other ids."""
    others = ", ".join(f'"{column.name}"' for column in ACTIVITIES.columns if column.name != "id")
    return (
        f"insert into raw_pipedrive.{table} (id, {others}) select id + 1000000 * n, {others} "
        f"from raw_pipedrive.{table}, generate_series(1, 60) as n"
    )


@pytest.mark.parametrize("schema", ["raw_pipedrive", "raw_pipedrive_staging"])
def test_a_column_of_another_type_is_never_written_to(place: Place, schema: str) -> None:
    """ADBC would write a whole number into a column of floats as if its bits were one's; DuckDB rounds in silence."""
    with sandbox(60) as crm:
        settings = crm.settings(place)
        run(settings, "activities")
        execute(place, f"alter table {schema}.activities alter column owner_id type double precision")
        crm.control("advance", days=1)
        if schema == "raw_pipedrive":
            problem = r"activities\.owner_id is of type (?i:double.*) instead of (?i:bigint)"
            with pytest.raises(UsageError, match=problem):
                run(settings, "activities")
            execute(place, "drop table raw_pipedrive.activities")
            crm.begin_here()
        assert run(settings, "activities").status == "done"
        assert differences(crm, settings, ACTIVITIES) == []


def test_statements_take_question_marks_and_leave_texts_alone(place: Place) -> None:
    with open_warehouse(place, "raw_pipedrive") as warehouse:
        assert warehouse.rows_of("select ?, 'why? 100 %', 7 % ?", ("it''s", 4)) == [
            ("it''s", "why? 100 %", 3)
        ]
        assert warehouse.rows_of("select '100 %'") == [("100 %",)]
        assert warehouse.records_of("""select '{"a": 1}'::json as j""") == [{"j": '{"a": 1}'}]


def test_what_interrupts_a_transaction_that_has_just_ended_is_told_as_what_it_is(place: Place) -> None:
    def interrupted(warehouse: Warehouse) -> None:
        with warehouse.transaction():
            warehouse.execute("commit")
            raise KeyboardInterrupt

    with open_warehouse(place, "ops") as warehouse:
        with pytest.raises(KeyboardInterrupt):
            interrupted(warehouse)
        assert warehouse.rows_of("select 1") == [(1,)]


def test_a_transaction_happens_as_a_whole_or_not_at_all(place: Place) -> None:
    with open_warehouse(place, "raw_pipedrive") as warehouse:
        warehouse.execute("create table once (n integer)")
        with suppress(ZeroDivisionError), warehouse.transaction():
            warehouse.execute("insert into once values (1)")
            assert warehouse.rows_of("select n from once") == [(1,)], "seen within"
            raise ZeroDivisionError
        assert warehouse.rows_of("select n from once") == []
        with warehouse.transaction():
            warehouse.execute("insert into once values (?)", (2,))
        assert warehouse.rows_of("select n from once") == [(2,)]
