"""Lists that are paged by offset: whatever comes and goes between two pages, no record is passed over."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
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
from sources.walk import Reader
from tests.support import PIPEDRIVE, Sandbox, sandbox

Edit = tuple[str, int]
"""Before a request: `delete` the record at a place (of those there then), or `insert` one there."""


def things(page_size: int) -> Entity:
    return Entity("things", (Listing("/things", 1, paging="offset", page_size=page_size),), fields("id int"))


@dataclass
class Api:
    """A list by offset over HTTP's seam, which changes before each request."""

    rows: list[int]
    edits: Sequence[Sequence[Edit]] = ()
    asked: list[int] = field(default_factory=list)
    added: int = 1_000
    beside: bool = False
    """Whether the pagination stands beside the cursor's place, as some lists have it."""

    async def answer(self, request: httpx.Request) -> httpx.Response:
        for edit in self.edits[len(self.asked)] if len(self.asked) < len(self.edits) else ():
            self._apply(*edit)
        start, limit = int(request.url.params["start"]), int(request.url.params["limit"])
        self.asked.append(start)
        told = {"more_items_in_collection": start + limit < len(self.rows)}
        data = [{"id": one} for one in self.rows[start : start + limit]] or None
        more: dict[str, object] = {**told} if self.beside else {"pagination": told}
        return httpx.Response(200, json={"data": data, "additional_data": more})

    def _apply(self, what: str, place: int) -> None:
        if what == "insert":
            self.added += 1
            self.rows.insert(place % (len(self.rows) + 1), self.added)
        elif self.rows:
            self.rows.pop(place % len(self.rows))


def read(api: Api, page_size: int) -> list[int]:
    """What a walk through the list hands over."""
    found: list[int] = []

    async def emit(page: Page) -> None:
        found.extend(row.id for row in page.rows)

    async def walk() -> None:
        transport = httpx.MockTransport(api.answer)
        client = Client(
            "http://127.0.0.1", Fixed({}), judge, Patience(tries=1), Limiter(limit=10**6), transport
        )
        async with client:
            await Reader(client, things(page_size)).read(Window(), emit)

    asyncio.run(walk())
    return found


@pytest.mark.parametrize("beside", [False, True])
def test_each_page_is_asked_for_one_row_early_and_the_list_is_read_to_its_end(beside: bool) -> None:  # noqa: FBT001
    api = Api(list(range(10)), beside=beside)
    assert sorted(set(read(api, 4))) == list(range(10))
    assert api.asked == [0, 3, 6]


def test_an_empty_list_takes_one_request() -> None:
    api = Api([])
    assert (read(api, 4), api.asked) == ([], [0])


def test_rows_deleted_from_a_page_that_was_read_do_not_hide_those_that_move_up() -> None:
    api = Api(list(range(12)), edits=[[], [("delete", 0), ("delete", 0)]])
    assert set(range(12)) == set(read(api, 4))
    assert api.asked[:3] == [0, 3, 0]  # it stepped back


def test_a_list_that_promises_more_and_serves_none_is_no_list() -> None:
    with pytest.raises(RepeatedPage, match="more follows"):
        read(Promising([1]), 4)


class Promising(Api):
    """A list whose only row is always followed by more."""

    async def answer(self, request: httpx.Request) -> httpx.Response:
        told = {"pagination": {"more_items_in_collection": True}}
        return httpx.Response(
            200, json={"data": [{"id": int(request.url.params["limit"])}], "additional_data": told}
        )


EDITS = st.lists(
    st.lists(st.tuples(st.sampled_from(["insert", "delete"]), st.integers(0, 30)), max_size=4), max_size=12
)


@given(size=st.integers(0, 25), page_size=st.integers(2, 6), edits=EDITS)
def test_whatever_stays_in_the_list_is_read_or_the_walk_gives_up(
    size: int, page_size: int, edits: list[list[Edit]]
) -> None:
    api = Api(list(range(size)), edits=edits)
    try:
        found = set(read(api, page_size))
    except (CursorRefused, RepeatedPage):
        return
    assert set(api.rows) & set(range(size)) <= found


FILES = PIPEDRIVE.entities["files"]


def test_files_deleted_while_the_list_is_walked_hide_no_other() -> None:
    with sandbox(activities=1_500) as crm:
        found = walked(crm, delete=range(1, 31))
        assert found >= {row["id"] for row in crm.truth("files") if not row["is_deleted"]}


def walked(crm: Sandbox, delete: range) -> set[int]:
    """The ids that a walk reads when these records are deleted after its first page."""
    found: set[int] = set()
    files = crm.server.account["files"]

    async def emit(page: Page) -> None:
        if not found:
            for one in delete:
                files.put((files.get(one) or {}) | {"is_deleted": True})
        found.update(row.id for row in page.rows)

    async def walk() -> None:
        async with PIPEDRIVE.connect(company_domain=crm.url, api_token="sandbox-admin-token") as client:
            await Reader(client, FILES).read(Window(), emit)

    asyncio.run(walk())
    return found


def test_a_walk_that_gives_up_says_so_as_an_error_of_ours() -> None:
    edits: list[list[Edit]] = [[], *[[("delete", 0)] * 4 for _ in range(40)]]
    with pytest.raises(RoundtripError, match="lost all rows"):
        read(Api(list(range(400)), edits=edits), 4)
