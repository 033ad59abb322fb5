"""No secret is in anything that is written: by any command, in success and failure, also where told to tell all."""

import io
import logging
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import typer

from pipelines import cli, dbt, logs
from tests.hunt import armed
from tests.hunt.armed import found_below, found_in, found_in_postgres
from tests.hunt.front import Front, cut_short, echo, front, interrupt
from tests.hunt.hunting import Hunt, environment, interruption, receivers, settle
from tests.postgres import Server, execute
from tests.support import sandbox

DONE, FAILED, USAGE, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 130
ROLE = "hunted"
FEW = ["-e", "stages", "-e", "users"]
CSV = ["--crm", "pipedrive", "--from", "calls.csv", "--to", "activities"]
ASKING: dict[str, list[str]] = {
    "nightly": [],
    "load": FEW,
    "backfill": ["--crm", "pipedrive", "-e", "deals", "--from", "2026-01-01"],
    "reconcile": FEW,
    "plan": ["nightly", "--probe"],
    "check": [],
    "push": [*CSV, "--apply"],
}
"""Commands that speak to a CRM, with arguments that keep them short."""
OTHERS: dict[str, list[str]] = {
    "alert": [],
    "transform": ["--select", "dim_date"],
    "init": ["--yes", "--print"],
    "logout": [],
    "status": [],
    "fields": [],
    "docs": [],
    "dashboard": ["--no-open"],
    "sandbox": ["--port", "0", "--activities", "50"],
    "demo": ["--activities", "50"],
}
UNTIL_STOPPED = ("demo", "sandbox")
LOGIN = {"login": ["--yes", "--no-open"]}
"""Refused beside an API token; a test of its own logs in."""
ONCE = {name: more for name, more in {**OTHERS, **ASKING}.items() if name not in UNTIL_STOPPED}
WITHOUT_A_TEXT = ("a page of a firewall", "a page of something else", "no records", "cut short", "too many")
"""Of such answers nothing is told."""


def test_the_hunt_leaves_no_command_out() -> None:
    assert set(typer.main.get_command(cli.app).commands) == ASKING.keys() | OTHERS.keys() | LOGIN.keys()  # type: ignore[attr-defined]


def test_the_hunt_finds_what_is_there(tmp_path: Path) -> None:
    """Else finding nothing would mean nothing."""
    for name, wanted in armed.WANTED.items():
        assert name in found_in(b"so " + wanted + b" it is")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/state.json").write_text(armed.ACCESS_TOKEN)
    (tmp_path / armed.API_TOKEN).touch()
    assert len(found_below(tmp_path)) >= 2


def test_what_a_library_logs_of_a_secret_is_veiled(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        for form in ("text", "json"):
            logs.set_up(None, form=form)
            logs.hide(armed.PASSWORD, armed.API_TOKEN)
            try:
                int(f"postgresql://me:{quote(armed.PASSWORD)}@host/")
            except ValueError:
                logging.getLogger("some.library").exception("sent %s", armed.API_TOKEN)
    finally:
        logging.getLogger("roundtrip").handlers = []
        logging.getLogger().handlers = [one for one in logging.getLogger().handlers if one.name != logs.OURS]
    said = capfd.readouterr().err
    assert said.count("***") == 4
    assert found_in(said.encode()) == []


@pytest.fixture
def hunt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Hunt]:
    """A place on DuckDB."""
    with sandbox(60) as crm, front(crm.url) as before, receivers(tmp_path) as receiving:
        settle(tmp_path, monkeypatch, environment(tmp_path, before.url), receiving)
        yield Hunt(tmp_path, before, capfd, receiving)


