"""Which channels there are for alerts, and when something is told: the settings under `[alerts]`.

Each channel is read by itself, so that a wrong setting of one silences no other.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pipelines import logs, values
from pipelines.alerts.channel import Channel
from pipelines.alerts.mail import PORTS, Mail
from pipelines.alerts.ping import Ping
from pipelines.alerts.webhook import Webhook
from pipelines.health import Limits
from sources.errors import UsageError

Found = TypeVar("Found")
UNATTENDED = ("nightly", "reconcile")
ABLE = (*UNATTENDED, "load", "backfill", "transform", "push")


@dataclass(frozen=True)
class Alerts:
    """Whom to tell, and when."""

    channels: tuple[Channel, ...] = ()
    ping: Ping | None = None
    wrong: tuple[str, ...] = ()
    """What is wrong with the settings of channels that are left out."""
    commands: tuple[str, ...] = UNATTENDED
    remind: timedelta = timedelta(days=7)

    @property
    def is_off(self) -> bool:
        """Whether nobody is to be told anything."""
        return not (self.channels or self.ping or self.wrong)


def read_alerts() -> Alerts:
    """The settings; what is wrong with a channel is told within."""
    wrong: list[str] = []
    webhook, mail, ping = _tried(_webhook, wrong), _tried(_mail, wrong), _tried(_ping, wrong)
    channels: list[Channel | None] = [webhook, mail]
    commands = _tried(_commands, wrong)
    remind = _tried(lambda: timedelta(days=values.number("alerts.remind_days", Alerts.remind.days)), wrong)
    return Alerts(
        tuple(one for one in channels if one),
        ping,
        tuple(wrong),
        UNATTENDED if commands is None else commands,
        remind or Alerts.remind,
    )


def read_limits() -> Limits:
    """From where on something is a problem."""
    return Limits(
        values.number("alerts.watermark_hours", Limits.watermark_hours),
        values.number("alerts.row_count_factor", Limits.row_count_factor),
        values.share("alerts.max_share_gone", Limits.max_share_gone),
    )


def _tried(read: Callable[[], Found], wrong: list[str]) -> Found | None:
    try:
        return read()
    except UsageError as error:
        wrong.append(str(error))
        return None


def _commands() -> tuple[str, ...]:
    commands = values.names("alerts.commands") or UNATTENDED
    if strange := [name for name in commands if name not in ABLE]:
        raise UsageError(
            f"alerts.commands names {strange[0]!r}.", way_out=f"These are able: {', '.join(ABLE)}."
        )
    return commands


def _webhook() -> Webhook | None:
    address = _address("alerts.webhook_url")
    return Webhook(address) if address else None


def _ping() -> Ping | None:
    address = _address("alerts.ping_url")
    return Ping(address, values.flag("alerts.ping_start_and_fail", default=True)) if address else None


def _text(key: str) -> str:
    return str(values.value(key) or "").strip()


def _address(key: str) -> str:
    """A URL that may be a secret, so no message repeats it."""
    given = _text(key)
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        host = parts.hostname or ""
        is_fit = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    except ValueError:
        host, is_fit = "", False
    if not host or not is_fit or not given.isascii() or not given.isprintable() or " " in given:
        raise UsageError(
            f"The setting {key} is not an https:// address.",
            way_out="Copy it from the service; plain http is allowed to this machine only.",
        )
    logs.hide(given, *parts.path.split("/"))
    return given


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mail() -> Mail | None:
    host, to = _text("alerts.smtp_host"), values.names("alerts.mail_to")
    sender, user, password = (_text(f"alerts.{key}") for key in ("mail_from", "smtp_user", "smtp_password"))
    if not (host or to or sender or user):
        return None
    logs.hide(password)
    _refuse_lacking({"smtp_host": host, "mail_from": sender, "mail_to": to})
    security = _text("alerts.smtp_security") or "starttls"
    if security not in PORTS:
        raise UsageError(f"alerts.smtp_security must be 'starttls', 'tls' or 'none', not {security!r}.")
    if user and security == "none" and not _is_loopback(host):
        raise UsageError(
            "alerts.smtp_user would send its password in the clear.",
            way_out='Set alerts.smtp_security to "starttls" or "tls".',
        )
    if strange := [one for one in (sender, *to) if "@" not in one or not one.isprintable() or " " in one]:
        raise UsageError(f"{strange[0]!r} is no mail address (alerts.mail_from, alerts.mail_to).")
    port = int(values.number("alerts.smtp_port", PORTS[security]))
    return Mail(host, port, security, user, password, _ca_file(), sender, tuple(to))


def _refuse_lacking(given: dict[str, str | Sequence[str]]) -> None:
    if lacking := [f"alerts.{key}" for key, value in given.items() if not value]:
        raise UsageError(f"Mails need {', '.join(lacking)} too.", way_out="Set it in .dlt/config.toml.")


def _ca_file() -> str:
    file = _text("alerts.smtp_ca_file")
    if file and not Path(file).is_file():
        raise UsageError(f"There is no file {file} (alerts.smtp_ca_file).")
    return file
