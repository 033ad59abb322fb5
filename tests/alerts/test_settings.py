"""Which channels the settings make, and which settings are refused: each by itself."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.alerts.settings import Alerts, read_alerts, read_limits
from pipelines.keys import check_keys
from sources.errors import UsageError

MAIL = {
    "SMTP_HOST": "mail.example.com",
    "MAIL_FROM": "a@example.com",
    "MAIL_TO": "b@example.com,c@example.com",
}


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place without settings files."""
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Alerts:
    for name, value in settings.items():
        monkeypatch.setenv(f"ALERTS__{name}", value)
    return read_alerts()


def test_without_settings_nobody_is_told() -> None:
    assert read_alerts().is_off


def test_a_setting_makes_a_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = given(monkeypatch, WEBHOOK_URL="https://x.example/h", PING_URL="https://x.example/p", **MAIL)
    assert [one.name for one in alerts.channels] == ["webhook", "mail"]
    assert alerts.ping is not None
    mail = alerts.channels[1]
    assert (mail.security, mail.port, mail.to) == ("starttls", 587, ("b@example.com", "c@example.com"))  # type: ignore[attr-defined]
    assert (alerts.commands, alerts.remind) == (("nightly", "reconcile"), timedelta(days=7))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/s3cret",
        "http://10.0.0.1/s3cret",
        "http://127.0.0.1.example/s3cret",
        "http://2130706433/s3cret",
        "https:///s3cret",
        "ftp://x/s3cret",
        "https://x/s3 cret",
        "https://[x/s3cret",
    ],
)
def test_an_address_is_https_and_no_message_repeats_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    (wrong,) = given(monkeypatch, WEBHOOK_URL=url).wrong
    assert "alerts.webhook_url is not an https:// address" in wrong
    assert "s3" not in wrong


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:9/x"])
def test_plain_http_will_do_to_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert given(monkeypatch, PING_URL=url).wrong == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"MAIL_TO": ""}, "Mails need alerts.mail_to too."),
        ({"SMTP_SECURITY": "ssl"}, "must be 'starttls', 'tls' or 'none'"),
        ({"SMTP_SECURITY": "none", "SMTP_USER": "u"}, "would send its password in the clear"),
        ({"MAIL_FROM": "nobody"}, "'nobody' is no mail address"),
        ({"SMTP_CA_FILE": "nowhere.pem"}, "There is no file nowhere.pem"),
        ({"SMTP_PORT": "mail"}, "alerts.smtp_port must be a number"),
        ({"COMMANDS": "nightly,demo"}, "alerts.commands names 'demo'"),
    ],
)
def test_what_is_wrong_with_one_channel_is_told_and_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], told: str
) -> None:
    alerts = given(monkeypatch, WEBHOOK_URL="https://x.example/h", **(MAIL | changes))
    assert len(alerts.wrong) == 1
    assert told in alerts.wrong[0]
    assert alerts.channels[0].name == "webhook"


def test_a_setting_that_nobody_reads_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS__WEBHOOK", "https://x.example/h")
    with pytest.raises(UsageError, match="Did you mean 'webhook_url'"):
        check_keys()


def test_what_is_a_problem_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, WATERMARK_HOURS="200", MAX_SHARE_GONE="0.5")
    limits = read_limits()
    assert (limits.watermark_hours, limits.row_count_factor, limits.max_share_gone) == (200, 10, 0.5)
