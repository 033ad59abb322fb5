"""Deleted records from the list of recent changes, over real HTTP: complete even where that list is treacherous."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pendulum
import pytest

from sources.budget import Tally
from sources.crm import Gone
from sources.errors import BadBody, Refused, RepeatedPage
from sources.pipedrive.client import connect
from sources.pipedrive.recents import PAGE, REACH, deletions
from tests.support import ADMIN, IMPATIENT, Sandbox, sandbox

ITEMS = ("activity", "person", "organization", "product")
START = pendulum.datetime(2026, 10, 1, 20)
SECOND = pendulum.duration(seconds=1)


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """The real wire; `between` happens in the CRM after each answer, told how many there were."""

    between: Callable[[int], None] = lambda _answers: None
    asked: list[httpx.QueryParams] = field(default_factory=list)
    wire: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on."""
        self.asked.append(request.url.params)
        response = await self.wire.handle_async_request(request)
        await response.aread()
        self.between(len(self.asked))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self.wire.aclose()


def ask(
    url: str,
    since: pendulum.DateTime,
    until: pendulum.DateTime,
    wire: httpx.AsyncBaseTransport | None = None,
    items: tuple[str, ...] = ITEMS,
) -> list[Gone]:
    async def asking() -> list[Gone]:
        async with connect(url, ADMIN, IMPATIENT, transport=wire or Wire()) as client:
            client.limiter.limit = 10**6
            return await deletions(client, items, since, until, Tally())

    return asyncio.run(asking())


def change(crm: Sandbox, entity: str, record_id: int, at: pendulum.DateTime, **facts: Any) -> None:
    """Change a record, or make one like the first there is."""
    collection = crm.server.account[entity]
    record = collection.get(record_id) or collection.get(collection.ids()[0]) or {}
    collection.put({**record, "is_deleted": False, **facts, "id": record_id, "update_time": _stamp(at)})