@pytest.fixture(scope="module")
def guarded(postgres: Server) -> Iterator[tuple[str, str]]:
    """A database whose server asks for the password; as its user, and as its administrator."""
    with postgres.database() as url:
        literal = armed.PASSWORD.replace("'", "''")
        execute(postgres.url, f"create role {ROLE} login password '{literal}'")
        execute(url, f"grant all on database {urlsplit(url).path[1:]} to {ROLE}")
        with ExitStack() as stack:
            stack.callback(execute, postgres.url, f"drop role {ROLE}")
            stack.callback(execute, url, f"drop owned by {ROLE} cascade")
            _ask_for_passwords(postgres.url)
            parts = urlsplit(url)
            netloc = f"{ROLE}:{quote(armed.PASSWORD, safe='')}@{parts.netloc.rpartition('@')[2]}"
            yield parts._replace(netloc=netloc).geturl(), url


def _ask_for_passwords(url: str) -> None:
    """The wheel's server trusts whoever reaches its socket; of this role it asks for the password."""
    import psycopg2  # noqa: PLC0415

    with psycopg2.connect(url) as server, server.cursor() as cursor, suppress(OSError):
        cursor.execute("show hba_file")
        rules = Path(cursor.fetchone()[0])
        rules.write_text(f"local all {ROLE} scram-sha-256\n{rules.read_text()}")
    execute(url, "select pg_reload_conf()")


