"""Laws of the windows of a backfill: whoever walks where, nothing is left out and nothing is given to two."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sources.windows import Span, Walk, Windows, less

LISTS = ("open", "archived")
END = 60
SPANS = st.lists(
    st.builds(
        lambda name, bounds: Span(name, *sorted(bounds)),
        st.sampled_from(LISTS),
        st.tuples(st.integers(0, END), st.integers(0, END)),
    ),
    max_size=6,
)


def seconds(spans: Sequence[Span]) -> list[tuple[str, int]]:
    """Every second of the spans."""
    return [(span.listing, one) for span in spans for one in range(span.since, span.until)]


@given(left=SPANS, read=SPANS)
def test_what_is_left_is_what_has_not_been_read(left: list[Span], read: list[Span]) -> None:
    rest = left
    for span in read:
        rest = less(rest, span)
    gone = set(seconds(read))
    assert seconds(rest) == [one for one in seconds(left) if one not in gone]
    assert all(span.since < span.until for span in rest if span not in left)


@given(span=st.builds(Span, st.just("open"), st.integers(0, 2**32), st.integers(0, 2**32)))
def test_a_span_is_kept_as_it_is(span: Span) -> None:
    assert Span.read_from(*span.written()) == span


class Account:
    """The seconds in which a list's records last changed, in order, read page by page."""

    def __init__(self, times: Sequence[int], size: int) -> None:
        self.times = sorted(times)
        self.size = size
        self.requests = 0
        self.given: set[int] = set()
        self.places: dict[Walk, int] = {}
        self.ends: dict[Walk, int] = {}

    def begin(self, walk: Walk) -> None:
        self.places[walk] = bisect_left(self.times, walk.at)
        self.ends[walk] = bisect_left(self.times, walk.until)

    def page(self, walk: Walk) -> tuple[int | None, int, bool]:
        """The next page of a walk, which asks for all that it began with, whatever was taken from it since."""
        self.requests += 1
        place = self.places[walk]
        end = self.ends[walk]
        upto = max(place, min(place + self.size, end))
        self.places[walk] = upto
        self.given |= set(range(place, upto))
        return (self.times[upto - 1] if upto > place else None), upto - place, upto < end


def whole(windows: Windows, read: Sequence[Span]) -> list[tuple[str, int]]:
    """Every second that is read, or somebody's to read."""
    going = [Span(walk.listing, walk.at, walk.until) for walk in windows.walks]
    return sorted(seconds([*read, *going]))


@given(
    times=st.lists(st.integers(0, END - 1), max_size=25)
    | st.lists(st.sampled_from([3, 4, 50]), min_size=10, max_size=25),
    size=st.integers(1, 4),
    steps=st.lists(st.integers(0, 9), max_size=60),
)
def test_what_was_read_and_what_is_left_are_together_the_whole_and_nothing_twice(
    times: list[int], size: int, steps: list[int]
) -> None:
    account, span = Account(times, size), Span("open", 0, END)
    windows, read = Windows([span], size), []
    first = windows.take()
    assert first is not None
    account.begin(first)
    for step in [*steps, *[9] * 100]:
        if not windows.walks:
            break
        if step < 3 and (taken := windows.take()) is not None:
            account.begin(taken)
            continue
        walk = windows.walks[step % len(windows.walks)]
        last, rows, more = account.page(walk)
        read.append(windows.note(walk, last, rows, more=more))
        assert whole(windows, read) == seconds([span])
        done = set(seconds(read))
        of_read = {n for n, time in enumerate(account.times) if ("open", time) in done}
        assert of_read <= account.given, "what counts as read was handed over"
    assert sorted(seconds(read)) == seconds([span])
    assert account.given == set(range(len(times)))


def requests(times: Sequence[int], size: int, walkers: int, until: int) -> int:
    """How many requests so many walkers need who take turns."""
    account, windows = Account(times, size), Windows([Span("open", 0, until)], size)
    while True:
        while len(windows.walks) < walkers and (walk := windows.take()) is not None:
            account.begin(walk)
        if not windows.walks:
            return account.requests
        for walk in list(windows.walks):
            last, rows, more = account.page(walk)
            windows.note(walk, last, rows, more=more)


def test_one_walker_asks_once_for_each_page() -> None:
    assert requests(range(1_000), 10, 1, 1_000) == 100


def test_eight_walkers_ask_for_hardly_more() -> None:
    assert requests(range(10_000), 10, 8, 10_000) <= 1_030


def test_thousands_of_records_in_one_second_and_none_around_cost_few_requests() -> None:
    times = [5_000_000] * 1_000 + [5_000_001 + n * 7_000 for n in range(200)]
    fewest = math.ceil(len(times) / 10)
    assert requests(times, 10, 8, 100_000_000) <= fewest * 1.2
