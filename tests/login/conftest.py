"""An app at the sandbox, in the settings of a place of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sources.tokens import TokenFile
from tests.login.logins import APP, PREFIX, free_port
from tests.support import Sandbox, sandbox


@pytest.fixture(scope="package")
def served() -> Iterator[Sandbox]:
    """A sandbox that tests log in to; each logs in anew."""
    with sandbox(60, ["pipedrive"]) as crm:
        yield crm


@pytest.fixture
def crm(served: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox as it is at first, a place of its own, and an app in the settings."""
    callback = f"http://localhost:{free_port()}/callback"
    served.control("login", rotates=False, scopes=None, consent="allow", callback=callback)
    monkeypatch.chdir(tmp_path)
    told = {"OAUTH_URL": served.url, "CLIENT_ID": APP[0], "CLIENT_SECRET": APP[1], "REDIRECT_URI": callback}
    for name, value in told.items():
        monkeypatch.setenv(PREFIX + name, value)
    return served


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    """Where the tokens will be."""
    return TokenFile("pipedrive", tmp_path / ".dlt/pipedrive.oauth.json")
