"""What is wrong is judged, and told by each channel that is due to tell something; what came of it is kept."""

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import pendulum

from pipelines import status
from pipelines.alerts.book import Book
from pipelines.alerts.channel import Channel, send_all
from pipelines.alerts.message import Message, title
from pipelines.alerts.outcome import BY_COMMAND, Outcome, problem_of
from pipelines.alerts.settings import Alerts, read_limits
from pipelines.alerts.standing import Due, Entry, due
from pipelines.health import Problem
from pipelines.lock import locked
from pipelines.place import Place
from pipelines.status import Standing
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import RoundtripError, UsageError

LOG = logging.getLogger("roundtrip.alerts")


@dataclass(frozen=True)
class Told:
    """What came of one channel."""

    channel: str
    answer: str = ""
    problem: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether it got through."""
        return not self.problem


def tell(
    alerts: Alerts, place: Place, outcome: Outcome, pinged: Told | None = None, *, is_known: bool = True
) -> list[Told]:
    """Tell what is due by each channel; nothing, when all is well or told already.

    Where it is not known whether the place is the right one, no warehouse is opened.
    """
    now = pendulum.now("UTC")
    with _open(place, is_known=is_known) as (warehouse, standing):
        book = Book(place, warehouse)
        problems = _problems(outcome, standing)
        entries = book.entries()
        dues = {
            one.name: due(
                one.name,
                entries,
                problems,
                now=now,
                remind=alerts.remind,
                is_judged=partial(_is_judged, outcome, standing),
            )
            for one in alerts.channels
        }
        told = _send(alerts, dues, outcome, place)
        changed = [one for name, found in dues.items() for one in found.settled(now, _error(told, name))]
        book.keep([*changed, *_ping_entries(entries, pinged, now)])
    return list(told.values())


@contextmanager
def _open(place: Place, *, is_known: bool) -> Iterator[tuple[Warehouse | None, Standing | None]]:
    """The warehouse, with the run lock, and how it stands; nothing, where that cannot be had."""
    if not is_known or (place.destination == "duckdb" and not place.warehouse.exists()):
        yield None, None
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(place, "alert"))
            # Only what was made before is judged: nothing is made here.
            standing = status.read_all(place, limits=read_limits(), is_ours=True)
            warehouse = stack.enter_context(open_warehouse(place, "ops"))
        except RoundtripError as error:
            LOG.debug("The warehouse is not judged: %s", error)
            warehouse, standing = None, None
        yield warehouse, standing


def _problems(outcome: Outcome, standing: Standing | None) -> list[Problem]:
    found = standing.problems if standing else []
    own = problem_of(outcome, standing.parts if standing else [], found)
    return [*([own] if own else []), *found]


def _is_judged(outcome: Outcome, standing: Standing | None, entry: Entry) -> bool:
    if entry.kind in BY_COMMAND:
        return entry.subject == outcome.command
    return standing is not None


def _send(alerts: Alerts, dues: Mapping[str, Due], outcome: Outcome, place: Place) -> dict[str, Told]:
    channels = [one for one in alerts.channels if dues[one.name].is_anything]
    messages = {one.name: _message(dues[one.name], outcome.command, place) for one in channels}
    answers = send_all({one.name: partial(one.send, messages[one.name]) for one in channels})
    told = {name: Told(name, *answer) for name, answer in answers.items()}
    for one in told.values():
        report(one)
    return told


def _message(found: Due, command: str, place: Place) -> Message:
    over = [f"{one.crm}: {one.what}" if one.crm else one.what for one in found.over]
    where = f"{place.title} on {socket.gethostname()}"
    return Message(title(found.problems, over, command, where), found.problems, over, found.standing)


def report(told: Told) -> None:
    """Tell in the log whether something got through."""
    if told.is_sent:
        LOG.info("%s: sent, %s", told.channel, told.answer)
    else:
        LOG.error("%s: not sent: %s. It is tried again after the next run.", told.channel, told.problem)


def _error(told: Mapping[str, Told], name: str) -> str:
    return told[name].problem if name in told else ""


def _ping_entries(entries: Sequence[Entry], pinged: Told | None, now: datetime) -> list[Entry]:
    """A ping that did not get through stands on record until one does."""
    if pinged is None:
        return []
    kept = next((one for one in entries if one.channel == "ping" and one.ended_at is None), None)
    if pinged.is_sent:
        return [replace(kept, ended_at=now, end_told_at=now)] if kept else []
    new = Entry(
        "ping", "all/ping", now, "", "ping", "", "notice", is_event=False, what="", measure=0, seen_at=now
    )
    what = "the ping did not get through"
    return [replace(kept or new, what=what, seen_at=now, tried_at=now, error=pinged.problem)]


def try_all(alerts: Alerts, place: Place) -> list[Told]:
    """Send a test message by every channel; what came back."""
    senders: list[Channel] = [*alerts.channels, *([alerts.ping] if alerts.ping else [])]
    if not senders and not alerts.wrong:
        raise UsageError(
            "No channel for alerts is set.",
            way_out="Set alerts.webhook_url, alerts.ping_url or alerts.smtp_host: README, Alerts.",
        )
    message = Message(
        f"Roundtrip: a test ({place.title} on {socket.gethostname()})",
        note="This channel works. Nothing is wrong: `roundtrip alert --test` has sent this.",
    )
    answers = send_all({one.name: partial(one.send, message) for one in senders})
    return [Told(name, *answer) for name, answer in answers.items()]
