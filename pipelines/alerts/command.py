"""The command `alert`."""

from dataclasses import asdict
from typing import Annotated

import pendulum
import typer

from pipelines import console, status
from pipelines.alerts.outcome import Outcome
from pipelines.alerts.settings import Alerts, read_alerts
from pipelines.alerts.telling import Told, tell, try_all
from pipelines.config import read_place
from pipelines.lock import locked
from pipelines.options import Json
from sources.errors import UsageError

FAILED = 1


def alert(
    *,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message by every channel, and say what came back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell what is wrong by webhook and mail, if anything is that was not told yet; nightly and reconcile do it too."""
    place, alerts = read_place(), read_alerts()
    if test:
        told = try_all(alerts, place)
    else:
        _refuse_without_channels(alerts)
        with locked(place, "alert"):  # a run under way tells by itself
            status.read_all(place)  # where it cannot be judged, that is an error here
        told = tell(alerts, place, Outcome("alert", pendulum.now("UTC"), 0))
    if as_json:
        console.print_json(
            {"channels": [_summary(one) for one in told], "wrong_settings": list(alerts.wrong)}
        )
    else:
        _show(told, alerts, test=test)
    well = not alerts.wrong and all(one.is_sent for one in told)
    raise typer.Exit(0 if well else FAILED)


def _refuse_without_channels(alerts: Alerts) -> None:
    if not alerts.channels and not alerts.wrong:
        raise UsageError(
            "No channel for alerts is set.",
            way_out="Set alerts.webhook_url or alerts.smtp_host; `roundtrip alert --test` tries them.",
        )


def _summary(one: Told) -> dict[str, object]:
    return {**asdict(one), "sent": one.is_sent, "problem": one.problem or None, "answer": one.answer or None}


def _show(told: list[Told], alerts: Alerts, *, test: bool) -> None:
    for one in told:
        if one.is_sent:
            console.say(f"{one.channel}: sent, {one.answer}.")
        else:
            console.note(f"{one.channel}: not sent: {one.problem}.", "red")
    for wrong in alerts.wrong:
        console.note(wrong, "red")
    if not told and not test:
        console.say("Nothing to tell that was not told before.")
