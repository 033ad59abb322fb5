"""Several walks at once over a list that hands out pages by keyset: what counts as read was handed over."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.auth import Fixed
from sources.backfill import Part, Walkers
from sources.budget import Limiter
from sources.entity import Entity
from sources.errors import BudgetSpent, CursorRefused, RoundtripError, ServerFailed
from sources.http import Client, Patience
from sources.paging import Page
from sources.pipedrive.client import judge
from sources.walk import MOST_RESTARTS, Reader
from sources.windows import Span, Windows, less, moment, second
from tests import virtual
from tests.test_walk import SECONDS, Api, client, records, things
from tests.virtual import now

SINCE, UNTIL = SECONDS[0], "2026-10-01T20:01:00Z"
SPAN = Span("/things", second(SINCE), second(UNTIL))
TIMES = st.lists(
    st.sampled_from([moment(second(SINCE) + n) for n in (0, 1, 2, 3, 30, 59, 60, 75)]), max_size=30
)
LAW = {
    "times": TIMES,
    "size": st.integers(1, 4),
    "hesitations": st.lists(st.integers(0, 6), min_size=1, max_size=8),
    "walkers": st.integers(1, 5),
}


class Faulty(Api):
    """The same list; from some request on it answers otherwise."""

    spent_from: int = 10**9
    broken: tuple[int, ...] = ()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self.asked >= self.spent_from:
            return httpx.Response(429, json={"error": "daily request budget exceeded"})
        if self.asked in self.broken:
            self.asked += 1
            return httpx.Response(503, json={"error": "down"})
        return await super().answer(request)


def walk(
    api: Api, entity: Entity, walkers: int, left: Sequence[Span] = (SPAN,)
) -> tuple[list[Part], RoundtripError | None]:
    """What several walks hand over, and what stopped them."""
    parts: list[Part] = []

    async def keep(page: Page) -> None:
        assert isinstance(page, Part)
        parts.append(page)

    async def read() -> None:
        async with client(api) as connected:
            windows = Windows(left, entity.lists[0].page_size)
            reader = Reader(connected, entity)
            await Walkers(reader, windows, keep, most=walkers, loaded_at=datetime.now(UTC)).walk()

    try:
        asyncio.run(read())
    except RoundtripError as problem:
        return parts, problem
    return parts, None


def in_window(rows: Sequence[dict[str, Any]], spans: Sequence[Span]) -> set[int]:
    return {
        row["id"]
        for row in rows
        if any(span.since <= second(row["update_time"]) < span.until for span in spans)
    }


def ids(parts: Sequence[Part]) -> set[int]:
    return {key for part in parts for key in part.table["id"].to_pylist()}


def left_of(parts: Sequence[Part]) -> list[Span]:
    left = [SPAN]
    for part in parts:
        left = less(left, part.span)
    return left


@settings(max_examples=60)
@given(**LAW, refused=st.sets(st.integers(1, 9), max_size=MOST_RESTARTS))
def test_every_record_of_the_window_is_read_also_when_cursors_are_refused(
    times: list[str], refused: set[int], **how: Any
) -> None:
    rows = records(times)
    parts, problem = walk(Api(rows, how["hesitations"], refused), things(how["size"]), how["walkers"])
    assert problem is None
    assert ids(parts) == in_window(rows, [SPAN])
    assert left_of(parts) == []


@settings(max_examples=60)
@given(**LAW, requests=st.integers(0, 12))
def test_stopped_anywhere_it_has_read_what_it_says_and_another_run_reads_the_rest(
    times: list[str], requests: int, **how: Any
) -> None:
    rows, entity = records(times), things(how["size"])
    api = Faulty(rows, how["hesitations"])
    api.spent_from = requests
    parts, problem = walk(api, entity, how["walkers"])
    assert problem is None or isinstance(problem, BudgetSpent)
    left = left_of(parts)
    assert (left == []) is (problem is None)
    assert in_window(rows, [SPAN]) - in_window(rows, left) <= ids(parts)
    assert len(parts) == api.asked, "no page that was answered is lost"
    rest, _ = walk(Api(rows, how["hesitations"]), entity, how["walkers"], left)
    assert ids(parts) | ids(rest) == in_window(rows, [SPAN])


def test_a_list_without_an_upper_bound_is_walked_in_windows_all_the_same() -> None:
    unbounded = things(2)
    (listing,) = unbounded.lists
    entity = Entity(
        "things",
        (type(listing)("/things", 1, page_size=2, since="since", sortable=True),),
        unbounded.fields,
        watermark="update_time",
    )
    rows = records([moment(second(SINCE) + n) for n in range(0, 100, 3)])
    parts, problem = walk(Api(rows, [1, 3]), entity, 3)
    assert problem is None
    assert ids(parts) == in_window(rows, [SPAN])


def test_a_problem_ends_all_walks_after_their_page_and_loses_none() -> None:
    rows = records([moment(second(SINCE) + n) for n in range(60)])
    api = Faulty(rows, [1, 4, 2])
    api.broken = tuple(range(9, 100))
    parts, problem = walk(api, things(2), 4)
    assert isinstance(problem, ServerFailed)
    assert len(parts) == 9, "every page that was answered was handed over"
    assert api.asked <= 9 + 4 * 2, "as often as patience says, for each walk"


@pytest.mark.parametrize("walkers", [1, 4])
def test_it_gives_up_when_cursors_are_refused_again_and_again(walkers: int) -> None:
    rows = records([SINCE] * 20)
    parts, problem = walk(Api(rows, refused=set(range(1_000))), things(2), walkers)
    assert isinstance(problem, CursorRefused)
    assert left_of(parts)[0].since == SPAN.since


def share_of_the_rate(walkers: int) -> float:
    """How much of 40 requests in two seconds is used on 200 pages, at 150 ms; on a clock that only sleep moves."""
    begun = second(SINCE)
    rows = records([moment(begun + 7 * n) for n in range(1_000)])
    asked: list[float] = []

    class Slow(Api):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            asked.append(now())
            await asyncio.sleep(0.15)
            return await super().answer(request)

    async def read() -> float:
        limiter = Limiter(now, limit=40, latency=0.15)
        transport = httpx.MockTransport(Slow(rows, [0]).answer)
        patient = Patience()
        connected = Client("https://things.example", Fixed({}), judge, patient, limiter, transport, clock=now)
        async with connected:
            windows = Windows([Span("/things", begun, begun + 7_000)], 5)
            reader = Reader(connected, things(5))
            await Walkers(reader, windows, nothing, most=walkers, loaded_at=datetime.now(UTC)).walk()
        return now() - asked[0]

    seconds = virtual.at_once(read())
    return len(asked) / seconds / 20


async def nothing(_page: Page) -> None:
    """Be done with a page."""


def test_several_walks_use_the_rate_that_is_allowed_and_one_does_not() -> None:
    assert share_of_the_rate(8) >= 0.95
    assert share_of_the_rate(1) == pytest.approx(1 / 3, rel=0.05)
