"""Lists in which what changed last stands first: whatever moves between two pages, no record at rest is passed over."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.arrow import Decoder
from sources.auth import Fixed
from sources.budget import Limiter, Tally
from sources.entity import Entity, Listing, fields
from sources.errors import BadBody, RepeatedPage, RoundtripError, Unsteady, WrongType
from sources.http import Client, Patience
from sources.newest import Newest
from sources.paging import Page, Route, instant
from sources.pipedrive.client import judge

Edit = tuple[str, int]
"""Before a request: `edit` or `delete` the record at a place (of those there then), or `insert` one on top."""
HOUR = 3600


def told(second: int) -> str:
    return f"2026-10-01T{second // HOUR:02}:{second % HOUR // 60:02}:{second % 60:02}.000001+05:30"


def things(page_size: int) -> Entity:
    listing = Listing("/things", 1, paging="pages", page_size=page_size, size_param="pageSize")
    return Entity("things", (listing,), fields("id int, updated_at time"), watermark="updated_at")


@dataclass
class Api:
    """A list over HTTP's seam that changes before each request; the newest change stands first."""

    rows: list[tuple[int, str]]
    edits: Sequence[Sequence[Edit]] = ()
    hesitations: Sequence[int] = (0,)
    most: int = 10**6
    """The largest page it serves."""
    page: Callable[[int, list[dict[str, Any]]], list[dict[str, Any]]] = lambda _number, rows: rows
    """Spoils a page."""
    total: Callable[[int], int | None] = lambda total: total
    asked: list[int] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    requests: int = 0
    arrived: int = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.arrived += 1
        for _ in range(self.hesitations[self.arrived % len(self.hesitations)]):
            await asyncio.sleep(0)  # others get ahead meanwhile
        number, self.requests = self.requests, self.requests + 1
        for edit in self.edits[number] if number < len(self.edits) else ():
            self._apply(*edit)
        page, size = (int(request.url.params[name]) for name in ("page", "pageSize"))
        size = min(size, self.most)
        rows = [{"id": one, "updated_at": at} for one, at in self.rows[(page - 1) * size : page * size]]
        if int(request.url.params["pageSize"]) > 1:
            self.asked.append(page)
            rows = self.page(page, rows)
        body = {"data": rows, "paginationInfo": {"page": page, "totalRecords": self.total(len(self.rows))}}
        return httpx.Response(200, json=body)

    def _apply(self, what: str, place: int) -> None:
        later = told(HOUR + self.requests)
        if what == "insert":
            self.rows.insert(0, (1_000 + len(self.moved), later))
            self.moved.add(self.rows[0][0])
        elif self.rows:
            one, _ = self.rows.pop(place % len(self.rows))
            if what == "edit":
                self.rows.insert(0, (one, later))
                self.moved.add(one)


