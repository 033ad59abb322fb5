"""What happens when, out of a seed: a pure function of it, so that the same seed is the same course.

When within a command something strikes is told as a share: of the processor time, the requests or the log lines that
the command took when it was last left alone. So the course does not depend on how fast a machine is.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from pipelines.place import Destination

Unit = Literal["cpu", "requests", "lines"]
Kind = Literal["kill", "restart", "fill", "rival", "people"]
UNITS: tuple[Unit, ...] = ("cpu", "requests", "lines")
SPARE = 1.4
"""So many times the kills that are asked for are tried: some come when the command has ended."""
LATEST = 0.95
"""The latest share of a command at which anything strikes."""
WEEK, WHOLE_EVERY = 7, 15
QUIET, WILD = 0.35, 0.1
"""How many of the commands meet a well CRM; and of the others, how many one that is hardly there."""
COMMANDS: tuple[tuple[str, int], ...] = (
    ("nightly", 5),
    ("load", 3),
    ("reconcile", 3),
    ("backfill", 2),
    ("push", 5),
    ("transform", 2),
)
AT_ONCE = 0.15
"""Of the strikes that are no kills: they come as the command begins."""
FEW_KILLED = 4
"""Of the commands of a day that are not killed."""


@dataclass(frozen=True)
class Moment:
    """When something strikes a command."""

    unit: Unit
    share: float


@dataclass(frozen=True)
class Strike:
    """What strikes a command, and when."""

    kind: Kind
    moment: Moment
    detail: int = 0
    """Of a fill the bytes it leaves; of people a number to choose by."""


@dataclass(frozen=True)
class Fault:
    """What the CRM or the wire to it does."""

    kind: str
    path: str = "/*"
    method: str = ""
    nth: int | None = None
    rate: float | None = None
    times: int | None = 1
    status: int = 503
    seconds: float = 1.0


@dataclass(frozen=True)
class Command:
    """One command, what is armed for it, and what strikes it."""

    verb: str
    faults: tuple[Fault, ...] = ()
    strikes: tuple[Strike, ...] = ()
    tokens_left: int | None = None
    """Pipedrive's budget for the rest of the day."""
    option: float = 0.0
    """A number between 0 and 1 that chooses among the command's arguments."""

    @property
    def is_left_alone(self) -> bool:
        """Whether nothing is done to it."""
        return not (self.faults or self.strikes or self.tokens_left)


@dataclass(frozen=True)
class Day:
    """What people do first, and then the commands."""

    number: int
    is_whole: bool
    """Whether the commands build the whole project, or the small one."""
    commands: tuple[Command, ...] = field(default=())


def course(seed: int, *, days: int, kills: int, destination: Destination) -> list[Day]:
    """All days of a seed."""
    return [
        _day(Random(f"{seed}/{number}"), number, days, kills * SPARE / days, destination)
        for number in range(1, days + 1)
    ]


def _day(random: Random, number: int, days: int, kills: float, destination: Destination) -> Day:
    killed = int(kills) + (random.random() < kills % 1)
    commands = [_killed(random) for _ in range(killed)]
    commands += [_command(random, destination) for _ in range(random.randrange(1, FEW_KILLED))]
    if number % WEEK == 0:
        commands.append(Command("reconcile", _faults(random), option=random.random()))
    random.shuffle(commands)
    commands.append(Command("nightly", _faults(random)))
    return Day(number, number % WHOLE_EVERY == min(WHOLE_EVERY, days) // 2, tuple(commands))


def _killed(random: Random) -> Command:
    strikes = (Strike("kill", _moment(random)), *_people(random))
    return Command(_verb(random), _faults(random), strikes, option=random.random())


def _command(random: Random, destination: Destination) -> Command:
    kinds: list[Kind] = ["fill", "rival", "restart"]
    kind = random.choice(kinds if destination == "postgres" else kinds[:2])
    detail = random.choice((0, random.randrange(200_000), random.randrange(4_000_000)))
    struck = random.random() < 0.7
    moment = Moment("cpu", 0.0) if random.random() < AT_ONCE else _moment(random)
    strikes = (Strike(kind, moment, detail),) if struck else ()
    left = random.randrange(20, 400) if random.random() < 0.15 else None
    return Command(_verb(random), _faults(random), strikes + _people(random), left, random.random())


def _people(random: Random) -> tuple[Strike, ...]:
    """Now and then people work while a command runs."""
    if random.random() > 0.3:
        return ()
    return (Strike("people", Moment("requests", random.random()), random.randrange(10**6)),)


def _moment(random: Random) -> Moment:
    return Moment(random.choice(UNITS), random.uniform(0, LATEST))


def _verb(random: Random) -> str:
    verbs, weights = zip(*COMMANDS, strict=True)
    return str(random.choices(verbs, weights)[0])


def _faults(random: Random) -> tuple[Fault, ...]:
    if random.random() < QUIET:
        return ()
    if random.random() < WILD:
        return (Fault("server_error", rate=0.9, times=None),)
    return tuple(_fault(random, kind) for kind in random.sample(sorted(FAULTS), random.choice((1, 1, 2, 3))))


PATHS = ("/*", "/*", "/api/v2/*", "/v1/recents*", "/v1/crm/*", "/api/v2/deals*", "*/activities*")
WRITES = "POST,PATCH,PUT,DELETE"
FAULTS = (
    *(
        "burst_429",
        "budget_spent",
        "server_error",
        "forbidden_html",
        "cursor_refused",
        "unauthorized",
        "refused",
    ),
    *("reset", "truncated", "slow", "late", "failed_after", "repeated_page"),
)
"""Every kind there is; a test compares them with the sandbox's."""
STATUSES = (500, 502, 503)
LOST = ("reset", "truncated", "failed_after")
"""After these nobody knows whether a write was done."""


def _fault(random: Random, kind: str) -> Fault:
    path, times = random.choice(PATHS), random.randrange(1, 8)
    common = Fault(
        kind, path, rate=round(random.uniform(0.02, 0.3), 2), times=times, status=random.choice(STATUSES)
    )
    changed: dict[str, dict[str, Any]] = {
        "cursor_refused": {"path": "/*", "rate": None, "nth": random.randrange(1, 4), "times": 1 + times % 2},
        "repeated_page": {"path": "/*", "rate": None, "nth": random.randrange(1, 4), "times": 1 + times % 2},
        "budget_spent": {"rate": None, "nth": random.randrange(1, 40), "times": random.choice((1, 3))},
        "unauthorized": {"rate": None, "nth": random.randrange(1, 40), "times": random.choice((1, 3))},
        "refused": {"method": random.choice((WRITES, WRITES, ""))},
        "late": {"rate": 0.05, "times": 1, "seconds": 3.0},
        "slow": {"rate": 0.05, "times": 2, "seconds": 0.4},
    }
    changed |= {name: {"method": random.choice(("", "", WRITES, "POST"))} for name in LOST}
    return replace(common, **changed.get(kind, {}))
