"""`roundtrip login` and `logout` as a person meets them: what is told before, what can go wrong, and what is left."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app as cli
from pipelines.config import configured
from pipelines.login.callback import listening
from pipelines.login.pasting import understood
from sources.bearer import utc_now
from sources.errors import RoundtripError, UsageError
from sources.oauth import exchanged
from sources.tokens import TokenFile
from tests.login.logins import (
    PREFIX,
    SECRETS,
    app,
    free_port,
    roundtrip,
    tokens_of,
)
from tests.support import Sandbox

pytestmark = pytest.mark.usefixtures("crm")
Browser = Callable[[str], Any]


def login(monkeypatch: pytest.MonkeyPatch, browser: Browser, *arguments: str) -> Result:
    """Log in with this browser; it takes an address, and follows where that leads."""

    def opened(address: str) -> bool:
        threading.Thread(target=browser, args=[address], daemon=True).start()
        return True

    monkeypatch.setattr("pipelines.login.command.open_page", opened)
    return roundtrip("login", "pipedrive", "--yes", "--timeout", "20", *arguments)


def follow(address: str) -> httpx.Response:
    """A browser that goes where it is sent."""
    return httpx.get(address, follow_redirects=True, timeout=10)


# --- by the browser ---


def test_who_allows_it_is_logged_in(crm: Sandbox, file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[httpx.Response] = []
    done = login(monkeypatch, lambda address: pages.append(follow(address)))
    assert done.exit_code == 0, done.output
    assert "Logged in to Sandbox as " in done.output
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert tokens_of(file).api_domain == crm.url
    assert pages[0].status_code == 200
    assert "Back to the terminal" in pages[0].text
    assert pages[0].headers["referrer-policy"] == "no-referrer"
    assert [one.crm.name for one in configured()] == ["pipedrive"]


def test_before_anything_is_asked_the_scopes_are_told_and_what_for() -> None:
    done = CliRunner().invoke(cli, ["login", "pipedrive"], input="n\n")
    assert done.exit_code == 1
    assert "deals:read " in done.output
    assert "deals, pipelines, stages" in done.output
    assert ":full" not in done.output
    assert "Go on?" in done.stderr
    assert "/oauth/authorize" not in done.output


def test_who_has_no_app_yet_is_told_the_scopes_and_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PREFIX + "CLIENT_ID")
    done = roundtrip("login", "pipedrive")
    assert "recents:read" in done.output
    assert "sources.pipedrive.client_id is missing" in str(done.exception)


def test_who_denies_it_is_not_logged_in(
    crm: Sandbox, file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.control("login", consent="deny")
    done = login(monkeypatch, follow)
    assert type(done.exception) is RoundtripError
    assert "was not allowed in pipedrive" in str(done.exception)
    assert not file.exists()


@pytest.mark.parametrize("state", ["", "guessed"])
def test_an_answer_to_another_question_is_none(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    def attacker(_address: str) -> None:
        httpx.get(os.environ[PREFIX + "REDIRECT_URI"], params={"code": "theirs", "state": state})

    done = login(monkeypatch, attacker)
    assert "its state is another one" in str(done.exception)
    assert not file.exists()


def test_nobody_waits_for_ever() -> None:
    done = roundtrip("login", "--yes", "--no-open", "--timeout", "1")
    assert "No browser came back within 1 s" in str(done.exception)
    assert "--paste" in str(done.exception)


def test_what_else_a_browser_asks_for_does_not_end_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    callback = os.environ[PREFIX + "REDIRECT_URI"]
    statuses: list[int] = []

    def browser(address: str) -> None:
        port = httpx.URL(callback).port or 0
        with socket.create_connection(("127.0.0.1", port)):  # opened in advance, and silent
            statuses.append(httpx.get(callback.replace("callback", "favicon.ico")).status_code)
            statuses.append(follow(address).status_code)

    assert login(monkeypatch, browser).exit_code == 0
    assert statuses == [404, 200]


def test_only_this_machine_can_answer() -> None:
    port = free_port()
    with listening(f"http://localhost:{port}/callback"):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=5)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize(
    "address",
    ["https://acme.example/callback", "http://10.0.0.1:80/", "http://localhost/x", "http://localhost:x/"],
)
def test_where_no_browser_can_come_back_to_this_machine_pasting_is_the_way_out(address: str) -> None:
    with pytest.raises(UsageError, match="--paste"), listening(address):
        pass


def test_a_port_that_is_taken_is_told() -> None:
    port = httpx.URL(os.environ[PREFIX + "REDIRECT_URI"]).port
    with socket.create_server(("127.0.0.1", port or 0)):
        done = roundtrip("login", "--yes", "--no-open")
    assert isinstance(done.exception, UsageError)
    assert f"port {port}" in str(done.exception)


def test_a_wrong_secret_of_the_app_is_a_setting_to_mend(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "CLIENT_SECRET", "wr0ng")
    done = login(monkeypatch, follow)
    assert isinstance(done.exception, UsageError)
    assert "sources.pipedrive.client_secret" in str(done.exception)
    assert not file.exists()


def test_scopes_that_were_not_granted_are_named_with_what_they_are_for(
    crm: Sandbox, file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.control("login", scopes="base,deals:full,activities:read,contacts:read,users:read,admin")
    monkeypatch.setenv(PREFIX + "ENTITIES", "deals,products,users")
    done = login(monkeypatch, follow)
    assert done.exit_code == 3
    assert "Missing: products:read, for products." in done.stderr
    assert "Missing: recents:read, for what was deleted." in done.stderr
    assert (
        "More than needed: activities:read, admin, contacts:read, deals:full (deals:read would do)."
        in done.stderr
    )
    assert file.exists()


def test_beside_an_api_token_nobody_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "API_TOKEN", "sandbox-admin-token")
    done = roundtrip("login", "pipedrive", "--yes")
    assert isinstance(done.exception, UsageError)
    assert "API token that is set would be used" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "said"), [("deskera", "cannot log in to deskera"), ("pipedriv", "Did you mean")]
)
def test_to_what_one_cannot_log_in_is_told(name: str, said: str) -> None:
    assert said in str(roundtrip("login", name).exception)


# --- by pasting ---


def test_the_address_that_a_browser_elsewhere_shows_can_be_pasted(
    crm: Sandbox, file: TokenFile, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pipelines", "login", "pipedrive", "--paste", "--yes"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdin
        address = next(line for line in process.stdout if line.startswith(crm.url)).strip()
        shown = httpx.get(address).headers["location"]
        said, complained = process.communicate(f"{shown}\n", timeout=60)
    assert process.returncode == 0, complained
    assert "Logged in to Sandbox" in said
    assert tokens_of(file).api_domain == crm.url
    assert not [secret for secret in SECRETS if secret in said + complained]
    with pytest.raises(RoundtripError, match="authorization_code is invalid"):
        exchanged(app(crm), understood(shown)["code"], utc_now())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("http://localhost:8723/callback?code=a.b&state=s", {"code": "a.b", "state": "s"}),
        ("localhost:8723/callback?error=access_denied&state=s", {"error": "access_denied", "state": "s"}),
        ("10095070.12960094.cb4b", {"code": "10095070.12960094.cb4b"}),
    ],
)
def test_an_address_or_the_code_alone_is_understood(text: str, answer: dict[str, str]) -> None:
    assert understood(text) == answer


@pytest.mark.parametrize("text", ["", "http://localhost:8723/callback", "code=abc", "two words"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(RoundtripError):
        understood(text)


def test_a_pasted_address_of_another_login_is_refused(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.login.command.pasted", lambda: {"code": "x", "state": "other"})
    assert "its state is another one" in str(roundtrip("login", "--paste", "--yes").exception)
    monkeypatch.setattr("pipelines.login.command.pasted", lambda: {"code": "x"})
    assert "authorization_code is invalid" in str(roundtrip("login", "--paste", "--yes").exception)
    monkeypatch.setattr("pipelines.login.command.secrets.token_urlsafe", lambda _length: "ours")
    monkeypatch.setattr("pipelines.login.command.pasted", lambda: {"client_id": "x", "state": "ours"})
    assert "There is no code in that address" in str(roundtrip("login", "--paste", "--yes").exception)
    assert not file.exists()