def listed(size: int) -> list[tuple[int, str]]:
    """So many records, the newest first, two of each second."""
    return [(number, told(number // 2)) for number in range(size, 0, -1)]


def read(api: Api, page_size: int, since: str = "", at_once: int = 1) -> tuple[list[int], Newest]:
    """What a walk through the list hands over."""
    found: list[int] = []

    async def emit(page: Page) -> None:
        found.extend(row.id for row in page.rows)

    async def walk() -> Newest:
        transport = httpx.MockTransport(api.answer)
        client = Client(
            "http://127.0.0.1", Fixed({}), judge, Patience(tries=1), Limiter(limit=10**6), transport
        )
        entity = things(page_size)
        route = Route(entity.lists[0])
        async with client:
            newest = Newest(client, entity, Decoder(entity), Tally(), route, emit, at_once)
            await (newest.changes(instant(since)) if since else newest.whole())
        return newest

    return found, asyncio.run(walk())


def test_a_list_is_read_page_by_page_and_then_its_top_once_more() -> None:
    api = Api(listed(10))
    assert read(api, 4)[0] == list(range(10, 0, -1))
    assert api.asked == [1, 2, 3]
    assert api.requests == 4


def test_an_empty_list_has_no_second_page() -> None:
    api = Api([])
    assert (read(api, 4)[0], api.asked) == ([], [1])


def test_a_full_last_page_is_followed_by_an_empty_one_for_the_list_may_count_too_few() -> None:
    assert sorted(read(Api(listed(12), total=lambda _: 4), 4)[0]) == list(range(1, 13))


def test_changes_are_read_down_to_what_is_older_by_more_than_the_overlap() -> None:
    rows = [(number, f"2026-10-01T{number:02}:00:00Z") for number in range(20, 0, -1)]
    api = Api(rows)
    assert read(api, 4, since="2026-10-01T15:05:00Z")[0] == list(range(20, 12, -1))
    assert api.asked == [1, 2]


def test_a_server_that_serves_smaller_pages_than_asked_for_is_read_in_its_own() -> None:
    api = Api(listed(23), most=5)
    assert read(api, 100)[0] == list(range(23, 0, -1))


def test_records_deleted_from_pages_that_were_read_hide_none_of_those_that_move_up() -> None:
    api = Api(listed(12), edits=[[], [("delete", 0), ("delete", 0)]])
    assert set(range(1, 11)) <= set(read(api, 4)[0])
    assert api.asked[:3] == [1, 2, 1]  # it stepped back


def test_a_record_edited_before_we_came_to_it_is_read_at_the_top() -> None:
    api = Api(listed(12), edits=[[], [("edit", 11)]])
    assert set(read(api, 4)[0]) == set(range(1, 13))
    assert api.asked == [1, 2, 3, 4, 1]


def test_several_pages_at_once_are_read_again_where_something_moved_between_them() -> None:
    quiet, busy = Api(listed(39)), Api(listed(39), edits=[[], [], [], [("edit", 30)]])
    assert set(read(quiet, 4, at_once=4)[0]) == set(read(busy, 4, at_once=4)[0]) == set(range(1, 40))
    assert sorted(quiet.asked) == list(range(1, 11))
    assert len(busy.asked) > len(quiet.asked)


def test_of_two_pages_that_are_answered_in_the_wrong_order_none_hides_what_moved_between_them() -> None:
    # Page 3 is served before page 2; in between a record comes to the top, so what ended page 2 then begins page 3.
    for edits in ([("insert", 0)], [("edit", 38)], [("edit", 20)]):
        api = Api(listed(39), edits=[[], [], edits], hesitations=[0, 0, 9])
        found = read(api, 4, since="2026-09-30T18:40:00Z", at_once=2)[0]
        assert set(range(1, 40)) - api.moved <= set(found)


EDITS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["edit", "edit", "insert", "delete"]), st.integers(0, 40)), max_size=4
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(
    size=st.integers(0, 30),
    page_size=st.integers(2, 6),
    edits=EDITS,
    at_once=st.integers(1, 4),
    hesitations=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    since=st.sampled_from(["", "2026-09-30T18:40:05Z"]),
)
def test_whatever_rests_in_the_list_is_read_or_the_walk_gives_up(  # noqa: PLR0917
    size: int, page_size: int, edits: list[list[Edit]], at_once: int, hesitations: list[int], since: str
) -> None:
    api = Api(listed(size), edits=edits, hesitations=hesitations)
    oldest = told(5) if since else ""  # ten minutes before, which is the overlap
    try:
        found = set(read(api, page_size, since=since, at_once=at_once)[0])
    except (RepeatedPage, Unsteady):
        return
    resting = {one for one, at in api.rows if one not in api.moved and at >= oldest}
    assert resting <= found


def test_records_of_one_moment_that_the_server_shuffles_are_missed_by_no_count() -> None:
    """Of equal times, Postgres may serve another order for each page."""
    api = Api([(number, told(5)) for number in range(20, 0, -1)])
    api.page = lambda number, rows: rows if number != 2 else [{**row, "id": row["id"] + 1} for row in rows]
    found, walk = read(api, 8)
    assert set(found) == set(range(1, 21))
    assert walk.lacking == 0


def test_a_list_that_counts_more_than_it_shows_is_read_twice_and_it_is_told() -> None:
    found, walk = read(Api(listed(10), total=lambda total: total + 3), 4)
    assert set(found) == set(range(1, 11))
    assert walk.lacking == 3


@pytest.mark.parametrize(
    ("spoilt", "error", "said"),
    [
        (lambda number, rows: [] if number == 2 else rows, BadBody, "page 2 of /things has 0 records"),
        (lambda number, rows: rows[:2] if number == 2 else rows, BadBody, "page 2 of /things has 2 records"),
        (lambda number, rows: rows[::-1] if number == 3 else rows, BadBody, "not sorted by updated_at"),
        (lambda _, rows: [{**row, "updated_at": "soon"} for row in rows], WrongType, "not a valid time"),
        (lambda number, rows: rows[:3] if number == 1 else rows, RepeatedPage, "differ in length"),
    ],
)
def test_a_page_that_cannot_be_joined_to_the_others_is_an_error_that_says_why(
    spoilt: Any, error: type[RoundtripError], said: str
) -> None:
    with pytest.raises(error, match=said):
        read(Api(listed(12), page=spoilt), 4)


def test_a_server_that_knows_no_pages_is_found_out() -> None:
    rows = [{"id": one, "updated_at": at} for one, at in listed(4)]
    with pytest.raises(RepeatedPage, match="read already"):
        read(Api(listed(12), page=lambda _number, _rows: rows), 4)


def test_a_count_that_falls_each_time_is_no_count() -> None:
    totals = iter([100, 99] * 500)
    with pytest.raises(Unsteady, match="counts fewer"):
        read(Api(listed(40), total=lambda _: next(totals)), 4)
