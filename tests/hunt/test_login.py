"""No secret of a login is anywhere but in its file."""

import stat
import threading
from pathlib import Path

import httpx
import pytest

from sources.tokens import TokenFile
from tests.hunt import armed
from tests.hunt.armed import found_below
from tests.hunt.front import echo, front
from tests.hunt.hunting import Hunt, environment, receivers, settle
from tests.hunt.test_commands import DONE, FAILED, FEW, PARTIAL, USAGE
from tests.login import logins
from tests.support import sandbox

APP_OF = {
    f"{logins.PREFIX}API_TOKEN": "",
    f"{logins.PREFIX}CLIENT_ID": logins.APP[0],
    f"{logins.PREFIX}CLIENT_SECRET": armed.APP_SECRET,
    **{f"SOURCES__DESKERA__{name}": "" for name in ("BASE_URL", "ACCESS_TOKEN")},
}


def test_no_secret_of_a_login_is_written_but_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = TokenFile("pipedrive", tmp_path / ".dlt/pipedrive.oauth.json")
    callback = f"http://localhost:{logins.free_port()}/callback"
    with sandbox(60, ["pipedrive"]) as crm, front(crm.url) as before, receivers(tmp_path) as receiving:
        crm.control("login", consent="allow", callback=callback, rotates=True)
        settle(
            tmp_path,
            monkeypatch,
            {
                **environment(tmp_path, before.url),
                **APP_OF,
                f"{logins.PREFIX}OAUTH_URL": before.url,
                f"{logins.PREFIX}REDIRECT_URI": callback,
            },
            receiving,
        )
        monkeypatch.setattr("pipelines.login.command.open_page", _allow)
        hunt = Hunt(tmp_path, before, capfd)

        def arm() -> None:
            """Look for the tokens that are in the file now, too."""
            tokens = logins.tokens_of(file)
            for name, form in armed.wanted(access=tokens.access_token, refresh=tokens.refresh_token).items():
                monkeypatch.setitem(armed.WANTED, f"{name} {len(armed.WANTED)}", form)

        assert hunt.run("login", "--yes", "--debug") == DONE, hunt.said
        arm()
        assert hunt.run("login", "--yes", "--debug") == DONE, hunt.said
        arm()
        assert hunt.run("load", *FEW, "--debug") == DONE, hunt.said
        for command in ("check", "status"):
            assert hunt.run(command, "--debug") in (DONE, FAILED), hunt.said
        for at in ("/v1/users/me", "/oauth/"):
            hunt.front.at = at
            for status in (400, 401, 500):
                hunt.front.misbehave = echo(status)
                logins.expire(file)
                assert hunt.run("load", *FEW, "--debug", "--json") in (FAILED, USAGE, PARTIAL, DONE), (
                    hunt.said
                )
                hunt.front.misbehave = None
                assert hunt.run("load", *FEW, "--debug") == DONE, hunt.said
                arm()
        hunt.front.misbehave = echo(500)
        assert hunt.run("logout", "--debug") != DONE, hunt.said
        kept = {one.partition(": ")[0] for one in found_below(tmp_path)}
        assert kept == {str(file.path)}
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        hunt.front.misbehave = None
        assert hunt.run("logout", "--debug") == DONE, hunt.said
        assert found_below(tmp_path) == []


def _allow(address: str) -> bool:
    """A browser in which somebody allows it."""
    threading.Thread(target=httpx.get, args=[address], kwargs={"follow_redirects": True}, daemon=True).start()
    return True
