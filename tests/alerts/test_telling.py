"""From a run's end to what somebody reads, and to what is on record of it."""

import logging
from datetime import datetime

import pendulum
import pytest

from pipelines.alerts.mail import Mail
from pipelines.alerts.outcome import Outcome, problem_of
from pipelines.alerts.ping import Ping
from pipelines.alerts.settings import Alerts
from pipelines.alerts.telling import Told, tell
from pipelines.alerts.webhook import Webhook
from pipelines.lock import locked
from pipelines.place import Place
from sources.errors import Busy, LoadError, NotAccepted, RoundtripError, UsageError
from tests.alerts.receivers import Web, post
from tests.support import ADMIN, Sandbox, place_in, records, run

BEGUN = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def ended(code: int = 0, error: RoundtripError | None = None, command: str = "nightly") -> Outcome:
    return Outcome(command, pendulum.now("UTC"), code, error)


def failing(crm: Sandbox, place: Place) -> None:
    crm.arm("server_error", path="/*", times=None, nth=2)
    run(crm.settings(place), "stages")
    crm.calm()


def test_a_failure_is_told_once_and_so_is_its_end_and_both_are_on_record(
    crm: Sandbox, place: Place, hook: Web
) -> None:
    alerts = Alerts((Webhook(hook.url),))
    for _ in range(2):
        failing(crm, place)
        tell(alerts, place, ended(1))
    run(crm.settings(place), "stages")
    for _ in range(2):
        tell(alerts, place, ended())
    broken, mended = hook.texts
    assert "1 problem, after nightly" in broken
    assert "pipedrive: 1 list could not be read: stages (the CRM answered 503)." in broken
    assert "Safe: What was read before is kept" in broken
    assert "To do: `roundtrip status`" in broken
    assert "mended, after nightly" in mended
    assert "No longer so: pipedrive: 1 list could not be read" in mended
    assert ADMIN not in broken + mended
    (row,) = records(place, "select * from ops.alerts")
    assert (row["channel"], row["problem"], row["times_told"]) == ("webhook", "pipedrive/lists_failed", 1)
    assert row["since"] < row["ended_at"] <= row["end_told_at"]


def test_nothing_is_said_when_all_is_well(crm: Sandbox, place: Place, hook: Web) -> None:
    run(crm.settings(place), "stages")
    assert tell(Alerts((Webhook(hook.url),)), place, ended()) == []
    assert (hook.asked, records(place, "select * from ops.alerts")) == ([], [])


def test_what_a_receiver_refused_is_logged_and_on_record_and_told_after_the_next_run(
    crm: Sandbox, tmp_path_factory: pytest.TempPathFactory, hook: Web, caplog: pytest.LogCaptureFixture
) -> None:
    place = place_in(tmp_path_factory.mktemp("place"))
    hook.answers, hook.body = [404], "no_service"
    with post() as mails:
        mail = Mail("127.0.0.1", mails.port, "none", "", "", "", "a@example.com", ("b@example.com",))
        alerts = Alerts((Webhook(hook.url), mail))
        failing(crm, place)
        with caplog.at_level(logging.ERROR, "roundtrip.alerts"):
            assert [one.is_sent for one in tell(alerts, place, ended(1))] == [False, True]
        assert (
            "webhook: not sent: answered 404: no_service. It is tried again after the next run."
            in caplog.text
        )
        query = "select channel, error, told_at is null as untold from ops.alerts order by channel"
        assert [tuple(row.values()) for row in records(place, query)] == [
            ("mail", None, False),
            ("webhook", "answered 404: no_service", True),
        ]
        assert [one.channel for one in tell(alerts, place, ended(1))] == ["webhook"]
    assert len(mails.mails) == 1
    assert len(hook.texts) == 2


def test_a_run_that_comes_to_no_warehouse_is_told_once_and_its_end_when_there_is_one(
    crm: Sandbox, tmp_path_factory: pytest.TempPathFactory, hook: Web
) -> None:
    place = place_in(tmp_path_factory.mktemp("place"))
    alerts = Alerts((Webhook(hook.url),))
    wrong = UsageError("There is no setting 'warehose'.", way_out="Did you mean 'warehouse'?")
    for _ in range(2):
        tell(alerts, place, ended(2, wrong))
    (told,) = hook.texts
    assert "`roundtrip nightly` failed: There is no setting 'warehose'." in told
    assert "To do: Did you mean 'warehouse'?" in told
    assert not place.warehouse.exists()
    run(crm.settings(place), "stages")
    tell(alerts, place, ended(0, command="reconcile"))
    assert len(hook.texts) == 1  # it was not reconcile that failed
    tell(alerts, place, ended())
    assert "No longer so: `roundtrip nightly` failed" in hook.texts[1]
    assert [row["kind"] for row in records(place, "select kind from ops.alerts")] == ["command_failed"]


def test_a_second_run_at_once_is_no_alert_and_what_is_held_is_not_waited_for(
    crm: Sandbox, tmp_path_factory: pytest.TempPathFactory, hook: Web
) -> None:
    place = place_in(tmp_path_factory.mktemp("place"))
    failing(crm, place)
    busy = Busy("Another run holds the warehouse.", way_out="Wait.")
    with locked(place, "nightly"):
        assert tell(Alerts((Webhook(hook.url),)), place, ended(2, busy)) == []
    assert hook.asked == []


def test_a_ping_that_did_not_get_through_is_on_record_until_one_does(
    crm: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = place_in(tmp_path_factory.mktemp("place"))
    run(crm.settings(place), "stages")
    alerts = Alerts(ping=Ping("http://127.0.0.1:9"))
    lost = Told("ping", problem="no connection (ConnectError)")
    for pinged in (lost, lost, Told("ping", "answered 200")):
        tell(alerts, place, ended(), pinged)
    (row,) = records(place, "select * from ops.alerts")
    assert (row["channel"], row["error"], row["ended_at"] is not None) == ("ping", lost.problem, True)


# --- what the end of a command says by itself ---


def test_what_others_said_is_not_passed_on() -> None:
    said = NotAccepted("/v1/users/me answered 401: Ada Lovelace <ada@example.com> may not.")
    usage = UsageError(said.message, way_out="Put in a current one.")
    for error, told in (
        (usage, "failed: /v1/users/me answered 401."),
        (LoadError("loading failed: Key (email)=(ada@example.com) exists."), "failed: LoadError."),
    ):
        problem = problem_of(ended(1, error), [], [])
        assert problem is not None
        assert problem.what == f"`roundtrip nightly` {told}"


def test_what_is_on_record_is_not_told_twice() -> None:
    failed = {"started_at": pendulum.now("UTC"), "status": "failed"}
    error = LoadError("x")
    outcome = Outcome("nightly", BEGUN, 1, error)
    assert problem_of(outcome, [{"runs": [failed], "transforms": []}], []) is None
    earlier = [{"runs": [{**failed, "started_at": BEGUN.replace(year=2025)}], "transforms": []}]
    assert problem_of(outcome, earlier, []) is not None


def test_an_exit_code_that_nothing_explains_is_told() -> None:
    told = problem_of(ended(3), [], [])
    assert told is not None
    assert (told.kind, told.severity) == ("command_partial", "partial")
    assert problem_of(ended(0), [], []) is problem_of(ended(130), [], []) is None
