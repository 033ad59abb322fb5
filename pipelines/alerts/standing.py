"""What was told of each problem, and what is to be told now: pure.

A problem is told when it is found, again when it has doubled, and as a reminder; when it is over, that is told once.
What happened at one time is told once, and is past. Each channel has its own account: what could not be sent is due
again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipelines.health import Problem

FORGOTTEN = timedelta(days=30)
"""How long after it was last seen something that happened is not told again."""
EARLY = timedelta(hours=1)
"""Nights do not begin on the second."""
LATEST_END = timedelta(days=7)
"""How long is tried to tell that something is over."""
PATIENCE = {"command_busy": timedelta(hours=12)}
"""Kinds of problems that often pass by themselves, and how long they may take to."""


@dataclass(frozen=True)
class Entry:
    """A row of `ops.alerts`."""

    channel: str
    problem: str
    since: datetime
    crm: str
    kind: str
    subject: str
    severity: str
    is_event: bool
    what: str
    measure: int
    seen_at: datetime
    told_at: datetime | None = None
    told_measure: int = 0
    times_told: int = 0
    ended_at: datetime | None = None
    end_told_at: datetime | None = None
    tried_at: datetime | None = None
    error: str | None = None

    @property
    def end_is_due(self) -> bool:
        """Whether its end is yet to be told."""
        return bool(self.ended_at and self.told_at) and not self.is_event and self.end_told_at is None


@dataclass
class Due:
    """What is to be told by one channel."""

    problems: list[Problem] = field(default_factory=list)
    over: list[Entry] = field(default_factory=list)
    due: list[Entry] = field(default_factory=list)
    """The entries of these problems."""
    others: list[Entry] = field(default_factory=list)
    """Entries that changed, and of which nothing is to be told."""
    standing: int = 0
    """How many problems go on that were told before."""

    @property
    def is_anything(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.problems or self.over)

    def settled(self, now: datetime, error: str) -> list[Entry]:
        """The entries as they are once it was sent, or could not be."""
        if error:
            return [
                *self.others,
                *(replace(one, tried_at=now, error=error) for one in (*self.due, *self.over)),
            ]
        told = [
            replace(
                one,
                told_at=now,
                told_measure=one.measure,
                times_told=one.times_told + 1,
                tried_at=now,
                error=None,
            )
            for one in self.due
        ]
        return [
            *self.others,
            *told,
            *(replace(one, end_told_at=now, tried_at=now, error=None) for one in self.over),
        ]


def due(
    channel: str,
    entries: Iterable[Entry],
    problems: Sequence[Problem],
    *,
    now: datetime,
    remind: timedelta,
    is_judged: Callable[[Entry], bool] = lambda _entry: True,
) -> Due:
    """What a channel is to tell; of an entry that is not judged now nobody knows whether it is over."""
    own = [one for one in entries if one.channel == channel]
    standing = {one.problem: one for one in own if one.ended_at is None}
    found = Due()
    for problem in problems:
        seen = [_seen(channel, standing.pop(key, None), key, problem, now) for key in problem.keys]
        if any(_is_due(one, remind, now) for one in seen):
            found.problems.append(problem)
            found.due += seen
        else:
            found.others += seen
            found.standing += any(one.told_at and not one.is_event for one in seen)
    for one in standing.values():
        if is_judged(one) and not (one.is_event and now - one.seen_at < FORGOTTEN):
            _end(replace(one, ended_at=now), found)
    again = {key for problem in problems for key in problem.keys}
    late = [one for one in own if one.end_is_due and one.ended_at and now - one.ended_at < LATEST_END]
    found.over += [one for one in late if one.problem not in again]
    return found


def _end(entry: Entry, found: Due) -> None:
    (found.over if entry.end_is_due else found.others).append(entry)


def _seen(channel: str, entry: Entry | None, key: str, problem: Problem, now: datetime) -> Entry:
    if entry is not None:
        return replace(
            entry, severity=problem.severity, what=problem.what, measure=problem.measure, seen_at=now
        )
    place = (problem.crm, problem.kind, problem.subject, problem.severity, bool(problem.marks))
    return Entry(channel, key, now, *place, problem.what, problem.measure, now)


def _is_due(entry: Entry, remind: timedelta, now: datetime) -> bool:
    if entry.told_at is None:
        return now - entry.since >= PATIENCE.get(entry.kind, timedelta())
    if entry.is_event:
        return False
    has_doubled = 0 < 2 * entry.told_measure <= entry.measure
    return has_doubled or now - entry.told_at >= remind - EARLY
