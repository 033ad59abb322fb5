"""The days, one after the other: people work, commands run, and are struck."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.dialects import IN_DESKERA, IN_PIPEDRIVE
from tests.support import FREE, execute
from tests.torture import meant
from tests.torture.commands import Process, Trigger
from tests.torture.course import Command, Day, Moment, Strike
from tests.torture.rig import Rig
from tests.torture.volume import Volume

ARGUMENTS: Mapping[str, Sequence[Sequence[str]]] = {
    "nightly": [()],
    "load": [(), (), ("--full", "--force"), ("--crm", "deskera"), ("--entity", "activities")],
    "reconcile": [(), (), ("--dry-run",), ("--crm", "deskera")],
    "backfill": [
        ("--crm", "pipedrive", "--entity", "activities", "--entity", "deals", "--from", "2026-09-15")
    ],
    "push": [("--apply",), ("--apply",), ()],
    "transform": [(), (), ("--full-refresh",)],
}
RIVALS = (*ARGUMENTS, "status")
AS_JSON = 0.5
"""What follows the third decimal of a command's option says whether JSON is asked for."""
USUAL: Mapping[str, tuple[float, int, int]] = {
    "nightly": (7.0, 60, 60),
    "load": (2.0, 35, 12),
    "reconcile": (2.0, 40, 12),
    "backfill": (1.2, 5, 6),
    "push": (2.2, 30, 10),
    "transform": (2.7, 0, 40),
}
"""Processor time, requests and log lines of a command, until one was seen."""
BUSY = re.compile(r"Another run holds the warehouse|is held open by")
UNFORESEEN = re.compile(r"Traceback \(most recent|Something unexpected happened")
STAMP = re.compile(r"^[\d-]+ [\d:,]+ \w+ +(?:[0-9a-f]{8} )?")
"""When it was, how grave, and of which run."""
NUMBER = re.compile(r"\d[\d,]*")


@dataclass
class Event:
    """One command, and what became of it."""

    day: int
    number: int
    argv: list[str]
    armed: list[str]
    struck: dict[str, Any]
    """By kind of strike, the unit and the place, and whether it came in time."""
    code: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    requests: int = 0
    lines: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    last: str = ""
    """The last step it had told of."""
    rival: int | None = None
    """How a second one ended, that was started at the same time."""
    is_refused: bool = False
    """Whether it, or its rival, found the warehouse held."""

    @property
    def in_time(self) -> list[str]:
        """What struck before it had ended."""
        return [kind for kind, of in self.struck.items() if of["in_time"]]

    @property
    def is_killed(self) -> bool:
        """Whether the kill came in time."""
        return self.code == -9


