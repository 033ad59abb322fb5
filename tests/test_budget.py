"""The limiter with a clock of its own: never faster than the CRM allows, and what its headers change."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.budget import MARGIN, MOST_WALKERS, SMALLEST_LIMIT, WINDOW, Limiter
from tests.virtual import at_once, now

ENOUGH = 600.0
"""Seconds after which a test would say that nobody gets on."""


@dataclass
class Crm:
    """Takes requests, and keeps when each of them arrived; `there` and `back` are how long the ways take."""

    limiter: Limiter = field(default_factory=lambda: Limiter(now))
    arrivals: list[float] = field(default_factory=list)

    async def ask(self, there: float = 0.0, back: float = 0.0, headers: dict[str, str] | None = None) -> None:
        async with self.limiter.turn():
            sent = now()
            await asyncio.sleep(there)
            self.arrivals.append(now())
            await asyncio.sleep(back)
        self.limiter.learn(headers or {}, now() - sent)

    async def ask_in_turn(self, times: int, there: float = 0.0, back: float = 0.0) -> float:
        """Ask one after another, and tell how long it took."""
        begun = now()
        for _ in range(times):
            await self.ask(there, back)
        return now() - begun


def seconds(limiter: Limiter, times: int = 1) -> float:
    """How long it takes until so many have passed."""
    return float(in_time(Crm(limiter).ask_in_turn(times)))


def in_time(work: Coroutine[Any, Any, Any]) -> Any:
    found: Any = at_once(asyncio.wait_for(work, ENOUGH))
    return found


def most_in_a_window(arrivals: list[float]) -> int:
    return max((sum(0 <= later - begun < WINDOW for later in arrivals) for begun in arrivals), default=0)


@given(limit=st.integers(1, 12), gaps=st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_no_window_of_two_seconds_ever_holds_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    crm = Crm(Limiter(now, limit=limit))

    async def ask() -> None:
        for gap in gaps:
            await asyncio.sleep(gap)
            await crm.ask()

    in_time(ask())
    assert most_in_a_window(crm.arrivals) <= limit


# All requests take equally long to arrive: what the limiter counts is when they were sent.
WAY = st.tuples(st.floats(0, 0.3), st.floats(0.3, 2))


@given(limit=st.integers(1, 9), walks=st.lists(st.integers(1, 8), min_size=1, max_size=6), way=WAY)
def test_walks_at_once_share_one_limit(limit: int, walks: list[int], way: tuple[float, float]) -> None:
    crm = ask_all(limit, [[way] * times for times in walks])
    assert len(crm.arrivals) == sum(walks)
    assert most_in_a_window(crm.arrivals) <= limit


UNEVEN_WAY = st.tuples(st.floats(0.2, 0.2 + MARGIN / 2), st.floats(0.3, 2))
"""Requests that take longer there than others by less than the margin; how long answers take back does not matter."""


@given(limit=st.integers(1, 9), walks=st.lists(st.lists(UNEVEN_WAY, max_size=8), min_size=1, max_size=6))
def test_walks_at_once_share_one_limit_however_long_their_answers_take(
    limit: int, walks: list[list[tuple[float, float]]]
) -> None:
    assert most_in_a_window(ask_all(limit, walks).arrivals) <= limit


def ask_all(limit: int, walks: list[list[tuple[float, float]]]) -> Crm:
    """Ask in several walks at once, each one request after the other."""
    crm = Crm(Limiter(now, limit=limit))

    async def walk(ways: list[tuple[float, float]]) -> None:
        for there, back in ways:
            await crm.ask(there, back)

    async def all_at_once() -> None:
        await asyncio.gather(*map(walk, walks))

    in_time(all_at_once())
    return crm


@given(steps=st.lists(st.tuples(st.integers(1, 12), st.floats(0, 1)), min_size=1, max_size=40))
def test_a_limit_that_changes_holds_from_the_next_request_on(steps: list[tuple[int, float]]) -> None:
    crm = Crm()

    async def ask() -> None:
        for limit, gap in steps:
            crm.limiter.learn({"x-ratelimit-limit": str(limit)}, 0)
            await asyncio.sleep(gap)
            await crm.ask()
            assert sum(earlier > now() - WINDOW for earlier in crm.arrivals) <= limit

    in_time(ask())


def test_more_than_the_limit_take_longer_than_a_window() -> None:
    assert seconds(Limiter(now), SMALLEST_LIMIT) < WINDOW
    assert seconds(Limiter(now), SMALLEST_LIMIT + 1) >= WINDOW


def test_nothing_waits_longer_than_it_must() -> None:
    assert seconds(Limiter(now, limit=10), 100) < 10 * (WINDOW + 0.1)


def test_a_request_that_failed_does_not_take_its_place_for_ever() -> None:
    crm = Crm(Limiter(now, limit=1))

    async def fail_then_ask() -> float:
        with pytest.raises(OSError, match="gone"):
            async with crm.limiter.turn():
                raise OSError("gone")
        return await crm.ask_in_turn(1)

    assert in_time(fail_then_ask()) < 2 * WINDOW


def test_who_is_cancelled_while_waiting_leaves_the_queue() -> None:
    crm = Crm(Limiter(now, limit=1))

    async def give_up() -> None:
        await crm.ask()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_wait(crm.limiter, 99), 0.5)
        await crm.ask()

    in_time(give_up())
    assert len(crm.arrivals) == 2


async def _wait(limiter: Limiter, urgency: float) -> float:
    async with limiter.turn(lambda: urgency):
        return urgency


def test_of_those_who_wait_the_one_with_most_left_to_do_goes_first() -> None:
    order: list[float] = []

    async def wait(limiter: Limiter, urgency: float) -> None:
        order.append(await _wait(limiter, urgency))

    async def all_at_once() -> None:
        limiter = Limiter(now, limit=1)
        await _wait(limiter, 0)
        await asyncio.gather(*(wait(limiter, urgency) for urgency in (2, 9, 5)))

    in_time(all_at_once())
    assert order == [9, 5, 2]


def test_what_the_headers_state_is_adopted() -> None:
    limiter = Limiter()
    limiter.learn(
        {
            "x-ratelimit-limit": "80",
            "x-ratelimit-remaining": "79",
            "x-ratelimit-reset": "2",
            "x-daily-ratelimit-token-limit": "150000",
            "x-daily-ratelimit-token-remaining": "148051",
        },
        0.25,
    )
    assert (limiter.limit, limiter.daily_limit, limiter.daily_remaining) == (80, 150_000, 148_051)
    assert limiter.latency == 0.25


def test_headers_that_are_absent_change_nothing() -> None:
    limiter = Limiter(limit=80, daily_remaining=5, daily_limit=9)
    limiter.learn({}, 0.1)
    assert (limiter.limit, limiter.daily_remaining, limiter.daily_limit) == (80, 5, 9)
    limiter.learn({"x-daily-ratelimit-token-remaining": "0"}, 0.1)
    assert limiter.daily_remaining == 0  # spent, which is not the same as unknown


NAMES = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-daily-ratelimit-token-limit")


@pytest.mark.parametrize("junk", ["", "many", "nan", "1,000", "\x00", "0x10", "²"])
def test_headers_that_are_no_numbers_are_ignored(junk: str) -> None:
    limiter = Limiter(limit=80, daily_remaining=5, daily_limit=9)
    limiter.learn(dict.fromkeys((*NAMES, "x-daily-ratelimit-token-remaining"), junk), 0.1)
    assert (limiter.limit, limiter.daily_remaining, limiter.daily_limit) == (80, 5, 9)


@pytest.mark.parametrize("junk", ["inf", "-Infinity", "1e999"])
def test_headers_beyond_all_numbers_are_ignored(junk: str) -> None:
    limiter = Limiter(limit=80)
    limiter.learn({"x-ratelimit-limit": junk}, 0.1)
    assert limiter.limit == 80


@pytest.mark.parametrize("limit", ["0", "-5", "0.4"])
def test_a_limit_of_nothing_never_stops_the_run_for_ever(limit: str) -> None:
    limiter = Limiter(now)
    in_time(_learn(limiter, {"x-ratelimit-limit": limit}))
    assert seconds(limiter, 3) < 10


async def _learn(limiter: Limiter, headers: dict[str, str]) -> None:
    limiter.learn(headers, 0.1)


def closed(*pauses: float, limit: int = SMALLEST_LIMIT) -> float:
    """How long it takes until somebody passes after the CRM asked for pauses."""

    async def ask() -> float:
        crm = Crm(Limiter(now, limit=limit))
        for pause in pauses:
            crm.limiter.close_for(pause)
        return await crm.ask_in_turn(1)

    return float(in_time(ask()))


def test_closed_means_that_nobody_passes_until_the_pause_is_over() -> None:
    assert closed(7) == pytest.approx(7, abs=0.1)


def test_of_two_pauses_the_one_that_ends_later_holds() -> None:
    assert closed(7, 3, -2) == pytest.approx(7, abs=0.1)


def test_a_pause_that_comes_while_somebody_waits_holds_for_them_too() -> None:
    async def wait_and_close() -> float:
        crm = Crm(Limiter(now, limit=1))
        await crm.ask()
        waiting = asyncio.create_task(crm.ask())
        await asyncio.sleep(0.5)
        crm.limiter.close_for(30)
        await waiting
        return now()

    assert in_time(wait_and_close()) >= 30.5


def answered(sent: int, remaining: int) -> float:
    """How long the next request waits, when an answer says that so many of 20 are left."""

    async def ask() -> float:
        crm = Crm()
        await crm.ask_in_turn(sent - 1)
        await crm.ask(headers={"x-ratelimit-limit": "20", "x-ratelimit-remaining": str(remaining)})
        return await crm.ask_in_turn(1)

    return float(in_time(ask()))


def test_somebody_elses_use_of_the_token_makes_us_wait() -> None:
    assert answered(sent=3, remaining=0) == pytest.approx(WINDOW, abs=0.1)


def test_our_own_use_of_the_token_is_not_taken_for_somebody_elses() -> None:
    assert answered(sent=19, remaining=1) == 0


@pytest.mark.parametrize(
    ("limit", "latency", "walkers"),
    [
        (20, 0.0, 1),
        (20, 0.05, 1),
        (20, 0.15, 2),
        (20, 0.5, 6),
        (80, 0.3, 7),
        (480, 0.05, 2),
        (480, 9, MOST_WALKERS),
    ],
)
def test_there_are_as_many_walks_as_the_limit_can_feed(limit: int, latency: float, walkers: int) -> None:
    assert Limiter(limit=limit, latency=latency).walkers() == walkers


def test_the_latency_is_that_of_the_fastest_answer() -> None:
    limiter = Limiter()
    for seconds in (0.5, 0.2, 0.9):
        limiter.learn({}, seconds)
    assert limiter.latency == 0.2
