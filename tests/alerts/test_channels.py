"""Whether it gets there: real receivers, well-behaved and not."""

import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.alerts import channel
from pipelines.alerts.channel import NotSent, Sending, send_all
from pipelines.alerts.mail import Mail
from pipelines.alerts.message import Message
from pipelines.alerts.ping import Ping
from pipelines.alerts.webhook import MOST_LETTERS, Webhook, text
from pipelines.health import Problem
from tests.alerts.receivers import PASSWORD, USER, Authority, post, web

TEST = Message(
    "Roundtrip: 1 problem", [Problem("k", "failed", "a < b & <!channel>", "Safe.", "Do.", "pipedrive")]
)


def mail(port: int, **changes: Any) -> Mail:
    given: dict[str, Any] = {
        "security": "none",
        "user": "",
        "password": "",
        "ca_file": "",
        "to": ("ops@example.com",),
    }
    return Mail("127.0.0.1", port, sender="roundtrip@example.com", **(given | changes))


# --- webhook ---


def test_a_webhook_gets_one_text_in_which_nothing_is_a_link_or_calls_everybody() -> None:
    with web() as received:
        assert Webhook(received.url).send(TEST) == "answered 200: ok"
    ((method, path, body),) = received.asked
    assert (method, path) == ("POST", "/T0/s3cret-hook")
    assert body == {
        "text": "*Roundtrip: 1 problem*\n- pipedrive: a &lt; b &amp; &lt;!channel&gt;\n  Safe: Safe.\n  To do: Do."
    }


def test_a_long_text_is_cut_where_slack_would_split_it() -> None:
    long = Message("t", [Problem("k", "failed", "x" * 300, "s", "d")] * 30)
    assert len(text(long)) <= MOST_LETTERS + 2
    assert text(long).endswith("\n…")


def test_a_moment_of_trouble_is_tried_again_and_a_refusal_is_not() -> None:
    with web() as received:
        received.answers = [503]
        assert Webhook(received.url).send(TEST) == "answered 200: ok"
        received.answers = [404, 200]
        received.body = "no_service"
        with pytest.raises(NotSent, match=r"^answered 404: no_service$"):
            Webhook(received.url).send(TEST)
    assert len(received.asked) == 3


def test_a_redirect_is_not_followed() -> None:
    with web() as elsewhere, web() as received:
        received.answers, received.location = [302], elsewhere.url
        with pytest.raises(NotSent, match="answered 302, a redirect, which is not followed"):
            Webhook(received.url).send(TEST)
        assert elsewhere.asked == []


def test_what_a_receiver_says_is_told_without_the_address_that_is_a_secret() -> None:
    with web() as received:
        received.answers, received.body = [404], "unknown hook s3cret-hook"
        with pytest.raises(NotSent) as caught:
            Webhook(received.url).send(TEST)
    assert str(caught.value) == "answered 404: unknown hook ***"
    assert "s3cret" not in repr(Webhook(received.url))


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    with web(authority.context) as received, pytest.raises(NotSent, match="its certificate is not trusted"):
        Webhook(received.url).send(TEST)
    assert received.asked == []


def test_nobody_there_is_told_by_its_kind() -> None:
    with pytest.raises(NotSent, match=r"no connection \(ConnectError\)"):
        Webhook("http://127.0.0.1:9/s3cret").send(TEST)


# --- nobody keeps a run waiting ---


def test_a_receiver_that_hangs_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.alerts.http.TIMEOUT", 0.3)
    with web() as received:
        received.hangs.set()
        with pytest.raises(NotSent, match="no answer in time"):
            Webhook(received.url).send(TEST)


def test_one_that_never_ends_its_answer_is_left_and_all_of_them_take_no_longer_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "LONGEST", 0.6)
    with web() as received, web() as well:
        received.drips = True
        begun = time.monotonic()
        told = send_all(
            {
                "a": lambda: Webhook(received.url).send(TEST),
                "b": lambda: Webhook(received.url).send(TEST),
                "c": lambda: Webhook(well.url).send(TEST),
            }
        )
        assert time.monotonic() - begun < 3
    assert told == {
        "a": ("", "no answer in time"),
        "b": ("", "no answer in time"),
        "c": ("answered 200: ok", ""),
    }


