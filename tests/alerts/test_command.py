"""Alerts as a scheduler meets them: processes, exit codes, and receivers of all kinds."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.receivers import Web, post, web
from tests.support import Sandbox
from tests.test_cli import DONE, FAILED, PARTIAL, USAGE, failure, roundtrip

BURST = 1_000_000


@pytest.fixture
def pings() -> Iterator[Web]:
    with web() as received:
        yield received


def test_wrong_settings_are_told_and_the_ping_says_that_it_failed(
    tmp_path: Path, hook: Web, pings: Web
) -> None:
    told = {"alerts__webhook_url": hook.url, "alerts__ping_url": pings.url}
    failure(roundtrip(tmp_path, "nightly", roundtrip__warehose="x", **told))
    assert "`roundtrip nightly` failed: There is no setting 'warehose'" in hook.texts[0]
    assert [path.removeprefix("/T0/s3cret-hook") for path in pings.paths] == ["/start", "/fail"]


def test_a_night_done_in_part_is_pinged_as_done_and_told_by_the_others(
    crm: Sandbox, tmp_path: Path, hook: Web, pings: Web
) -> None:
    crm.control("limits", burst=BURST, daily_remaining=0)
    told = {
        "alerts__webhook_url": hook.url,
        "alerts__ping_url": pings.url,
        "alerts__ping_start_and_fail": "false",
    }
    try:
        done = roundtrip(tmp_path, "nightly", "--json", url=crm.url, **told)
    finally:
        crm.control("limits", burst=BURST, daily_remaining=100_000_000)
    assert done.returncode == PARTIAL
    assert json.loads(done.stdout)["status"] == "partial"
    assert pings.paths == ["/T0/s3cret-hook"]
    assert "pipedrive: the last run spent the tokens it may" in hook.texts[0]
    assert "s3cret" not in done.stdout + done.stderr


def test_commands_that_somebody_runs_by_hand_tell_nobody_unless_they_are_to(
    crm: Sandbox, tmp_path: Path, hook: Web
) -> None:
    told = {"alerts__webhook_url": hook.url}
    failure(roundtrip(tmp_path, "load", "-e", "nonsense", url=crm.url, **told))
    failure(roundtrip(tmp_path, "push", "--from", "x", **told))
    assert roundtrip(tmp_path, "nightly", "--help", **told).returncode == DONE
    assert hook.asked == []
    failure(roundtrip(tmp_path, "load", "-e", "nonsense", url=crm.url, **told, alerts__commands='["load"]'))
    assert "`roundtrip load` failed" in hook.texts[0]


def test_a_receiver_that_hangs_neither_stops_a_run_nor_changes_how_it_ends(
    crm: Sandbox, tmp_path: Path, hook: Web
) -> None:
    hook.hangs.set()
    begun = time.monotonic()
    done = roundtrip(tmp_path, "reconcile", "-e", "nonsense", url=crm.url, alerts__webhook_url=hook.url)
    assert time.monotonic() - begun < 60
    assert "no entity 'nonsense'" in failure(done)
    assert "webhook: not sent: no answer in time" in done.stderr


def test_an_alert_setting_that_is_wrong_stops_no_run_and_no_other_channel(
    crm: Sandbox, tmp_path: Path, hook: Web
) -> None:
    told = {"alerts__webhook_url": hook.url, "alerts__smtp_host": "mail.example.com"}
    done = roundtrip(tmp_path, "reconcile", "-e", "stages", url=crm.url, **told)
    assert done.returncode == DONE
    assert "Mails need alerts.mail_from, alerts.mail_to too." in done.stderr
    assert hook.asked == []
    tried = roundtrip(tmp_path, "alert", "--test", **told)
    assert (tried.returncode, len(hook.texts)) == (FAILED, 1)
    assert "webhook: sent, answered 200: ok." in tried.stdout


def test_alert_tries_every_channel_and_says_what_came_back(tmp_path: Path, hook: Web, pings: Web) -> None:
    with post() as mails:
        told = {
            "alerts__webhook_url": hook.url,
            "alerts__ping_url": pings.url,
            "alerts__smtp_host": "127.0.0.1",
            "alerts__smtp_port": str(mails.port),
            "alerts__smtp_security": "none",
            "alerts__mail_from": "roundtrip@example.com",
            "alerts__mail_to": "ops@example.com",
        }
        assert roundtrip(tmp_path, "alert", "--test", **told).returncode == DONE
        pings.answers, pings.body = [404], "not found"
        done = roundtrip(tmp_path, "alert", "--test", "--json", **told)
    assert done.returncode == FAILED
    channels = {one["channel"]: one for one in json.loads(done.stdout)["channels"]}
    assert channels["ping"]["problem"] == "answered 404: not found"
    assert (channels["webhook"]["sent"], channels["mail"]["answer"]) == (
        True,
        "accepted for 1 of 1 addresses",
    )
    assert "a test (data/warehouse.duckdb on" in mails.mails[0]["subject"]
    assert list(tmp_path.iterdir()) == []


def test_alert_by_itself_tells_what_is_due(crm: Sandbox, tmp_path: Path, hook: Web) -> None:
    assert "No channel for alerts is set" in failure(roundtrip(tmp_path, "alert"), USAGE)
    assert roundtrip(tmp_path, "load", "-e", "stages", url=crm.url).returncode == DONE
    told = {"alerts__webhook_url": hook.url, "alerts__watermark_hours": "0"}
    first, second = (roundtrip(tmp_path, "alert", **told) for _ in range(2))
    assert (first.returncode, second.returncode, len(hook.texts)) == (DONE, DONE, 1)
    assert "last read to the end" in hook.texts[0]
    assert "Nothing to tell that was not told before." in second.stdout
    assert roundtrip(tmp_path, "status", **told).returncode == FAILED
