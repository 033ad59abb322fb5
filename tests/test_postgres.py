"""What is so on Postgres only: who is let in, who else is writing, and that no password is told."""

import threading
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from pipelines import status
from pipelines.check import check
from pipelines.config import read_place
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from pipelines.warehouse.postgres import connect, named_errors
from sources.errors import Busy, LoadError, UsageError
from tests.postgres import Server
from tests.support import PIPEDRIVE, execute, query, run, sandbox
from tests.test_cli import failure, roundtrip

PASSWORD = "hush-hush"


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
        read_place()
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
        checked = [one for one in check(settings).findings if one.level == "problem"]
    told = [str(caught.value), *(f"{one.message} {one.remedy}" for one in checked)]
    assert [one.area for one in checked] == ["warehouse"]
    execute(postgres_place, "drop role guest_without_rights")
    for message in told:
        assert "permission denied" in message
        assert f"grant create on database {postgres_place.database} to guest_without_rights" in message
        assert PASSWORD not in message


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
        guest = as_user(postgres_place, "user_of_schemas")
        for granted in ("schema ops", "all tables in schema ops"):
            execute(postgres_place, f"grant all on {granted} to user_of_schemas")
        with open_warehouse(guest, "raw_pipedrive") as warehouse:
            warehouse.make_schema("ops")
            with pytest.raises(UsageError, match="may not do what is needed"):
                warehouse.make_schema("another")
    execute(postgres_place, "drop owned by user_of_schemas")
    execute(postgres_place, "drop role user_of_schemas")


def test_the_command_loads_and_tells_how_it_stands_without_the_password(postgres_place: Place) -> None:
    folder = postgres_place.warehouse.parent
    told = {
        "roundtrip__destination": "postgres",
        "roundtrip__postgres_url": changed(
            postgres_place, netloc=f"postgres:{PASSWORD}@localhost"
        ).postgres_url,
    }
    with sandbox(20) as crm:
        loaded = roundtrip(folder, "--debug", "load", "--json", url=crm.url, **told)
        shown = roundtrip(folder, "status", **told)
        gone = told["roundtrip__postgres_url"].replace("host=", "host=/nowhere")
        failed = roundtrip(folder, "--debug", "status", **{**told, "roundtrip__postgres_url": gone})
    assert loaded.returncode == 0, loaded.stderr
    assert f"pipedrive in postgresql://localhost/{postgres_place.database}" in shown.stdout
    assert "cannot be reached" in failure(failed)
    assert PASSWORD not in repr((loaded, shown, failed))


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
        assert len(told) >= len(["connecting", "extracting", "normalizing", "loading"])


def test_who_only_reads_cannot_write(postgres_place: Place) -> None:
    with (
        open_warehouse(postgres_place, "raw_pipedrive", read_only=True) as warehouse,
        pytest.raises(Exception, match="read-only transaction"),
    ):
        warehouse.execute("create schema mischief")


# --- a server that goes away ---

OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("step", ["connecting", "normalizing", "loading"])
def test_a_connection_lost_in_mid_run_is_told_as_that_and_the_next_run_goes_on(
    step: str, postgres_place: Place
) -> None:
    def lose(_run: Run, begun: str) -> None:
        if begun == step:
            execute(postgres_place, OTHERS)

    with sandbox(60, crms=["pipedrive"]) as crm:
        settings = crm.settings(postgres_place, entities=("stages",))
        with pytest.raises(LoadError) as caught:
            run(settings, watch=lose)
        assert "The connection to the warehouse postgresql://localhost/" in str(caught.value)
        assert "goes on from there" in str(caught.value)
        assert run(settings).status == "done"


def test_a_lock_that_was_lost_with_its_connection_can_be_taken_again(postgres_place: Place) -> None:
    with locked(postgres_place, "load"):
        execute(postgres_place, OTHERS)
    with locked(postgres_place, "load"):
        pass


def test_whatever_is_asked_of_a_lost_connection_is_told_as_lost(postgres_place: Place) -> None:
    with open_warehouse(postgres_place, "ops") as warehouse:
        execute(postgres_place, OTHERS)
        for _ in range(2):
            with pytest.raises(LoadError, match="was lost: "), warehouse.transaction():
                warehouse.execute("select 1")


def test_a_connection_whose_loss_the_driver_has_not_noted_is_told_as_lost(postgres_place: Place) -> None:
    with closing(connect(postgres_place)) as server:
        with pytest.raises(LoadError, match="was lost: "), named_errors(postgres_place, server):
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        with pytest.raises(LoadError, match="refused a statement"), named_errors(postgres_place, server):
            server.cursor().execute("select 1 / 0")
