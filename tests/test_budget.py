"""The limiter with a clock of its own: never faster than the CRM allows, and what its headers change."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.budget import MOST_WALKERS, SMALLEST_LIMIT, WINDOW, Limiter


@dataclass
class Time:
    """A clock that moves on only while somebody sleeps."""

    now: float = 1000.0
    passes: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        await asyncio.sleep(0)

    def limiter(self, limit: int = SMALLEST_LIMIT) -> Limiter:
        return Limiter(self.clock, self.sleep, limit)

    async def let_pass(self, limiter: Limiter, times: int = 1) -> None:
        for _ in range(times):
            await limiter.pass_through()
            self.passes.append(self.now)

    def let(self, limiter: Limiter, times: int = 1) -> float:
        """Let some pass, and tell how long that took."""
        begun = self.now
        asyncio.run(self.let_pass(limiter, times))
        return self.now - begun


GAPS = st.lists(st.floats(0, 3), min_size=1, max_size=60)


@given(limit=st.integers(1, 12), gaps=GAPS)
def test_no_window_of_two_seconds_ever_holds_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    time = Time()
    limiter = time.limiter(limit)
    for gap in gaps:
        time.now += gap
        time.let(limiter)
    apart = zip(time.passes, time.passes[limit:], strict=False)
    assert all(later - earlier >= WINDOW for earlier, later in apart)


@given(steps=st.lists(st.tuples(st.integers(1, 12), st.floats(0, 1)), min_size=1, max_size=60))
def test_a_limit_that_changes_holds_from_the_next_request_on(steps: list[tuple[int, float]]) -> None:
    time = Time()
    limiter = time.limiter()
    for limit, gap in steps:
        time.now += gap
        limiter.learn({"x-ratelimit-limit": str(limit)}, 0.1)
        time.let(limiter)
        assert sum(earlier > time.now - WINDOW for earlier in time.passes) <= limit


@given(limit=st.integers(1, 9), tasks=st.integers(1, 5), each=st.integers(1, 8))
def test_walks_at_once_share_one_limit(limit: int, tasks: int, each: int) -> None:
    time = Time()
    limiter = time.limiter(limit)

    async def all_at_once() -> None:
        await asyncio.gather(*(time.let_pass(limiter, each) for _ in range(tasks)))

    asyncio.run(all_at_once())
    assert len(time.passes) == tasks * each
    apart = zip(time.passes, time.passes[limit:], strict=False)
    assert all(later - earlier >= WINDOW for earlier, later in apart)


def test_as_many_as_the_limit_pass_without_waiting() -> None:
    time = Time()
    limiter = time.limiter(20)
    assert time.let(limiter, 20) == 0
    assert time.let(limiter) >= WINDOW


def test_nothing_waits_longer_than_it_must() -> None:
    time = Time()
    assert time.let(time.limiter(10), 100) < 9 * (WINDOW + 0.1)


def test_before_the_crm_says_otherwise_the_smallest_known_limit_holds() -> None:
    assert Limiter().limit == SMALLEST_LIMIT == 20


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


def test_a_spent_budget_is_zero_tokens_and_not_unknown() -> None:
    limiter = Limiter()
    limiter.learn({"x-daily-ratelimit-token-remaining": "0"}, 0.1)
    assert limiter.daily_remaining == 0


def test_headers_that_are_absent_change_nothing() -> None:
    limiter = Limiter(limit=80, daily_remaining=5, daily_limit=9)
    limiter.learn({}, 0.1)
    assert (limiter.limit, limiter.daily_remaining, limiter.daily_limit) == (80, 5, 9)


NAMES = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-daily-ratelimit-token-limit")


@pytest.mark.parametrize("junk", ["", "many", "nan", "1,000", "\x00", "0x10", "²"])
def test_headers_that_are_no_numbers_are_ignored(junk: str) -> None:
    limiter = Limiter(limit=80, daily_remaining=5, daily_limit=9)
    limiter.learn(dict.fromkeys((*NAMES, "x-daily-ratelimit-token-remaining"), junk), 0.1)
    assert (limiter.limit, limiter.daily_remaining, limiter.daily_limit) == (80, 5, 9)


@pytest.mark.xfail(strict=True, raises=OverflowError, reason="only ValueError is caught")
@pytest.mark.parametrize("junk", ["inf", "-Infinity", "1e999"])
def test_headers_beyond_all_numbers_are_ignored(junk: str) -> None:
    limiter = Limiter(limit=80)
    limiter.learn({"x-ratelimit-limit": junk}, 0.1)
    assert limiter.limit == 80


@pytest.mark.parametrize("limit", ["0", "-5", "0.4"])
def test_a_limit_of_nothing_never_stops_the_run_for_ever(limit: str) -> None:
    time = Time()
    limiter = time.limiter()
    limiter.learn({"x-ratelimit-limit": limit}, 0.1)
    assert time.let(limiter, 3) < 10


def test_closed_means_that_nobody_passes_until_the_pause_is_over() -> None:
    time = Time()
    limiter = time.limiter()
    limiter.close_for(7)
    assert time.let(limiter, 3) == pytest.approx(7)


def test_of_two_pauses_the_one_that_ends_later_holds() -> None:
    time = Time()
    limiter = time.limiter()
    for seconds in (7, 3, -2):
        limiter.close_for(seconds)
    assert time.let(limiter) == pytest.approx(7)


def test_a_pause_that_comes_while_somebody_waits_holds_for_them_too() -> None:
    time = Time()
    limiter = time.limiter(1)
    time.let(limiter)
    begun = time.now

    async def wait_and_close() -> None:
        waiting = asyncio.create_task(time.let_pass(limiter))
        await asyncio.sleep(0)
        limiter.close_for(30)
        await waiting

    asyncio.run(wait_and_close())
    assert time.now - begun >= 30


def test_somebody_elses_use_of_the_token_makes_us_wait() -> None:
    time = Time()
    limiter = time.limiter()
    time.let(limiter, 3)
    limiter.learn({"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, 0.1)
    assert time.let(limiter) == pytest.approx(1)


def test_our_own_use_of_the_token_makes_us_wait_no_longer_than_the_window() -> None:
    time = Time()
    limiter = time.limiter()
    time.let(limiter, 19)
    limiter.learn({"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, 0.1)
    assert time.let(limiter) == 0


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
