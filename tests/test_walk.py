"""Walks over a list that hands out pages by keyset, as the API does: however they go, every record is read."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.auth import Fixed
from sources.budget import Limiter
from sources.entity import Entity, Listing, fields
from sources.errors import CursorRefused, RepeatedPage, RoundtripError
from sources.http import Client, Patience
from sources.paging import Page, Window
from sources.pipedrive.client import judge
from sources.walk import MOST_RESTARTS, Reader

SLOW, FAST = 1.0, 0.001
"""Seconds an answer seems to take: slow ones are worth several walks at once, fast ones are not."""
HALVES = ({"even": "true"}, {"even": "false"})
Answering = Callable[[httpx.Request], Any]
ALL, CHANGES = Window(), Window("2026-10-01T20:00:00Z", "2026-10-01T20:00:09Z")


def things(page_size: int, partitions: Sequence[Any] = ()) -> Entity:
    listing = Listing("/things", 1, page_size=page_size, since="since", until="until", sortable=True)
    kinds = fields("id int, even bool, update_time time")
    return Entity("things", (listing,), kinds, watermark="update_time", partitions=tuple(partitions))


@dataclass
class Api:
    """A list of records over HTTP's seam: filters, bounds, order and a keyset cursor, and hesitation on demand."""

    rows: list[dict[str, Any]]
    hesitations: list[int] = field(default_factory=lambda: [1])
    refused: set[int] = field(default_factory=set)
    """Which requests with a cursor are told that the cursor is unknown."""
    asked: int = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One page; other walks get ahead while this one hesitates."""
        number, self.asked = self.asked, self.asked + 1
        for _ in range(self.hesitations[number % len(self.hesitations)]):
            await asyncio.sleep(0)
        params = dict(request.url.params)
        if "cursor" in params and number in self.refused:
            return httpx.Response(400, json={"error": "Invalid cursor"})
        found = self._after(params)
        size = int(params["limit"])
        more = self._cursor(found[size - 1], params) if len(found) > size else None
        return httpx.Response(200, json={"data": found[:size], "additional_data": {"next_cursor": more}})

    def _after(self, params: dict[str, str]) -> list[dict[str, Any]]:
        """What lies beyond the cursor, in order."""
        matching = [row for row in self.rows if _matches(row, params)]
        descending = params["sort_direction"] == "desc"
        matching.sort(key=lambda row: _place(row, params), reverse=descending)
        if "cursor" not in params:
            return matching
        at = json.loads(params["cursor"])
        return [r for r in matching if (_place(r, params) < at if descending else _place(r, params) > at)]

    @staticmethod
    def _cursor(row: dict[str, Any], params: dict[str, str]) -> str:
        return json.dumps(_place(row, params))


def _place(row: dict[str, Any], params: dict[str, str]) -> list[Any]:
    return [row[params["sort_by"]] or "", row["id"]]


def _matches(row: dict[str, Any], params: dict[str, str]) -> bool:
    time = row["update_time"] or ""
    even = params.get("even", str(row["even"]).lower()) == str(row["even"]).lower()
    return even and params.get("since", "") <= time < params.get("until", "~")


def client(api: Api | Answering, seconds: float = SLOW) -> Client:
    """A client to whom every answer seems to take so long, and who need not wait for anything."""
    ticks = iter(range(10**9))

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    return Client(
        "https://things.example",
        Fixed({}),
        judge,
        Patience(tries=2),
        Limiter(limit=10**6),
        httpx.MockTransport(api.answer if isinstance(api, Api) else api),
        at_once,
        clock=lambda: next(ticks) * seconds,
    )


def read(
    api: Api | Answering, entity: Entity, window: Window, seconds: float = SLOW
) -> tuple[list[Page], RoundtripError | None]:
    """Every page that a reader hands over, and what stopped it."""
    pages: list[Page] = []

    async def keep(page: Page) -> None:
        pages.append(page)

    async def walk() -> None:
        async with client(api, seconds) as connected:
            await Reader(connected, entity).read(window, keep)

    try:
        asyncio.run(walk())
    except (RoundtripError, BaseExceptionGroup) as error:
        return pages, _first(error)
    return pages, None


def _first(error: BaseException) -> RoundtripError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, RoundtripError)
    return error


def ids(pages: Sequence[Page]) -> Counter[int]:
    return Counter(row.id for page in pages for row in page.rows)


def records(times: Sequence[str | None]) -> list[dict[str, Any]]:
    return [{"id": n, "even": n % 2 == 0, "update_time": time} for n, time in enumerate(times, 1)]


SECONDS = [f"2026-10-01T20:00:{second:02}Z" for second in range(10)]
FEW_SECONDS = st.sampled_from([None, *SECONDS[:2]])
TIMES = st.lists(st.none() | st.sampled_from(SECONDS), max_size=9) | st.lists(
    FEW_SECONDS, min_size=9, max_size=20
)
LAW = {
    "times": TIMES,
    "size": st.integers(1, 4),
    "hesitations": st.lists(st.integers(0, 6), min_size=1, max_size=8),
    "window": st.sampled_from([ALL, CHANGES]),
    "partitions": st.sampled_from([(), HALVES]),
    "seconds": st.sampled_from([SLOW, FAST]),
}


@given(**LAW)
def test_every_record_is_read_however_the_walks_get_on(
    *,
    times: list[str | None],
    size: int,
    hesitations: list[int],
    window: Window,
    partitions: Any,
    seconds: float,
) -> None:
    rows = records(times)
    pages, problem = read(Api(rows, hesitations), things(size, partitions), window, seconds)
    assert problem is None
    assert set(ids(pages)) == wanted(rows, window)


@given(**LAW, refused=st.sets(st.integers(1, 9), min_size=1, max_size=MOST_RESTARTS))
def test_every_record_is_read_when_cursors_are_refused_on_the_way(
    times: list[str | None], refused: set[int], window: Window, **how: Any
) -> None:
    rows = records(times)
    api = Api(rows, how["hesitations"], refused)
    pages, problem = read(api, things(how["size"], how["partitions"]), window, how["seconds"])
    assert problem is None
    assert set(ids(pages)) == wanted(rows, window)


def wanted(rows: list[dict[str, Any]], window: Window) -> set[int]:
    bounds = {"since": window.since, "until": window.until} if window.since else {}
    return {row["id"] for row in rows if _matches(row, bounds)}


def test_where_answers_are_fast_one_walk_asks_once_for_each_page() -> None:
    api = Api(records([SECONDS[0]] * 20))
    pages, _ = read(api, things(5), ALL, FAST)
    assert api.asked == 4
    assert set(ids(pages).values()) == {1}


def test_where_answers_are_slow_two_walks_ask_for_hardly_more() -> None:
    api = Api(records([SECONDS[0]] * 20))
    pages, _ = read(api, things(1), ALL, SLOW)
    assert len(ids(pages)) == 20
    assert api.asked <= 23


def test_a_list_of_one_page_is_asked_for_once_even_where_answers_are_slow() -> None:
    api = Api(records(SECONDS))
    read(api, things(10, HALVES), ALL)
    assert api.asked == 1


def test_an_empty_page_says_that_a_list_was_read_to_its_end() -> None:
    pages, _ = read(Api(records(SECONDS)), things(4), CHANGES, FAST)
    *_, last = pages
    assert (last.rows, last.reached) == ([], CHANGES.until)


def test_a_walk_by_time_tells_how_far_it_has_come_and_a_walk_from_the_end_does_not() -> None:
    pages, _ = read(Api(records(SECONDS)), things(2), CHANGES, SLOW)
    told = {page.reached for page in pages if page.rows}
    assert "" in told
    assert told <= {"", *(page.rows[-1].update_time for page in pages if page.rows)}


def test_a_walk_gives_up_when_cursors_are_refused_again_and_again() -> None:
    api = Api(records(SECONDS), refused=set(range(100)))
    _, problem = read(api, things(2), CHANGES, FAST)
    assert isinstance(problem, CursorRefused)
    assert api.asked <= 2 * (MOST_RESTARTS + 1)


def test_a_walk_does_not_go_on_from_a_page_that_was_read_already() -> None:
    body = {"data": records(SECONDS[:2]), "additional_data": {"next_cursor": "round and round"}}

    class Circle(Api):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            del request
            self.asked += 1
            return httpx.Response(200, json=body)

    api = Circle([])
    _, problem = read(api, things(2), CHANGES, FAST)
    assert isinstance(problem, RepeatedPage)
    assert api.asked == 1 + 2  # tried as often as patience says


@pytest.mark.parametrize("size", [1, 100])
def test_asking_which_records_are_alive_takes_one_request_a_list(size: int) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return httpx.Response(200, json={"data": records(SECONDS[:1])})

    async def alive() -> set[int]:
        seamed = client(Api([]))
        seamed.transport = httpx.MockTransport(answer)
        async with seamed as connected:
            return await Reader(connected, things(100)).alive(range(1, size + 1))

    assert asyncio.run(alive()) == {1}
    assert [len(params["ids"].split(",")) for params in asked] == [size]


def test_half_a_surrogate_pair_does_not_keep_an_adapter_from_the_page() -> None:
    def adapt(body: bytes) -> bytes:
        answer = msgspec.json.decode(body)
        return msgspec.json.encode(
            {"data": [{"id": row["number"], "name": row["title"]} for row in answer["data"]]}
        )

    def answer(_request: httpx.Request) -> httpx.Response:
        body = rb'{"data": [{"number": 7, "title": "cut \ud83d"}]}'
        return httpx.Response(200, content=body, headers={"content-type": "application/json"})

    listing = Listing("/things", 1, paging="none", adapt=adapt)
    pages, problem = read(answer, Entity("things", (listing,), fields("id int, name text")), ALL)
    assert problem is None
    assert [(row.id, row.name) for page in pages for row in page.rows] == [(7, "cut \ufffd")]
