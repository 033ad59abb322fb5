"""A place to run commands in, with receivers of alerts, and all that they say searched at once."""

import gc
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from tests.alerts.receivers import USER, Authority, Post, Web, post, web
from tests.hunt.armed import ACCESS_TOKEN, API_TOKEN, HOOK, MAIL_PASSWORD, PING, found_in
from tests.hunt.front import Front


@dataclass
class Receivers:
    """Who receives alerts, knows a secret for that, and repeats it where that is possible."""

    hook: Web
    ping: Web
    mail: Post
    settings: dict[str, str]

    def refuse(self) -> None:
        """Take nothing from now on."""
        self.hook.answers, self.ping.answers = [400] * 100, [500] * 100
        self.mail.login = (USER, "another")


@contextmanager
def receivers(folder: Path) -> Iterator[Receivers]:
    """All kinds of receivers."""
    authority = Authority.made(folder)
    with (
        web(path=f"/{HOOK}") as hook,
        web(path=f"/{PING}") as ping,
        post(authority.context, needs_login=True) as mail,
    ):
        hook.body, ping.body = f"thanks for {hook.url}", f"thanks for {ping.url}"
        mail.login = (USER, MAIL_PASSWORD)
        told = {
            "webhook_url": hook.url,
            "ping_url": ping.url,
            "smtp_host": "127.0.0.1",
            "smtp_port": str(mail.port),
            "smtp_user": USER,
            "smtp_password": MAIL_PASSWORD,
            "smtp_ca_file": str(authority.file),
            "mail_from": "night@acme.example",
            "mail_to": "ops@acme.example",
        }
        yield Receivers(hook, ping, mail, told)


class Hunt:
    """Runs commands in a place, and keeps all they say."""

    def __init__(
        self,
        place: Path,
        front: Front,
        capture: pytest.CaptureFixture[str],
        receiving: Receivers | None = None,
    ) -> None:
        self.place = place
        self.front = front
        self.receiving = receiving
        self._capture = capture

    def run(self, *arguments: str) -> int:
        """Run one command as the console does; the exit code. Whatever it says is searched at once."""
        self._capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["roundtrip", *arguments])
            try:
                cli.main()
                code: Any = 0
            except SystemExit as end:
                code = end.code or 0
        said = "".join(self._capture.readouterr())
        assert found_in(said.encode()) == [], said
        self.said = said
        return int(code)


@contextmanager
def interruption() -> Iterator[None]:
    """Within it a command is interrupted: what that leaves open, the end of its process would close; it is no leak."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def environment(place: Path, url: str, postgres_url: str = "") -> Mapping[str, Any]:
    """The settings of a place."""
    told = {
        "SOURCES__PIPEDRIVE__COMPANY_DOMAIN": url,
        "SOURCES__PIPEDRIVE__API_TOKEN": API_TOKEN,
        "SOURCES__PIPEDRIVE__REQUEST_TRIES": "1",
        "SOURCES__PIPEDRIVE__SAFETY_LAG_SECONDS": "0",
        "SOURCES__DESKERA__BASE_URL": url,
        "SOURCES__DESKERA__ACCESS_TOKEN": ACCESS_TOKEN,
        "SOURCES__DESKERA__REQUEST_TRIES": "1",
        "ROUNDTRIP__WAREHOUSE": str(place / "data/warehouse.duckdb"),
        "HOME": str(place),
        "TMPDIR": str(place / "tmp"),
        "COLUMNS": "200",
    }
    postgres = {"ROUNDTRIP__DESTINATION": "postgres", "ROUNDTRIP__POSTGRES_URL": postgres_url}
    return told | (postgres if postgres_url else {})


def settle(place: Path, patch: pytest.MonkeyPatch, told: Any, receiving: Receivers) -> None:
    """Make a place ready to run commands in, by these settings."""
    for name, value in receiving.settings.items():
        patch.setenv(f"ALERTS__{name.upper()}", value)
    (place / "tmp").mkdir()
    (place / "calls.csv").write_text("push_key,subject,type,owner_id\na,Call,call,1\n")
    patch.chdir(place)
    patch.setattr(tempfile, "tempdir", str(place / "tmp"))
    for name, value in told.items():
        patch.setenv(name, value)
