"""A command under watch: pinged before and after, and told what is wrong then. It ends as it would unwatched."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pendulum

from pipelines import values
from pipelines.alerts.channel import LONGEST, Sending
from pipelines.alerts.outcome import INTERRUPTED, Outcome
from pipelines.alerts.ping import Ping, Signal
from pipelines.alerts.settings import Alerts, read_alerts
from pipelines.alerts.telling import Told, report, tell
from pipelines.config import read_place
from pipelines.place import Place
from sources.errors import RoundtripError

LOG = logging.getLogger("roundtrip.alerts")
USAGE = 2
PINGED = "nightly"
"""The job that a dead man's switch waits for: it knows one schedule."""
Ended = tuple[int, RoundtripError | None]
"""Exit code, and the error that it ended with."""


def watched(arguments: Sequence[str], act: Callable[[], Ended]) -> int:
    """Do it; the exit code. `arguments` are those of the command line."""
    command = next((one for one in arguments if not one.startswith("-")), "")
    alerts = _alerts(command, arguments)
    if alerts is None:
        return act()[0]
    begun_at = pendulum.now("UTC")
    ping = alerts.ping if command == PINGED else None
    started = _sending(ping, "start") if ping else None
    outcome = Outcome(command, begun_at, *act())
    try:
        for wrong in (
            alerts.wrong if outcome.code != USAGE else ()
        ):  # else it was told why nothing could be read
            LOG.error("Alerts: %s", wrong)
        pinged = _pinged(ping, outcome, started) if ping else None
        place, is_known = _place()
        tell(alerts, place, outcome, pinged, is_known=is_known)
    except Exception as error:  # whatever it is, the command has ended as it has
        LOG.error("What is wrong could not be told: %s", type(error).__name__)  # noqa: TRY400 (no traceback unasked)
        LOG.debug("", exc_info=error)
    return outcome.code


def _alerts(command: str, arguments: Sequence[str]) -> Alerts | None:
    """The settings, if the command is one that is watched."""
    if command not in ("nightly", "reconcile", "load", "backfill", "transform", "push"):
        return None
    if {"--help", "-h"} & set(arguments) or (command == "push" and "--apply" not in arguments):
        return None
    alerts = read_alerts()
    return None if alerts.is_off or command not in alerts.commands else alerts


def _place() -> tuple[Place, bool]:
    """Where the warehouse is, and whether that is sure: of wrong settings, no more may be read than its name."""
    try:
        return read_place(), True
    except RoundtripError:
        return Place(warehouse=Path(str(values.value("roundtrip.warehouse") or Place.warehouse))), False


def _sending(ping: Ping, what: Signal) -> Sending | None:
    return Sending(partial(ping.signal, what)) if ping.knows(what) else None


def _pinged(ping: Ping, outcome: Outcome, started: Sending | None) -> Told | None:
    """Say how it ended, after it was said that it began."""
    if started:
        started.wait(LONGEST)
    if outcome.code == INTERRUPTED:
        return None
    sending = _sending(ping, "success" if outcome.is_done else "fail")
    if sending is None:
        return None
    told = Told(ping.name, *sending.wait())
    report(told)
    return told
