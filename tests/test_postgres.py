"""What is so on Postgres only: who is let in, who else is writing, which types, which indexes, and no password told."""

import threading
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from pipelines import status
from pipelines.config import read_place
from pipelines.lock import locked
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from sources.errors import Busy, UsageError
from tests.postgres import Server
from tests.support import PIPEDRIVE, differences, execute, query, run, sandbox

ACTIVITIES = PIPEDRIVE.entities["activities"]
PASSWORD = "hush-hush"
UNIQUE = """
select tablename, substring(indexdef from '[(].*[)]') from pg_indexes
where schemaname = 'raw_pipedrive' and indexdef like 'CREATE UNIQUE%' and tablename not like '!_dlt%' escape '!'
"""
READ = """
select seq_tup_read, coalesce(idx_scan, 0) from pg_stat_user_tables
where schemaname = 'raw_pipedrive' and relname = 'activities'
"""


def changed(place: Place, **parts: str) -> Place:
    """The place, with other parts of its URL."""
    return replace(place, postgres_url=urlunsplit(urlsplit(place.postgres_url)._replace(**parts)))


def as_user(place: Place, name: str) -> Place:
    """The place, as another user sees it who may do nothing there yet."""
    execute(place, f"create role {name} login password '{PASSWORD}'")
    return changed(place, netloc=f"{name}:{PASSWORD}@localhost")


def refusal(place: Place, *, read_only: bool = False) -> str:
    with pytest.raises(UsageError) as caught, open_warehouse(place, "raw_pipedrive", read_only=read_only):
        pass
    return str(caught.value)


def test_a_database_is_dropped_though_somebody_is_still_connected(postgres: Server) -> None:
    with postgres.database() as url:
        left_open = psycopg2.connect(url)
    left_open.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(url)


# --- who is let in ---


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"mysql://me:{PASSWORD}@host/crm", "does not begin with postgresql://"),
        (f"host=db user=me password={PASSWORD}", "does not begin with postgresql://"),
        (f"postgresql://me:{PASSWORD}@host", "lacks the database's name"),
        (f"postgresql://me:{PASSWORD}@/crm?host=/run", "lacks a host (for a socket: "),
        ("postgresql://host/crm", "lacks a user, a password"),
        (f"postgresql://me:{PASSWORD}@host:5432x/crm", "has a host or a port that is none"),
        (f"postgresql://me:hush/{PASSWORD}@host/crm", "has a host or a port that is none"),
        (f"postgresql://me:{PASSWORD}@[host/crm", "has a host or a port that is none"),
        (f"postgresql://me:hush {PASSWORD}@host/crm", "holds spaces"),
    ],
)
def test_a_url_that_cannot_work_is_refused_without_telling_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    monkeypatch.setenv("ROUNDTRIP__DESTINATION", "postgres")
    monkeypatch.setenv("ROUNDTRIP__POSTGRES_URL", url)
    with pytest.raises(UsageError) as caught:
        read_place(PIPEDRIVE)
    assert f"The setting roundtrip.postgres_url {problem}" in str(caught.value)
    assert "Write postgresql://user:password@host:5432/database" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(postgres_place: Place) -> None:
    gone = changed(postgres_place, netloc=f"me:{PASSWORD}@127.0.0.1:1", query="")
    message = refusal(gone)
    assert "postgresql://127.0.0.1:1/" in message
    assert "Does the server run there" in message
    assert PASSWORD not in message


def test_an_option_that_postgres_does_not_know_is_told_without_the_password(postgres_place: Place) -> None:
    message = refusal(changed(postgres_place, netloc=f"me:{PASSWORD}@localhost", query="sslmod=require"))
    assert 'invalid URI query parameter: "sslmod"' in message
    assert PASSWORD not in message


def test_a_database_that_is_not_there_is_named_with_what_makes_it(postgres_place: Place) -> None:
    message = refusal(changed(postgres_place, path="/nowhere"), read_only=True)
    assert 'database "nowhere" does not exist' in message
    assert "`createdb nowhere`" in message


def test_a_user_that_is_not_there_is_named(postgres_place: Place) -> None:
    message = refusal(changed(postgres_place, netloc=f"nobody:{PASSWORD}@localhost"))
    assert 'role "nobody" does not exist' in message
    assert "Correct the user" in message


def test_a_user_that_may_make_no_schema_is_told_what_to_grant(postgres_place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(as_user(postgres_place, "guest_without_rights"))
        with pytest.raises(UsageError) as caught:
            run(settings)
    execute(postgres_place, "drop role guest_without_rights")
    assert "permission denied" in str(caught.value)
    assert f"grant create on database {postgres_place.database} to guest_without_rights" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_user_with_that_right_loads_and_leaves_the_password_nowhere(postgres_place: Place) -> None:
    guest = as_user(postgres_place, "guest_with_rights")
    execute(postgres_place, f"grant create on database {postgres_place.database} to guest_with_rights")
    with sandbox(20) as crm:
        settings = crm.settings(guest)
        assert run(settings).status == "done"
        files = [file for file in guest.warehouse.parent.rglob("*") if file.is_file()]
        assert len(files) > 5, "dlt's working folder is among them"
        assert [file for file in files if PASSWORD.encode() in file.read_bytes()] == []
        told = query(settings, "select runs::text from ops.runs as runs")
        assert PASSWORD not in repr((settings, told))
    execute(postgres_place, "drop owned by guest_with_rights cascade")
    execute(postgres_place, "drop role guest_with_rights")


def test_a_warehouse_whose_user_may_make_no_schema_does_with_those_that_are_there(
    postgres_place: Place,
) -> None:
    with sandbox(20) as crm:
        run(crm.settings(postgres_place), "stages")
        with open_warehouse(as_user(postgres_place, "user_of_schemas"), "raw_pipedrive") as warehouse:
            warehouse.make_schema("ops")
            with pytest.raises(UsageError, match="may not do what is needed"):
                warehouse.make_schema("another")
    execute(postgres_place, "drop role user_of_schemas")


# --- who else is there ---


def test_a_run_on_another_machine_is_seen_by_its_lock_in_the_server(postgres_place: Place) -> None:
    elsewhere = replace(postgres_place, warehouse=postgres_place.warehouse.parent / "elsewhere" / "w")
    with (
        locked(elsewhere, "nightly"),
        pytest.raises(Busy, match=r"roundtrip nightly, process \d+ on .* since 20"),
        locked(postgres_place, "load"),
    ):
        pass
    with locked(postgres_place, "load"):
        pass


def test_status_is_told_while_a_run_is_writing(postgres_place: Place) -> None:
    with sandbox(300) as crm:
        settings = crm.settings(postgres_place)
        run(settings)
        crm.control("advance", days=1)
        told: list[str] = []

        def ask(_run: object, step: str) -> None:
            asking = threading.Thread(
                target=lambda: told.append(status.read(postgres_place, PIPEDRIVE)["runs"][0]["status"])
            )
            asking.start()
            asking.join(timeout=20)
            assert told[-1:] == ["running"], step

        run(settings, watch=ask)
        assert len(told) == len(["connecting", "extracting", "normalizing", "loading"])


def test_who_only_reads_cannot_write(postgres_place: Place) -> None:
    with (
        open_warehouse(postgres_place, "raw_pipedrive", read_only=True) as warehouse,
        pytest.raises(Exception, match="read-only transaction"),
    ):
        warehouse.execute("create schema mischief")


# --- types and indexes ---


def test_every_raw_table_has_the_declared_types_and_a_unique_index_on_its_key(postgres_place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(postgres_place)
        run(settings)
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
