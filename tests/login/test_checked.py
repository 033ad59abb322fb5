"""What `check` and `init` say of a login: its scopes by name, what it may write, and how to get one."""

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.login.logins import APP, PREFIX, log_in, roundtrip
from tests.support import Sandbox

READ = "base,users:read,recents:read,activities:read,deals:read"


def findings(*areas: str) -> list[tuple[str, str, str]]:
    done = roundtrip("check", "--json")
    assert done.stdout, done.exception
    return [
        (one["area"], one["level"], one["message"])
        for one in json.loads(done.stdout)["findings"]
        if one["area"] in areas
    ]


def test_check_names_the_scopes_that_are_missing_and_what_may_be_written(
    crm: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}ENTITIES", "activities,deals,persons,goals")
    crm.control("login", scopes=READ)
    log_in(crm, tmp_path)
    scopes = findings("scopes")
    assert [(level, message.split(",")[0]) for _, level, message in scopes] == [
        ("problem", "The scope contacts:read is missing"),
        ("warning", "The scope goals:read is missing"),
    ]
    crm.control("login", scopes=f"{READ},contacts:full,goals:read")
    log_in(crm, tmp_path)
    told = findings("scopes", "pushes", "login")
    assert [(area, level) for area, level, _ in told] == [
        ("login", "ok"),
        ("scopes", "ok"),
        *[("pushes", "ok")] * 3,
    ]
    assert "More than needed: contacts:full" in told[1][2]
    assert [message.split(".")[0] for _, _, message in told[2:]] == [
        "activities: it takes the scope activities:full",
        "deals: it takes the scope deals:full",
        "persons: the login may write them",
    ]


def test_init_takes_an_app_and_says_how_to_log_in(crm: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    crm.calm()
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(PREFIX + name)
    done = CliRunner().invoke(
        app, ["init", "--client-id", APP[0], "--client-secret-stdin"], input=f"{APP[1]}\n"
    )
    assert done.exit_code == 0, done.exception
    assert APP[1] not in done.output
    assert done.output.endswith("Written.\nNext: `roundtrip login pipedrive`.\n")
    assert tomllib.loads(Path(".dlt/config.toml").read_text())["sources"]["pipedrive"] == {
        "client_id": APP[0]
    }
    secrets = tomllib.loads(Path(".dlt/secrets.toml").read_text())["sources"]["pipedrive"]
    assert secrets == {"api_token": "", "client_secret": APP[1]}
