"""Who is logged in: what is read with it, how long it lasts, and how it is given back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.config import configured
from pipelines.login import standing
from sources.errors import UsageError
from sources.tokens import TokenFile
from tests.login.logins import (
    PREFIX,
    SECRETS,
    expire,
    keep,
    log_in,
    renewals,
    roundtrip,
    tokens_of,
)
from tests.support import PIPEDRIVE, Sandbox, query, run

pytestmark = pytest.mark.usefixtures("crm")


def test_whoever_logs_out_gives_the_login_back(crm: Sandbox, file: TokenFile, tmp_path: Path) -> None:
    log_in(crm, tmp_path)
    signed = {"authorization": f"Bearer {tokens_of(file).access_token}"}
    assert httpx.get(f"{crm.url}/v1/users/me", headers=signed).status_code == 200
    assert roundtrip("logout", "pipedrive").exit_code == 0
    assert httpx.get(f"{crm.url}/v1/users/me", headers=signed).status_code == 401
    assert not file.exists()
    assert "Nobody is logged in" in roundtrip("logout").output
    with pytest.raises(UsageError, match=r"Nobody is logged in to pipedrive.*`roundtrip login pipedrive`"):
        configured()


def test_a_login_that_was_taken_back_ends_a_command_with_the_way_out(crm: Sandbox, tmp_path: Path) -> None:
    log_in(crm, tmp_path)
    crm.control("login", end=True)
    crm.control("stats/reset")
    done = roundtrip("load")
    assert isinstance(done.exception, UsageError)
    assert "the login to pipedrive has ended" in str(done.exception)
    assert "`roundtrip login pipedrive`" in str(done.exception)
    assert crm.stats()["requests"] == 2  # one that was refused, and one renewal


def test_who_is_offline_is_told_and_can_still_delete_the_tokens(
    crm: Sandbox, file: TokenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(crm, tmp_path)
    monkeypatch.setenv(PREFIX + "OAUTH_URL", "http://127.0.0.1:9")
    done = roundtrip("logout", "pipedrive")
    assert "could not be given back" in str(done.exception)
    assert "--local" in str(done.exception)
    assert file.exists()
    file.path.write_text("spoilt")
    assert roundtrip("logout", "pipedrive", "--local").exit_code == 0
    assert not file.exists()


def test_an_api_token_wins_over_a_login_and_that_is_said(
    crm: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log_in(crm, tmp_path)
    (logged_in,) = configured()
    assert logged_in.tokens is not None
    assert logged_in.connect().base_url == crm.url
    monkeypatch.setenv(PREFIX + "API_TOKEN", "sandbox-admin-token")
    monkeypatch.setenv(PREFIX + "COMPANY_DOMAIN", crm.url)
    (by_token,) = configured()
    assert by_token.tokens is None
    assert "an API token is set, so it is used" in caplog.text
    assert standing.read(PIPEDRIVE)["in_use"] is False  # type: ignore[index]


def test_a_login_needs_no_company_domain_and_an_app_alone_is_not_one(
    crm: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="Nobody is logged in"):
        configured()
    log_in(crm, tmp_path)
    monkeypatch.delenv(PREFIX + "CLIENT_SECRET")
    with pytest.raises(UsageError, match=r"sources\.pipedrive\.client_secret is missing"):
        configured()


def test_how_long_a_login_lasts_is_known_and_its_end_announced(
    crm: Sandbox, file: TokenFile, tmp_path: Path
) -> None:
    assert standing.read(PIPEDRIVE) is None
    log_in(crm, tmp_path)
    used = tokens_of(file).used_at
    told = {days: standing.read(PIPEDRIVE, used + timedelta(days=days)) or {} for days in (1, 45, 47, 61)}
    assert [one["days_left"] for one in told.values()] == [59, 15, 13, -1]
    assert (told[1]["problem"], told[45]["problem"]) == (None, None)
    assert "ends in 13 days" in told[47]["problem"]
    assert "has ended. `roundtrip login pipedrive`" in told[61]["problem"]
    file.path.chmod(0o644)
    assert "chmod 600" in (standing.read(PIPEDRIVE) or {})["problem"]


def test_a_load_that_lasts_over_the_hour_goes_on_with_what_the_default_scopes_reach(
    crm: Sandbox, tmp_path: Path
) -> None:
    needed = (
        "base,activities:read,contacts:read,deals:read,leads:read,products:read,projects:read,recents:read"
    )
    crm.control("login", scopes=f"{needed},users:read")
    log_in(crm, tmp_path)
    (settings,) = configured()
    steps: list[str] = []

    def an_hour_goes_by(_run: Any, step: str) -> None:
        steps.append(step)
        if step == "extracting":
            crm.control("clock", by=3700)

    crm.control("stats/reset")
    done = run(settings, watch=an_hour_goes_by)
    assert done.status == "done", (done.problem, steps)
    assert renewals(crm) == 1, steps
    outcomes = {one.plan.entity.name: one.outcome for one in done.entities}
    # What takes `admin` by the documents is left out, and that is told; all else is reached.
    assert {name for name, outcome in outcomes.items() if outcome != "done"} == {"activity_fields"}
    assert outcomes["activity_fields"] == "skipped"
    assert query(settings, "select count(*) from raw_pipedrive.deals")[0][0] > 0
    written = {one for one in tmp_path.rglob("*") if one.is_file() and one.parent.name != ".dlt"}
    assert [one for one in written if any(secret.encode() in one.read_bytes() for secret in SECRETS)] == []


def test_status_and_its_document_tell_of_the_login(
    crm: Sandbox, file: TokenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(crm, tmp_path)
    monkeypatch.setenv(PREFIX + "ENTITIES", "users")
    (settings,) = configured()
    run(settings)
    keep(file, replace(tokens_of(file), used_at=tokens_of(file).used_at - timedelta(days=50)))
    done = roundtrip("status")
    assert "expires on" in done.output
    assert "ends in 10 days" in done.stderr
    assert '"days_left": 10' in roundtrip("status", "--json").output
    expire(file)
    run(settings)
    assert "ends in" not in roundtrip("status").stderr