def _stamp(at: pendulum.DateTime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def gone_ids(found: list[Gone], item: str = "activity") -> set[int]:
    return {one.record_id for one in found if one.item == item}


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    """A small account; what the tests change lies in the hours that follow."""
    with sandbox(60) as served:
        served.control("clock", to=_stamp(START.add(hours=9)))
        yield served


NINE = START.add(hours=1)


def test_a_deletion_is_told_with_its_time_and_its_last_content(crm: Sandbox) -> None:
    change(crm, "persons", 100_001, NINE, is_deleted=True, name="Gone")
    (found,) = ask(crm.url, NINE, NINE.add(hours=1))
    assert (found.item, found.record_id, found.deleted_at) == ("person", 100_001, NINE)
    assert found.row is not None
    assert (found.row["name"], found.row["is_deleted"]) == ("Gone", True)


def test_what_only_changed_is_no_deletion(crm: Sandbox) -> None:
    for entity in ("activities", "persons", "organizations", "products"):
        change(crm, entity, 100_001, NINE)
    assert ask(crm.url, NINE, NINE.add(hours=1)) == []


@pytest.mark.parametrize("entity", ["activities", "persons", "organizations", "products"])
def test_every_kind_of_record_can_be_found_deleted(crm: Sandbox, entity: str) -> None:
    change(crm, entity, 100_001, NINE, is_deleted=True)
    (found,) = ask(crm.url, NINE, NINE.add(hours=1))
    assert found.record_id == 100_001


def test_the_window_includes_its_begin_and_excludes_its_end(crm: Sandbox) -> None:
    times = (NINE - SECOND, NINE, NINE.add(minutes=5) - SECOND, NINE.add(minutes=5))
    for number, time in enumerate(times):
        change(crm, "activities", 100_000 + 3 * number + 1, time, is_deleted=True)
    assert gone_ids(ask(crm.url, NINE, NINE.add(minutes=5))) == {100_004, 100_007}


def test_deletions_told_without_content_are_told_as_such(crm: Sandbox) -> None:
    change(crm, "activities", 99_999, NINE, is_deleted=True)  # the sandbox keeps silent about every third
    assert ask(crm.url, NINE, NINE.add(hours=1)) == [Gone("activity", 99_999, None, None)]


def test_only_the_kinds_asked_for_are_told(crm: Sandbox) -> None:
    for entity in ("activities", "persons"):
        change(crm, entity, 100_001, NINE, is_deleted=True)
    found = ask(crm.url, NINE, NINE.add(hours=1), items=("person",))
    assert {one.item for one in found} == {"person"}


def test_sixteen_hundred_deletions_in_one_second_are_all_found(crm: Sandbox) -> None:
    ids = set(range(100_000, 101_600))
    for number in ids:
        change(crm, "activities", number, NINE, is_deleted=True)
    change(crm, "activities", 99_998, NINE + SECOND, is_deleted=True)
    wire = Wire()
    assert gone_ids(ask(crm.url, NINE, NINE.add(hours=1), wire)) == ids | {99_998}
    assert len(wire.asked) < 2 * len(ids) / PAGE + 4


def test_nothing_is_missed_when_rows_move_away_during_the_walk(crm: Sandbox) -> None:
    ids = set(range(100_000, 101_600))
    for number in ids:
        change(crm, "activities", number, NINE, is_deleted=True)

    def edit(answers: int) -> None:
        if answers < 5:
            for number in range(99_000 + answers * 50, 99_050 + answers * 50):
                change(crm, "activities", number, NINE.add(hours=3))
            for number in range(100_000 + answers * 7, 100_007 + answers * 7):
                change(crm, "activities", number, NINE.add(hours=2), is_deleted=True)

    for number in range(99_050, 99_250):
        change(crm, "activities", number, NINE)
    assert gone_ids(ask(crm.url, NINE, NINE.add(hours=1), Wire(edit))) >= ids - set(range(100_007, 100_042))


def test_nothing_is_missed_when_rows_of_many_seconds_move_away_during_the_walk(crm: Sandbox) -> None:
    for number in range(1_500):
        change(crm, "activities", 100_000 + number, NINE.add(seconds=number // 7), is_deleted=number % 2 == 0)

    def edit(answers: int) -> None:
        for number in range(1, 200, 2):
            change(crm, "activities", 100_000 + 200 * answers + number, NINE.add(hours=2))

    found = ask(crm.url, NINE, NINE.add(hours=1), Wire(edit))
    assert gone_ids(found) == set(range(100_000, 101_500, 2))


def test_a_list_without_news_costs_one_request(crm: Sandbox) -> None:
    wire = Wire()
    assert ask(crm.url, NINE, NINE.add(hours=1), wire) == []
    assert len(wire.asked) == 1


def test_the_walk_ends_with_the_window_and_not_with_the_list(crm: Sandbox) -> None:
    for number in range(3 * PAGE):
        change(crm, "activities", 100_000 + number, NINE.add(seconds=number))
    wire = Wire()
    ask(crm.url, NINE, NINE.add(seconds=10), wire)
    assert len(wire.asked) == 1


def test_within_its_reach_the_list_answers_and_beyond_it_refuses(crm: Sandbox) -> None:
    now = START.add(hours=9)
    ask(crm.url, now - REACH, now)
    with pytest.raises(Refused, match="one month"):
        ask(crm.url, now - REACH - pendulum.duration(days=3), now)


def changes(ids: list[int], *, more: bool = True, last: str | None = "2026-10-01 21:00:00") -> httpx.Response:
    """A page such as no sandbox would give."""
    rows = [{"item": "activity", "id": number, "data": None} for number in ids]
    told = {"last_timestamp_on_page": last, "pagination": {"more_items_in_collection": more}}
    return httpx.Response(200, json={"data": rows, "additional_data": told})


def ask_odd(*pages: httpx.Response, most: int = 50) -> list[Gone]:
    """Ask a host that gives these pages, then the last one again and again."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        assert len(asked) <= most, "it would ask for ever"
        return pages[min(len(asked), len(pages)) - 1]

    return ask("https://acme.pipedrive.com", NINE, NINE.add(hours=1), httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "body", [{"data": {}}, {"data": [{"id": 1}]}, [], {"data": [{"item": "deal", "id": "x"}]}]
)
def test_an_answer_of_another_shape_is_an_error(body: object) -> None:
    with pytest.raises(BadBody, match="/v1/recents"):
        ask_odd(httpx.Response(200, json=body))


def test_a_list_that_does_not_get_on_is_an_error() -> None:
    with pytest.raises(RepeatedPage):
        ask_odd(changes([1]))


def test_a_list_that_shifts_at_every_request_is_given_up() -> None:
    with pytest.raises(RepeatedPage):
        ask_odd(changes([1, 2]), changes([1, 2]), *(changes([number, -number]) for number in range(3, 99)))


def test_a_page_that_does_not_say_where_it_ends_but_that_more_follows_is_an_error() -> None:
    with pytest.raises(BadBody):
        ask_odd(changes([1, 2], last=None))