def test_no_secret_is_written_by_any_command_on_postgres(
    guarded: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url, administrator = guarded
    with sandbox(60) as crm, front(crm.url) as before, receivers(tmp_path) as receiving:
        settle(tmp_path, monkeypatch, environment(tmp_path, before.url, url), receiving)
        hunt = Hunt(tmp_path, before, capfd)
        seen: list[str] = []
        before.watch = lambda: seen.extend(found_in_postgres(administrator, ["pg_stat_activity"]))
        assert hunt.run("nightly", "--debug") == DONE, hunt.said
        before.watch = lambda: None
        for command, arguments in ONCE.items():
            if command != "nightly":
                assert hunt.run(command, *arguments, "--debug") == DONE, (command, hunt.said)
        # A column that is gone: a model is refused, a raw table is not as declared.
        execute(administrator, "alter table raw_pipedrive.users drop column name cascade")
        assert hunt.run("transform", "--select", "dim_user", "--debug") == FAILED, hunt.said
        hunt.run("load", *FEW, "--debug")
        with_password, without_server = url.replace(":pa55", ":pa56"), f"{url}/nowhere"
        needing = ONCE.keys() - {"dashboard", "init", "logout"}
        wrong = {with_password: needing, without_server: {"load", "status"}}
        for given, commands in wrong.items():
            monkeypatch.setenv("ROUNDTRIP__POSTGRES_URL", given)
            for command in commands:
                code = hunt.run(command, *ONCE[command], "--debug")
                assert code in (FAILED, USAGE, PARTIAL), (command, hunt.said)
        assert before.passed > 50
        written = found_in_postgres(administrator) + found_below(tmp_path) + found_below(dbt.PROJECT)
        assert seen + written == []


def test_no_secret_is_written_whatever_the_receivers_of_alerts_answer(hunt: Hunt) -> None:
    assert hunt.receiving is not None
    hunt.front.misbehave = echo(400)
    assert hunt.run("nightly", "--debug") == FAILED, hunt.said
    assert hunt.receiving.hook.texts
    assert hunt.receiving.ping.paths == [f"/{armed.PING}/{what}" for what in ("start", "fail")]
    assert len(hunt.receiving.mail.mails) == 1
    said = "\n".join([*hunt.receiving.hook.texts, *map(str, hunt.receiving.mail.mails)])
    assert found_in(said.encode()) == []
    assert hunt.run("alert", "--test", "--debug") == DONE, hunt.said
    hunt.receiving.refuse()
    assert hunt.run("nightly", "--debug") == FAILED, hunt.said
    assert hunt.run("alert", "--test", "--debug") == FAILED, hunt.said
    assert all(told in hunt.said for told in ("answered 400", "answered 500", "are not accepted")), hunt.said
    assert found_below(hunt.place) == []


FAULTS = {
    "refused": echo(400),
    "not let in": echo(401),
    "not allowed": echo(403),
    "gone": echo(410),
    "too many": echo(429),
    "broken": echo(500),
    "a page of a firewall": echo(403, "text/html"),
    "a page of something else": echo(200, "text/html"),
    "no records": echo(200),
    "cut short": cut_short,
}


def test_no_secret_is_written_whatever_the_crm_answers(hunt: Hunt) -> None:
    assert hunt.run("load", *FEW, "--debug") == DONE, hunt.said
    for name, fault in FAULTS.items():
        hunt.front.misbehave = fault
        assert hunt.run("load", *FEW, "--debug", "--json") in (FAILED, PARTIAL), (name, hunt.said)
        assert "***" in hunt.said or name in WITHOUT_A_TEXT, (name, hunt.said)
    hunt.front.misbehave = FAULTS["refused"]
    for command, arguments in ASKING.items():
        assert hunt.run(command, *arguments, "--debug") in (FAILED, PARTIAL), (command, hunt.said)
    assert hunt.run("status", "--debug") == FAILED
    assert found_below(hunt.place) == []


def test_no_secret_is_written_where_nobody_answers_or_nothing_goes_as_foreseen(
    hunt: Hunt, monkeypatch: pytest.MonkeyPatch
) -> None:
    hunt.front.misbehave = interrupt
    for hunt.front.at in ("/users/me", "/stages"):  # while it connects, and while it reads
        with interruption():
            assert hunt.run("load", *FEW, "--debug") == INTERRUPTED, hunt.said
    hunt.front.misbehave = None
    assert hunt.run("load", *FEW, "--debug") == DONE, hunt.said
    # A folder where a file should be: something that nobody foresees.
    (hunt.place / "data/dashboard.html").mkdir()
    (hunt.place / "data/reports.duckdb").mkdir()
    for command in ("status", "dashboard", "transform", "fields"):
        hunt.run(command, *OTHERS[command], "--debug")
    for name in ("SOURCES__PIPEDRIVE__COMPANY_DOMAIN", "SOURCES__DESKERA__BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for command, arguments in ASKING.items():
        assert hunt.run(command, *arguments, "--debug") not in (DONE, INTERRUPTED), (command, hunt.said)
    monkeypatch.setenv("SOURCES__PIPEDRIVE__COMPANY_DOMAIN", f"https://{armed.API_TOKEN}@acme.pipedrive.com")
    for command in ("load", "check"):
        assert hunt.run(command, "--debug") in (USAGE, FAILED, PARTIAL), (command, hunt.said)
    assert found_below(hunt.place) == []


@pytest.mark.parametrize("how", ["--print", "--no-check", "--check"])
def test_what_is_given_to_be_kept_is_in_the_secrets_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    url = f"postgresql://me:{quote(armed.PASSWORD, safe='')}@127.0.0.1:9/db"
    given = [armed.API_TOKEN, armed.ACCESS_TOKEN, url]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(given) + "\n"))
    hunt = Hunt(tmp_path, Front(""), capfd)
    options = ["--crm", "pipedrive", "--crm", "deskera", "--company-domain", "http://127.0.0.1:9"]
    options += ["--base-url", "http://127.0.0.1:9", "--destination", "postgres", "--yes", how, "--debug"]
    secret = ["--api-token-stdin", "--access-token-stdin", "--postgres-url-stdin"]
    assert hunt.run("init", *options, *secret) in (DONE, FAILED), hunt.said
    file = tmp_path / ".dlt/secrets.toml"
    assert {one.partition(": ")[0] for one in found_below(tmp_path)} == (
        {str(file)} if file.exists() else set()
    )
    if how != "--print":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert all(one in file.read_text() for one in given[:2])


@pytest.mark.parametrize("command", UNTIL_STOPPED)
def test_no_secret_is_written_by_what_runs_until_it_is_stopped(hunt: Hunt, command: str) -> None:
    threading.Timer(4, os.kill, [os.getpid(), signal.SIGINT]).start()
    with interruption():
        assert hunt.run(command, *OTHERS[command], "--debug") in (DONE, INTERRUPTED), hunt.said
    assert found_below(hunt.place) == []
