"""`roundtrip init`: what it writes, what it leaves alone, and that nobody sees a secret on the way."""

import os
import pty
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.init.command import declared, names
from pipelines.init.filling import Setting, differing, filled, lacking
from pipelines.init.writing import template
from sources.errors import UsageError
from tests.support import ADMIN, Sandbox, sandbox

ROOT = Path(__file__).parent.parent
DOMAIN = Setting("sources.pipedrive", "company_domain", "acme")
Init = Callable[..., Result]
TOKEN = Setting("sources.pipedrive", "api_token", "t0ken", is_secret=True)


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(20) as served:
        yield served


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Init]:
    """The command without a terminal, in a place of its own; each call reads the settings that are there."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str, piped: str = "") -> Result:
        Container()[PluggableRunContext].reload_providers()
        return CliRunner().invoke(app, ["init", *options], input=piped)

    yield run
    monkeypatch.undo()
    Container()[PluggableRunContext].reload_providers()


def refused(done: Result) -> str:
    assert isinstance(done.exception, UsageError), done.output
    return str(done.exception)


def read(place: Path, name: str) -> str:
    return (place / ".dlt" / name).read_bytes().decode()


# --- putting a setting into a text ---


def test_a_setting_takes_the_place_that_shows_it_and_every_other_byte_stays() -> None:
    before = template("config.toml")
    lines = filled(before, [DOMAIN], "config.toml").splitlines(keepends=True)
    (changed,) = [
        (old, new) for old, new in zip(before.splitlines(keepends=True), lines, strict=True) if old != new
    ]
    assert changed[0].startswith("# company_domain = ")
    assert changed[1].startswith('company_domain = "acme" ')
    assert changed[0].index("# the first") == changed[1].index("# the first")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[sources.pipedrive]\ncompany_domain = "acme"\n'),
        ("[roundtrip]\r\n", '[roundtrip]\r\n\n[sources.pipedrive]\ncompany_domain = "acme"\n'),
        ("[sources.pipedrive]", '[sources.pipedrive]\ncompany_domain = "acme"\n'),
        ("[sources.pipedrive]\r\na = 1\r\n", '[sources.pipedrive]\r\ncompany_domain = "acme"\r\na = 1\r\n'),
        ('[sources.pipedrive]\ncompany_domain = ""\n', '[sources.pipedrive]\ncompany_domain = "acme"\n'),
        (
            "[sources.pipedrive] # mine\n[sources.deskera]\n# company_domain = 1\n",
            '[sources.pipedrive] # mine\ncompany_domain = "acme"\n[sources.deskera]\n# company_domain = 1\n',
        ),
        (
            "[sources.pipedrive]\n# [sources.pipedrive.api]\n# company_domain = 1\n",
            '[sources.pipedrive]\ncompany_domain = "acme"\n# [sources.pipedrive.api]\n# company_domain = 1\n',
        ),
    ],
)
def test_a_setting_finds_its_section_or_makes_it(text: str, expected: str) -> None:
    found = filled(text, [DOMAIN], "config.toml")
    assert tomllib.loads(found)["sources"]["pipedrive"]["company_domain"] == "acme"
    assert found == expected


def test_a_value_is_written_as_toml_reads_it_whatever_is_in_it() -> None:
    values = ['a "quote"', "back\\slash", "# no comment", "Ω", "tab\t", "'''", 'x = "y"']
    for value in values:
        found = filled(template("secrets.toml"), [Setting("sources.pipedrive", "api_token", value)], "")
        assert tomllib.loads(found)["sources"]["pipedrive"]["api_token"] == value


def test_what_is_set_is_left_and_told_from_what_is_not() -> None:
    text = filled(template("config.toml"), [DOMAIN], "config.toml")
    other = Setting("sources.pipedrive", "company_domain", "other")
    entities = Setting("sources.pipedrive", "entities", ("deals", "files"))
    assert filled(text, [DOMAIN], "") == filled(text, [other], "") == text
    assert (differing(text, [DOMAIN]), differing(text, [other])) == ([], [other])
    assert lacking(text, [DOMAIN, entities]) == [entities]
    assert differing(filled(text, [entities], ""), [entities]) == []


@pytest.mark.parametrize(
    "text",
    [
        'sources.pipedrive.entities = ["deals"]\n',
        'sources = {pipedrive = {entities = ["deals"]}}\n',
        '[roundtrip]\nnote = """\n[sources.pipedrive]\n"""\n',
    ],
)
def test_a_file_written_in_an_unusual_way_is_left_to_its_owner(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"config\.toml is written so that nothing can be put in safely"
    ) as refused:
        filled(text, [DOMAIN, TOKEN], "config.toml")
    assert '[sources.pipedrive] company_domain = "acme"' in str(refused.value)
    assert "t0ken" not in str(refused.value)


def test_the_shipped_files_are_what_init_begins_with() -> None:
    shipped = {name: (ROOT / ".dlt" / name).read_text() for name in ("config.toml", "secrets.toml.example")}
    assert template("config.toml") == shipped["config.toml"], "copy it to pipelines/init"
    assert template("secrets.toml") == shipped["secrets.toml.example"], "copy it to pipelines/init"


def test_the_shipped_files_have_a_place_for_all_that_init_can_set() -> None:
    for key, told in declared().items():
        section, name = key.rsplit(".", 1)
        before = template("secrets.toml" if told.startswith("*") else "config.toml")
        assert f"{name} = " in before, key
        assert lacking(filled(before, [Setting(section, name, "x")], ""), [Setting(section, name, "x")]) == []


def test_settings_that_crms_call_alike_have_options_of_their_own() -> None:
    assert set(names().values()) == set(declared())
    assert {"company_domain", "api_token_stdin", "access_token_stdin", "postgres_url_stdin"} <= set(names())


# --- without a terminal ---


def test_a_new_place_gets_both_files_and_the_secrets_are_for_nobody_else(
    crm: Sandbox, tmp_path: Path, init: Init
) -> None:
    given = ("--company-domain", crm.url, "--api-token-stdin", "--entities", "stages")
    shown = init(*given, "--print", piped=ADMIN)
    assert shown.exit_code == 0, shown.exception
    assert '[sources.pipedrive] api_token = "***"' in shown.stdout
    assert not (tmp_path / ".dlt").exists()
    done = init(*given, "--check", piped=f"{ADMIN}\n")
    assert done.exit_code == 0, done.exception
    assert ADMIN not in shown.output + done.output
    assert tomllib.loads(read(tmp_path, "config.toml"))["sources"]["pipedrive"] == {
        "company_domain": crm.url,
        "entities": ["stages"],
    }
    assert tomllib.loads(read(tmp_path, "secrets.toml"))["sources"]["pipedrive"] == {"api_token": ADMIN}
    assert "# request_tries = 6" in read(tmp_path, "config.toml")
    assert (tmp_path / ".dlt/secrets.toml").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in (tmp_path / ".dlt").iterdir()) == ["config.toml", "secrets.toml"]
    assert "Connected to Sandbox" in done.stdout


def test_what_is_set_is_never_overwritten_and_nothing_of_it_shown(tmp_path: Path, init: Init) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(template("config.toml"))
    (tmp_path / ".dlt/secrets.toml").write_text('[sources.pipedrive]\napi_token = "0ld-token"\n')
    message = refused(init("--company-domain", "acme", "--api-token-stdin", piped="n3w-token"))
    assert "sets sources.pipedrive.api_token to something else" in message
    assert "0ld-token" not in message
    assert "n3w-token" not in message
    assert read(tmp_path, "config.toml") == template("config.toml")
    done = init("--company-domain", "acme", "--yes")
    assert done.exit_code == 0, done.exception
    assert read(tmp_path, "secrets.toml") == '[sources.pipedrive]\napi_token = "0ld-token"\n'
    assert read(tmp_path, "config.toml") == filled(template("config.toml"), [DOMAIN], "")
    assert "Nothing to write" in init().stdout
    assert 'by hand: [sources.pipedrive] company_domain = "other"' in refused(
        init("--company-domain", "other")
    )


@pytest.mark.parametrize(
    ("options", "piped", "said"),
    [
        ((), "", "Give --crm pipedrive or --crm deskera."),
        (("--crm", "pipedrve"), "", "Did you mean 'pipedrive'?"),
        (("--crm", "pipedrive", "--company-domain", "acme"), "", "Give --api-token-stdin."),
        (("--company-domain", "acme", "--api-token-stdin"), "\n", "there is no line on standard input"),
        (("--company-domain", "evil.example", "--api-token-stdin"), "t", "is no Pipedrive company domain"),
        (
            ("--company-domain", "acme", "--api-token-stdin", "--entities", "deels"),
            "t",
            "Did you mean 'deals'?",
        ),
        (
            ("--company-domain", "acme", "--api-token-stdin", "--postgres-url-stdin"),
            "t\nmysql://me:hush@host/crm\n",
            "roundtrip.postgres_url does not begin with postgresql://",
        ),
    ],
)
def test_what_cannot_work_is_refused_as_ever_and_nothing_written(
    tmp_path: Path, init: Init, options: tuple[str, ...], piped: str, said: str
) -> None:
    message = refused(init(*options, piped=piped))
    assert said in message
    assert "hush" not in message
    assert not list(tmp_path.iterdir())


def test_a_postgres_url_makes_postgres_the_destination(tmp_path: Path, init: Init) -> None:
    url = "postgresql://me:hush@127.0.0.1:1/crm"
    done = init("--crm", "deskera", "--access-token-stdin", "--postgres-url-stdin", piped=f"t0ken\n{url}\n")
    assert done.exit_code == 0, done.exception
    assert tomllib.loads(read(tmp_path, "config.toml"))["roundtrip"] == {"destination": "postgres"}
    secrets = tomllib.loads(read(tmp_path, "secrets.toml"))
    assert (secrets["sources"]["deskera"]["access_token"], secrets["roundtrip"]["postgres_url"]) == (
        "t0ken",
        url,
    )


# --- at a terminal ---


def test_questions_are_asked_again_until_they_fit_and_secrets_not_echoed(
    crm: Sandbox, tmp_path: Path
) -> None:
    # Which CRM, where the warehouse, then how to connect, and twice with what; whether to write, and to check.
    answers = ["", "", "oauth", "", "not a domain!", "wr0ng-secret", "token", crm.url, ADMIN, "y", "y"]
    told, code = at_a_terminal(tmp_path, answers)
    assert code == 0, told
    assert told.count("company_domain (the first part") == 2
    assert "is no Pipedrive company domain" in told
    assert "token or app, not 'oauth'" in told
    assert "Connected to Sandbox" in told
    assert ADMIN not in told
    assert "wr0ng-secret" not in told
    assert tomllib.loads(read(tmp_path, "secrets.toml"))["sources"]["pipedrive"]["api_token"] == ADMIN


def at_a_terminal(place: Path, answers: list[str]) -> tuple[str, int]:
    """Answer one question after the other, each when it has been asked; everything that the terminal showed."""
    process, terminal = pty.fork()
    if not process:
        os.chdir(place)
        os.execve(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "pipelines", "init"],
            {"PATH": os.environ["PATH"], "HOME": str(place), "TERM": "dumb", "COLUMNS": "200"},
        )
    told = asked = b""
    while chunk := _read(terminal):
        told, asked = told + chunk, asked + chunk
        if answers and asked.endswith(b": "):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
            asked = b""
    return told.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