def test_whatever_goes_wrong_in_sending_is_told_by_its_name_only() -> None:
    def broken() -> str:
        raise ValueError("https://hooks.example/s3cret")

    assert Sending(broken).wait() == ("", "ValueError")


# --- ping ---


def test_a_ping_says_that_it_begins_fails_or_is_done_by_its_address() -> None:
    with web() as received:
        ping = Ping(f"{received.url}?status=up")
        ping.signal("start")
        ping.signal("fail")
        ping.signal("success")
    assert [(method, path) for method, path, _ in received.asked] == [
        ("GET", "/T0/s3cret-hook/start?status=up"),
        ("GET", "/T0/s3cret-hook/fail?status=up"),
        ("GET", "/T0/s3cret-hook?status=up"),
    ]
    assert not Ping("https://example.com", start_and_fail=False).knows("start")


# --- mail ---


def test_a_mail_has_all_that_a_mail_needs() -> None:
    with post() as received:
        assert (
            mail(received.port, to=("a@example.com", "b@example.com")).send(TEST)
            == "accepted for 2 of 2 addresses"
        )
    (got,) = received.mails
    assert (got["subject"], got["from"]) == ("Roundtrip: 1 problem", "roundtrip@example.com")
    assert got["to"] == "a@example.com, b@example.com"
    assert (got["auto-submitted"], bool(got["date"]), bool(got["message-id"])) == (
        "auto-generated",
        True,
        True,
    )
    assert "pipedrive: a < b & <!channel>" in got.get_content()


def test_starttls_is_spoken_only_to_whom_a_trusted_certificate_proves(tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    with post(authority.context, needs_login=True) as received:
        given = {"security": "starttls", "user": USER, "password": PASSWORD}
        with pytest.raises(NotSent, match=r"its certificate is not trusted: .*smtp_ca_file"):
            mail(received.port, **given).send(TEST)
        assert received.logins == []
        assert (
            mail(received.port, **given, ca_file=str(authority.file)).send(TEST)
            == "accepted for 1 of 1 addresses"
        )
    assert (received.logins, len(received.mails)) == ([True], 1)


def test_tls_from_the_first_byte_is_spoken_too(tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    with post(authority.context, is_tls_first=True) as received:
        with pytest.raises(NotSent, match="its certificate is not trusted"):
            mail(received.port, security="tls").send(TEST)
        mail(received.port, security="tls", ca_file=str(authority.file)).send(TEST)
    assert len(received.mails) == 1


def test_a_wrong_password_and_an_unknown_address_are_told_without_either(tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    given = {"security": "starttls", "user": USER, "ca_file": str(authority.file)}
    with post(authority.context, needs_login=True) as received:
        with pytest.raises(NotSent) as caught:
            mail(received.port, **given, password="wr0ng-password").send(TEST)
        assert str(caught.value) == "user and password are not accepted (535)"
        received.refuses = {"ops@example.com"}
        with pytest.raises(NotSent, match=r"^no address of alerts.mail_to is accepted$"):
            mail(received.port, **given, password=PASSWORD).send(TEST)
        both = mail(received.port, **given, password=PASSWORD, to=("ops@example.com", "b@example.com"))
        assert both.send(TEST) == "accepted for 1 of 2 addresses"


def test_a_server_that_offers_no_encryption_gets_nothing() -> None:
    with post() as received, pytest.raises(NotSent, match=r"does not offer what alerts.smtp_security"):
        mail(received.port, security="starttls").send(TEST)
    assert received.mails == []


def test_a_mail_server_that_is_not_there_or_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotSent, match=r"no connection \(Connection refused\)"):
        mail(9).send(TEST)
    monkeypatch.setattr("pipelines.alerts.mail.TIMEOUT", 0.3)
    with web() as silent, pytest.raises(NotSent, match="no answer in time"):
        mail(int(silent.url.split(":")[2].split("/")[0])).send(TEST)
