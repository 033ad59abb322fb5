"""What we let ourselves spend: never a token more, however many requests are in flight; all of it recorded."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ops import Run
from pipelines.place import Place
from sources.budget import Allowance, Limiter, Tally
from sources.errors import BudgetSpent, Unreachable
from sources.http import Client, Patience
from sources.pipedrive.client import connect
from tests.support import FREE, Sandbox, differences, query, run, sandbox
from tests.support import PIPEDRIVE as CRM
from tests.virtual import at_once, now

NAMES = ("users", "deal_fields", "deals", "activities")
SPENT = "select entity, requests, tokens from ops.token_spend where run_id = '{}' order by entity"
ALL_DAYS = "select coalesce(sum(tokens), 0) from ops.token_spend"
PRICE = "/{}"


def client(allowance: Allowance, *, refused: int = 0) -> tuple[Client, list[int]]:
    """A client of a host that charges what the path says; the first answers refuse a burst, for nothing."""
    charged: list[int] = []
    left = [refused]

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.25)
        left[0] -= 1
        if left[0] >= 0:
            return httpx.Response(429, json={"error": "request over limit"}, headers={"retry-after": "1"})
        charged.append(int(request.url.path[1:]))
        return httpx.Response(200, json={})

    seams: dict[str, Any] = {"transport": httpx.MockTransport(answer), "sleep": asyncio.sleep, "clock": now}
    made = connect("acme", "t0ken", Patience(tries=6), limiter=Limiter(now), **seams)
    made.allowance = allowance
    return made, charged


async def ask_all(asking: Client, prices: list[int], tally: Tally) -> list[BaseException | None]:
    async with asking:
        asked = (
            asking.get(PRICE.format(price), {}, cost=price, tally=tally, parse=lambda _answer: None)
            for price in prices
        )
        return await asyncio.gather(*asked, return_exceptions=True)


@given(
    prices=st.lists(st.integers(1, 20), min_size=1, max_size=30),
    most=st.integers(1, 150),
    before=st.integers(0, 60),
    refused=st.integers(0, 4),
)
def test_requests_in_flight_at_once_never_spend_more_than_is_left(
    prices: list[int], most: int, before: int, refused: int
) -> None:
    today, tally = date(2026, 10, 1), Tally()
    asking, charged = client(Allowance(most, 1.0, {today: before}, today), refused=refused)
    outcomes = at_once(ask_all(asking, prices, tally))
    assert before + sum(charged) <= max(most, before)
    assert tally.tokens == sum(charged) == tally.by_day[today, "tokens"]
    assert sum(outcome is None for outcome in outcomes) == len(charged)
    if before + sum(prices) <= most and not refused:
        assert sorted(charged) == sorted(prices), "what fits in is not refused"
    assert all(isinstance(outcome, BudgetSpent) for outcome in outcomes if outcome is not None)


def test_a_request_without_an_answer_counts_as_spent_unless_it_was_never_sent() -> None:
    for failure, tokens in ((httpx.ReadTimeout, 10), (httpx.ConnectTimeout, 0)):
        tally = Tally()

        def fail(_request: httpx.Request, kind: type[Exception] = failure) -> httpx.Response:
            raise kind("gone")

        asking = connect("acme", "t0ken", Patience(tries=1), transport=httpx.MockTransport(fail))
        (outcome,) = at_once(ask_all(asking, [10], tally))
        assert isinstance(outcome, Unreachable)
        assert (tally.requests, tally.tokens) == (1, tokens)


def test_the_day_is_the_servers_and_a_new_day_begins_with_nothing_spent() -> None:
    allowance = Allowance(20, 1.0, {date(2026, 10, 1): 15}, date(2026, 10, 1))
    with pytest.raises(BudgetSpent, match=r"of the 20 tokens that max_tokens_a_day allows, 15 are spent"):
        allowance.reserved(10).__enter__()
    allowance.learn({"date": "Fri, 02 Oct 2026 00:00:01 GMT"})
    with allowance.reserved(10):
        allowance.spend(10)
    assert allowance.today == date(2026, 10, 2)


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(60, start=pendulum.now("UTC").start_of("day").add(hours=12)) as served:
        yield served


def test_a_run_stops_at_the_most_a_day_and_the_next_day_goes_on(place: Place, crm: Sandbox) -> None:
    settings = crm.settings(place, max_tokens_a_day=60)
    first = run(settings, *NAMES)
    assert (first.status, first.total("tokens")) == ("partial", crm.stats()["tokens"])
    assert "of the 60 tokens that max_tokens_a_day allows" in first.problem
    assert 40 < first.total("tokens") <= 60
    again = run(settings, *NAMES)
    assert crm.stats()["tokens"] + again.total("tokens") <= 60 + first.total("tokens")
    assert query(settings, ALL_DAYS) == [(crm.stats()["tokens"],)]
    crm.control("advance", days=1, intensity=0)
    assert run(crm.settings(place, max_tokens_a_day=130), *NAMES).status == "done"
    assert [line for name in NAMES for line in differences(crm, settings, CRM.entities[name])] == []
    days = query(settings, "select day, sum(tokens) <= 130 from ops.token_spend group by day order by day")
    assert [fits for _, fits in days] == [True, True]
    assert days[0][0] == datetime.now(UTC).date()


def test_once_the_days_tokens_are_spent_a_run_asks_nothing(place: Place, crm: Sandbox) -> None:
    settings = crm.settings(place, max_tokens_a_day=22)
    assert run(settings, "users").status == "done"
    before = crm.stats()["requests"]
    later = run(settings, "users")
    assert (later.status, later.entities) == ("partial", [])
    assert crm.stats()["requests"] == before
    assert query(settings, "select status, tokens from ops.runs order by started_at") == [
        ("done", 22),
        ("partial", 0),
    ]


def test_a_run_spends_no_more_than_its_share_of_what_is_left(place: Place, crm: Sandbox) -> None:
    crm.control("limits", daily_remaining=100)
    settings = crm.settings(place, max_share_of_tokens_left=0.4)
    first = run(settings, *NAMES)
    assert (first.status, first.total("tokens")) == ("partial", 32)
    assert "of the 40 tokens that max_share_of_tokens_left allows this run, " in first.problem
    crm.control("limits", **FREE)
    assert run(settings, *NAMES).status == "done"


def test_what_was_spent_is_recorded_by_entity_also_when_the_run_fails(place: Place, crm: Sandbox) -> None:
    settings = crm.settings(place)
    crm.arm("unauthorized", path="/api/v2/deals*", times=None)
    failed = run(settings, *NAMES)
    assert failed.status == "failed"
    assert sum(tokens for _, _, tokens in query(settings, SPENT.format(failed.run_id))) == failed.total(
        "tokens"
    )

    def interrupt(_run: Run, step: str) -> None:
        if step == "normalizing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(settings, "users", watch=interrupt)
    spent = "select entity, requests, tokens from ops.token_spend where command = 'load' and run_id = "
    last = "(select run_id from ops.runs order by started_at desc limit 1) order by entity"
    assert query(settings, spent + last) == [("", 1, 2), ("users", 1, 20)]
