"""From one page to the next: the query of each page, refusing pages read already, and two walks that meet."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources.entity import Listing
from sources.errors import RepeatedPage
from sources.paging import Ends, Page, Route, Window, check_progress

CHANGES = Listing(
    "/api/v2/things", 10, {"include": "all"}, page_size=7, since="from", until="to", sortable=True
)
FROM_ON = replace(CHANGES, until="")
OLD = replace(CHANGES, sortable=False, zoned=False)
SETTLED = Listing("/v1/kinds", 20, {"all": "1"}, paging="none")
SINCE, UNTIL = "2026-10-01T20:00:00Z", "2026-10-02T20:00:00Z"
CLOSED = Window(SINCE, UNTIL)
BY_TIME = {"sort_by": "update_time", "sort_direction": "asc"}
ALWAYS = {"include": "all", "limit": "7"}


@dataclass(frozen=True)
class Row:
    id: int
    update_time: str | None = None


@pytest.mark.parametrize(
    ("route", "params"),
    [
        (Route(SETTLED), {"all": "1"}),
        (Route(SETTLED, CLOSED, order="id"), {"all": "1"}),
        (Route(CHANGES), ALWAYS),
        (Route(CHANGES, order="id"), {**ALWAYS, "sort_by": "id", "sort_direction": "asc"}),
        (
            Route(CHANGES, order="id", descending=True),
            {**ALWAYS, "sort_by": "id", "sort_direction": "desc"},
        ),
        (Route(CHANGES, CLOSED, order="update_time"), {**ALWAYS, **BY_TIME, "from": SINCE, "to": UNTIL}),
        (Route(CHANGES, Window(SINCE), order="update_time"), {**ALWAYS, **BY_TIME, "from": SINCE}),
        (Route(FROM_ON, CLOSED, order="update_time"), {**ALWAYS, **BY_TIME, "from": SINCE}),
        (
            Route(OLD, CLOSED, order="id"),
            {**ALWAYS, "from": "2026-10-01 20:00:00", "to": "2026-10-02 20:00:00"},
        ),
        (Route(CHANGES, filters={"done": "true"}), {**ALWAYS, "done": "true"}),
    ],
)
def test_a_page_is_asked_for_with_what_its_list_takes(route: Route, params: dict[str, str]) -> None:
    assert route.params() == params


def test_every_parameter_is_sent_again_with_a_cursor() -> None:
    route = Route(CHANGES, CLOSED, {"done": "true"}, order="update_time")
    assert route.params("abc") == {**route.params(), "cursor": "abc"}
    assert route.params("abc") == route.params("abc")


def test_only_a_walk_in_order_of_time_tells_how_far_it_has_come() -> None:
    rows = Page([Row(1, SINCE), Row(2, UNTIL)])
    by_time = Route(CHANGES, CLOSED, order="update_time")
    assert by_time.reached(rows) == UNTIL
    assert by_time.reached(Page([])) == ""
    assert replace(by_time, descending=True).reached(rows) == ""
    assert replace(by_time, order="id").reached(rows) == ""
    assert replace(by_time, order="").reached(rows) == ""


def page(*ids: int, second: int = 0) -> Page:
    """A page of records that all changed in one second."""
    return Page([Row(number, f"2026-10-01T20:00:{second:02}Z") for number in ids], "more")


UP = Route(CHANGES, CLOSED, order="update_time")
DOWN = replace(UP, descending=True)


@pytest.mark.parametrize("route", [UP, DOWN, Route(CHANGES, order="id"), Route(OLD)])
def test_the_same_page_again_is_refused(route: Route) -> None:
    with pytest.raises(RepeatedPage, match="/api/v2/things"):
        check_progress(route, page(1, 2, 3), page(1, 2, 3), "id")


@pytest.mark.parametrize("route", [UP, DOWN])
def test_other_records_of_the_same_second_are_no_repetition(route: Route) -> None:
    check_progress(route, page(1, 2, 3), page(4, 5, 6), "id")
    check_progress(route, page(6, 5, 4), page(3, 2, 1), "id")


def test_a_page_that_leads_backwards_is_refused() -> None:
    check_progress(UP, page(1, 2, second=4), page(3, 4, second=5), "id")
    check_progress(DOWN, page(1, 2, second=5), page(3, 4, second=4), "id")
    for route, first, then in ((UP, 5, 4), (DOWN, 4, 5)):
        with pytest.raises(RepeatedPage):
            check_progress(route, page(1, 2, second=first), page(3, 4, second=then), "id")


def test_a_walk_by_id_may_not_go_back_to_smaller_ids() -> None:
    route = Route(CHANGES, order="id")
    check_progress(route, page(1, 2), page(3, 4), "id")
    with pytest.raises(RepeatedPage):
        check_progress(route, page(5, 6), page(3, 4), "id")


def test_a_list_without_an_order_of_ours_may_come_in_any() -> None:
    check_progress(Route(OLD), page(5, 6, second=9), page(3, 4), "id")


def test_records_without_update_time_come_before_all_others() -> None:
    nulls = Page([Row(1), Row(2)], "more")
    check_progress(UP, nulls, page(3, 4), "id")
    check_progress(DOWN, page(3, 4), nulls, "id")
    with pytest.raises(RepeatedPage):
        check_progress(UP, page(3, 4), nulls, "id")


@pytest.mark.parametrize(("previous", "then"), [(None, page(1)), (Page([]), page(1)), (page(1), Page([]))])
def test_first_and_empty_pages_repeat_nothing(previous: Page | None, then: Page) -> None:
    check_progress(UP, previous, then, "id")


def ends(*pages: tuple[Route, Page]) -> bool:
    both = Ends()
    for route, read in pages:
        both.note(route, read)
    return both.met


def test_two_walks_have_met_when_one_has_passed_the_other() -> None:
    assert not ends((UP, page(1, second=4)), (DOWN, page(9, second=6)))
    assert ends((UP, page(1, second=5)), (DOWN, page(9, second=4)))


def test_two_walks_in_the_same_second_have_not_met_for_another_record_may_lie_between() -> None:
    assert not ends((UP, page(1, second=5)), (DOWN, page(9, second=5)))


def test_two_walks_by_id_meet_at_the_same_record() -> None:
    up = Route(CHANGES, order="id")
    down = replace(up, descending=True)
    assert not ends((up, page(1, 2)), (down, page(9, 3)))
    assert ends((up, page(1, 2)), (down, page(9, 2)))


def test_one_walk_at_the_end_of_the_list_is_enough() -> None:
    assert ends((DOWN, Page([Row(1, SINCE)], None)))
    assert ends((UP, Page([], None)))
    assert not ends((UP, page(1)), (UP, page(2)))


@dataclass
class Walk:
    """One walk through a list that stands still, with each page following from the one before."""

    route: Route
    rows: list[Row]
    size: int
    at: int = 0
    previous: Page | None = None

    def step(self) -> Page:
        self.at += self.size
        read = Page(self.rows[self.at - self.size : self.at], "more" if self.at < len(self.rows) else None)
        check_progress(self.route, self.previous, read, "id")
        self.previous = read
        return read


TIMES = st.none() | st.integers(0, 3).map(lambda second: f"2026-10-01T20:00:{second:02}Z")


@given(
    times=st.lists(TIMES, max_size=40),
    size=st.integers(1, 9),
    order=st.sampled_from(["id", "update_time"]),
    ties_stay=st.booleans(),
    turns=st.lists(st.booleans(), max_size=50),
)
@example(times=[None] * 9, size=2, order="update_time", ties_stay=False, turns=[True, False] * 9)
def test_every_record_is_read_by_two_walks_from_both_ends(
    *,
    times: list[str | None],
    size: int,
    order: str,
    ties_stay: bool,
    turns: list[bool],
) -> None:
    rows = [Row(number, time) for number, time in enumerate(times, 1)]
    up = Route(CHANGES, order=order)
    if order == "update_time":
        rows.sort(key=up.place)
    # From the other end, the records of one second may come in either order.
    back = sorted(rows, key=up.place, reverse=True) if ties_stay else rows[::-1]
    walks = [Walk(up, rows, size), Walk(replace(up, descending=True), back, size)]
    assert read_by(walks, turns) == set(rows)


def read_by(walks: list[Walk], turns: list[bool]) -> set[Row]:
    """What is read until the walks have met, whichever has its turn when."""
    both, found, order = Ends(), set[Row](), iter(turns)
    while not both.met:
        walk = walks[next(order, True)]
        read = walk.step()
        found.update(read.rows)
        both.note(walk.route, read)
    return found