@dataclass
class Story:
    """What has happened so far."""

    rig: Rig
    tell: Callable[[str], None]
    replayed: Mapping[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)
    """Of an earlier course, where exactly each strike came."""
    events: list[Event] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    requests: int = 0
    _usual: dict[tuple[str, bool], tuple[float, int, int]] = field(default_factory=dict)
    """By what was typed, and whether the project was the whole one."""

    def begin(self) -> None:
        """The first night, of which nothing is to go wrong."""
        self.calmly("nightly")
        self.rig.crm.begin_here()

    def live_through(self, day: Day) -> None:
        """One day and its commands."""
        self.rig.crm.control("advance", days=1)
        with suppress(Exception):  # before the first push there is no ledger
            execute(self.rig.place, "update ops.push_ledger set next_try_at = null")
        for number, command in enumerate(day.commands, 1):
            self.meet(day, number, command)
        self.findings += [f"day {day.number}: {line}" for line in meant.doubles(self.rig.crm)]

    def meet(self, day: Day, number: int, command: Command) -> None:
        """One command, with all that happens to it."""
        rig, crm = self.rig, self.rig.crm
        for fault in command.faults:
            crm.control("faults", **asdict(fault))
        if command.tokens_left is not None:
            crm.control("limits", crm="pipedrive", daily_remaining=command.tokens_left)
        argv = typed(command)
        event = Event(day.number, number, argv, [fault.kind for fault in command.faults], {})
        rig.asked = 0
        process = rig.start(argv, is_whole=day.is_whole)
        triggers = [self._trigger(event, strike, process, day) for strike in command.strikes]
        rig.requests = [one for one in triggers if one.unit == "requests"]
        rig.zygote.follow(process, triggers)
        rig.requests = []
        for one in triggers:
            one.join()
        self._recover(event)
        self._record(event, process, day)

    def calmly(self, *argv: str, is_whole: bool = False) -> Process:
        """A command of which nothing may go wrong."""
        self.rig.asked = 0
        process = self.rig.start(argv, is_whole=is_whole)
        self.rig.zygote.follow(process)
        self.requests += self.rig.asked
        if process.code:
            self.findings.append(
                f"quiet `{' '.join(argv)}` ended with {process.code}: {process.text[-3000:]}"
            )
        return process

    def _trigger(self, event: Event, strike: Strike, process: Process, day: Day) -> Trigger:
        unit, at = self._place(event, strike.moment, day)
        if known := self.replayed.get((event.day, event.number), {}).get(strike.kind):
            unit, at = known["unit"], known["at"]
        event.struck[strike.kind] = {"unit": unit, "at": at, "in_time": False}

        def act() -> None:
            event.struck[strike.kind]["in_time"] = True
            self._strike(event, strike, process, day)

        return Trigger(unit, at, act, is_due_at_once=strike.kind == "kill")

    def _place(self, event: Event, moment: Moment, day: Day) -> tuple[Any, float]:
        cpu, requests, lines = self._usual.get((" ".join(event.argv), day.is_whole), USUAL[event.argv[0]])
        if moment.unit == "cpu":
            return "cpu", round(moment.share * cpu, 3)
        if moment.unit == "lines" or requests < 2:
            return "lines", 1 + int(moment.share * lines)
        return "requests", 1 + int(moment.share * requests)

    def _strike(self, event: Event, strike: Strike, process: Process, day: Day) -> None:
        if strike.kind == "kill":
            process.kill()
        elif strike.kind == "restart" and self.rig.server:
            self.rig.server.restart(strike.detail)
        elif strike.kind == "fill" and (disk := self._disk(strike.detail)):
            disk.fill(strike.detail)
        elif strike.kind == "people":
            self._people(strike.detail)
        elif strike.kind == "rival":
            verb = RIVALS[strike.detail % len(RIVALS)]
            rival = self.rig.start([verb, *ARGUMENTS.get(verb, ((),))[0]], is_whole=day.is_whole)
            event.rival = self.rig.zygote.follow(rival)
            event.is_refused |= bool(BUSY.search(rival.text))
            self._look_at(event, rival, event.rival, rival.text)

    def _disk(self, which: int) -> Volume | None:
        server = self.rig.server
        return server.disk if server and which % 2 else self.rig.disk

    def _people(self, number: int) -> None:
        """Somebody works in a CRM; what armed faults make of that is life."""
        dialect = (IN_PIPEDRIVE, IN_DESKERA)[number % 2]
        with suppress(AssertionError, httpx.HTTPError):
            ids = sorted(dialect.living(self.rig.crm))
            chosen = ids[number // 10 % len(ids)]
            if number // 2 % 5 == 0:
                dialect.remove(self.rig.crm, chosen)
            elif number // 2 % 5 < 3:
                dialect.edit(self.rig.crm, chosen, **{dialect.title: f"Somebody's {number}"})
            else:
                dialect.edit(self.rig.crm, chosen, **{dialect.done: number % 4 < 2})

    def _recover(self, event: Event) -> None:
        """What whoever looks after it all does in the morning."""
        crm, rig = self.rig.crm, self.rig
        for armed in crm.server.world.faults.table():
            event.fired[armed["kind"]] = event.fired.get(armed["kind"], 0) + armed["fired"]
        crm.calm()
        for name in ("pipedrive", "deskera"):
            crm.control("limits", crm=name, **FREE)
        for disk in (rig.disk, rig.server.disk if rig.server else None):
            if disk:
                disk.empty()
        if rig.server:
            rig.server.revive()

    def _record(self, event: Event, process: Process, day: Day) -> None:
        text, code = process.text, process.code or 0
        event.code, event.seconds, event.cpu = code, round(process.seconds, 2), round(process.cpu, 2)
        event.requests, event.lines = self.rig.asked, process.lines()
        event.last = last_step(process)
        event.is_refused |= bool(BUSY.search(text)) and code == 2
        self.requests += event.requests
        if code in (0, 3) and not event.in_time:
            self._usual[" ".join(event.argv), day.is_whole] = (event.cpu, event.requests, event.lines)
        self._look_at(event, process, code, text)
        self.events.append(event)
        with (self.rig.folder / "events.jsonl").open("a") as log:
            log.write(json.dumps(asdict(event)) + "\n")
        self.tell(line(event))

    def _look_at(self, event: Event, process: Process, code: int, text: str) -> None:
        """Find fault with what a command said and how it ended."""
        where = f"day {event.day}, command {event.number} ({process.out.name})"
        if found := UNFORESEEN.search(text):
            begin = found.start()
            self.findings.append(f"{where}: {text[begin : begin + 1500]}")
        is_touched = bool(event.armed or event.struck)
        allowed = {0, 3} | ({1, 2} if is_touched else set()) | ({-9} if "kill" in event.struck else set())
        if code == 2 and BUSY.search(text) and self.rig.server:
            allowed.add(2)  # the server is still busy with what a killed run has asked
        if code not in allowed:
            self.findings.append(f"{where}: `{' '.join(process.argv)}` ended with {code}: {text[-1500:]}")
        if "--json" in process.argv and code >= 0 and not _is_json(process.out):
            self.findings.append(f"{where}: no JSON document: {text[:1500]}")
        if code > 0 and not process.err.read_text().strip() + process.out.read_text().strip():
            self.findings.append(f"{where}: it ended with {code} and said nothing")


def typed(command: Command) -> list[str]:
    """What is typed for a command; now and then a machine asks, which takes JSON."""
    choices = ARGUMENTS[command.verb]
    return [
        command.verb,
        *choices[int(command.option * len(choices))],
        *["--json"] * (command.option * 1000 % 1 > AS_JSON),
    ]


def last_step(process: Process) -> str:
    """The last step a command told of, without times and numbers."""
    lines = process.err.read_text(errors="replace").splitlines() if process.err.exists() else []
    told = [STAMP.sub("", one) for one in lines if STAMP.match(one)]
    step = told[-1] if told else "starting"
    step = re.sub(r"^(pipedrive|deskera) \w+: ", "", step)
    step = re.sub(r"^(\w+): (extracting|normalizing|loading)", r"\2", step)
    return NUMBER.sub("n", step.partition("; ")[0]).partition(" (step")[0][:70]


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text())
    except ValueError:
        return False
    return True


def line(event: Event) -> str:
    """An event for people."""
    struck = [
        f"{kind} at {of['unit']} {of['at']}{'' if of['in_time'] else ' (missed)'}"
        for kind, of in event.struck.items()
    ]
    fired = [f"{kind} x{times}" for kind, times in event.fired.items() if times]
    told = "; ".join(filter(None, [", ".join(struck), ", ".join(fired)]))
    done = f"exit {event.code:3}  {event.requests:4} requests  {event.seconds:5.1f} s"
    return f"day {event.day:2} {event.number:2}  {' '.join(event.argv):40.40} {done}  {told}"
