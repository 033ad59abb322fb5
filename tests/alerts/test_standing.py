"""When something is told, told again, and told to be over; night by night, without a warehouse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipelines.alerts.standing import Entry, due
from pipelines.health import Problem

FIRST = datetime(2026, 11, 1, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def problem(kind: str = "lists_failed", measure: int = 1, marks: tuple[str, ...] = ()) -> Problem:
    return Problem(
        kind, "failed", f"{measure} {kind}", "safe", "to do", "pipedrive", measure=measure, marks=marks
    )


@dataclass
class Nights:
    """One channel, night after night."""

    entries: dict[tuple[str, datetime], Entry] = field(default_factory=dict)
    nights: int = 0

    def night(
        self, *found: Problem, error: str = "", is_judged: Callable[[Entry], bool] = lambda _entry: True
    ) -> tuple[list[str], list[str]]:
        """What is told to be wrong, and to be over."""
        now = FIRST + timedelta(days=self.nights, seconds=-self.nights)
        self.nights += 1
        told = due("webhook", self.entries.values(), found, now=now, remind=WEEK, is_judged=is_judged)
        settled = told.settled(now, error if told.is_anything else "")
        self.entries |= {(one.problem, one.since): one for one in settled}
        return [one.kind for one in told.problems], [one.kind for one in told.over]


Told = tuple[list[str], list[str]]
QUIET: Told = ([], [])
NEW: Told = (["lists_failed"], [])
OVER: Told = ([], ["lists_failed"])


def every(nights: Nights, found: Sequence[Problem], count: int) -> list[tuple[list[str], list[str]]]:
    return [nights.night(*found) for _ in range(count)]


def test_what_goes_on_is_told_at_first_and_once_a_week() -> None:
    assert every(Nights(), [problem()], 15) == [NEW, *[QUIET] * 6, NEW, *[QUIET] * 6, NEW]


def test_what_is_over_is_told_once_and_a_return_is_news() -> None:
    nights = Nights()
    assert [nights.night(problem()), nights.night(), nights.night()] == [NEW, OVER, QUIET]
    assert nights.night(problem()) == NEW


def test_what_has_doubled_is_told_again() -> None:
    nights = Nights()
    told = [nights.night(problem(measure=size)) for size in (3, 5, 6, 11, 12)]
    assert told == [NEW, QUIET, NEW, QUIET, NEW]


def test_what_could_not_be_sent_is_due_again_and_so_is_its_end() -> None:
    nights = Nights()
    assert nights.night(problem(), error="answered 500") == NEW
    (kept,) = nights.entries.values()
    assert (kept.told_at, kept.error) == (None, "answered 500")
    assert nights.night(problem()) == NEW
    assert nights.night(error="answered 500") == OVER
    assert nights.night() == OVER
    assert nights.night() == QUIET


def test_the_end_of_what_was_never_told_is_not_told_either() -> None:
    nights = Nights()
    nights.night(problem(), error="answered 500")
    assert nights.night() == QUIET


def test_an_end_that_nobody_heard_of_is_no_news_once_it_is_wrong_again() -> None:
    nights = Nights()
    nights.night(problem())
    nights.night(error="answered 500")
    assert nights.night(problem()) == NEW


def test_what_happened_once_is_told_once_and_never_mended() -> None:
    nights = Nights()
    happened = problem("fields_new", marks=("mood",))
    assert nights.night(happened) == (["fields_new"], [])
    assert every(nights, [happened], 20) == [QUIET] * 20
    assert nights.night() == QUIET
    assert nights.night(happened) == QUIET
    assert nights.night(problem("fields_new", marks=("age", "mood"))) == (["fields_new"], [])


def test_another_run_that_is_in_the_way_is_told_when_it_stays_there() -> None:
    nights = Nights()
    busy = problem("command_busy")
    assert nights.night(busy) == QUIET
    assert nights.night() == QUIET
    assert [nights.night(busy), nights.night(busy)] == [QUIET, (["command_busy"], [])]


def test_what_was_not_judged_is_not_over() -> None:
    nights = Nights()
    nights.night(problem())
    assert nights.night(is_judged=lambda _entry: False) == QUIET
    assert nights.night() == OVER


def test_each_channel_has_its_own_account() -> None:
    now = FIRST
    first = due("webhook", [], [problem()], now=now, remind=WEEK)
    entries = first.settled(now, "")
    assert due("mail", entries, [problem()], now=now, remind=WEEK).problems != []
    again = due("webhook", entries, [problem()], now=now, remind=WEEK)
    assert (again.problems, again.standing) == ([], 1)
