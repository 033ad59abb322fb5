"""The client at httpx's own seam: what each answer means, what is tried again, and that the token stays inside."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from sources.budget import Limiter, Tally
from sources.errors import (
    ApiError,
    BadBody,
    BudgetSpent,
    NotAccepted,
    NotServed,
    ServerFailed,
    Unreachable,
)
from sources.http import Answer, Client, Patience
from sources.pipedrive.client import connect
from tests.virtual import at_once, now

TOKEN = "5ecret" * 6 + "abcd"
PATH = "/api/v2/activities"
GOOD = httpx.Response(200, json={"success": True, "data": [], "additional_data": {"next_cursor": None}})
HTML: dict[str, Any] = {
    "text": "<html>Sorry, you have been blocked</html>",
    "headers": {"content-type": "text/html"},
}
INFO = {"success": False, "error_info": "Please check developers.pipedrive.com"}
SPENT = {**INFO, "error": "daily request budget exceeded", "errorCode": 429}
PATIENCE = Patience(tries=4, first_pause=1, longest_pause=60)
Reply = httpx.Response | Exception
LATENCY = 0.25


def said(error: str, **more: Any) -> dict[str, Any]:
    return {"json": {**INFO, "error": error, **more}}


@dataclass
class Host:
    """Gives one answer after another, the last one for ever, and keeps what it was asked."""

    replies: list[Reply]
    asked: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(LATENCY)
        reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(seconds)

    def client(self, patience: Patience = PATIENCE, **more: Any) -> Client:
        seams = {"transport": httpx.MockTransport(self.answer), "sleep": self.sleep, "clock": now}
        return connect("acme", TOKEN, patience, **{"limiter": Limiter(now), **seams, **more})

    def get(self, *, patience: Patience = PATIENCE, times: int = 1, **params: str) -> Answer:
        return at_once(self._get(patience, times, params))

    async def _get(self, patience: Patience, times: int, params: Mapping[str, str]) -> Answer:
        async with self.client(patience) as client:
            for _ in range(times - 1):
                with pytest.raises(ApiError):
                    await client.get(PATH, params, cost=10, tally=self.tally, parse=whole)
            return await client.get(PATH, params, cost=10, tally=self.tally, parse=whole)


def whole(answer: Answer) -> Answer:
    return answer


def test_the_token_travels_in_a_header_and_the_host_is_the_companys() -> None:
    host = Host([GOOD])
    host.get(limit="500")
    (request,) = host.asked
    assert str(request.url) == f"https://acme.pipedrive.com{PATH}?limit=500"
    assert request.headers["x-api-token"] == TOKEN


def test_an_answer_is_handed_over_with_its_headers_and_counted() -> None:
    host = Host([httpx.Response(200, json={"data": []}, headers={"x-correlation-id": "abc"})])
    answer = host.get()
    assert (answer.body, answer.request_id) == (b'{"data":[]}', "abc")
    tally = host.tally
    assert (tally.requests, tally.tokens, tally.retries, tally.bytes) == (1, 10, 0, len(answer.body))


BREAKS: list[tuple[Callable[[str], Exception], type[ApiError], str]] = [
    (httpx.ConnectError, Unreachable, "domain and the network"),
    (httpx.ConnectTimeout, Unreachable, ""),
    (httpx.ReadTimeout, Unreachable, ""),
    (httpx.ReadError, BadBody, ""),
    (httpx.RemoteProtocolError, BadBody, ""),
    (httpx.ProxyError, Unreachable, "domain and the network"),
]


@pytest.mark.parametrize(("failure", "kind", "way_out"), BREAKS)
def test_a_broken_connection_is_tried_again_and_then_named(
    failure: Callable[[str], Exception], kind: type[ApiError], way_out: str
) -> None:
    host = Host([failure("gone")])
    with pytest.raises(kind) as caught:
        host.get()
    assert len(host.asked) == PATIENCE.tries
    assert way_out in caught.value.way_out


def test_a_body_that_cannot_be_decompressed_is_tried_again() -> None:
    broken = {"content-encoding": "gzip", "content-type": "application/json"}

    async def garbled(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=broken, stream=httpx.ByteStream(b"not gzip"))

    async def ask() -> None:
        async with host.client(transport=httpx.MockTransport(garbled)) as client:
            await client.get(PATH, {}, cost=10, tally=host.tally, parse=whole)

    host = Host([])
    with pytest.raises(BadBody, match="decompressed"):
        at_once(ask())
    assert host.tally.retries == PATIENCE.tries - 1


def test_an_answer_that_takes_for_ever_is_given_up() -> None:
    async def silent(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def ask() -> None:
        async with Host([]).client(Patience(tries=1), transport=httpx.MockTransport(silent)) as client:
            await client.get(PATH, {}, cost=10, tally=Tally(), parse=whole)

    with pytest.raises(Unreachable, match=r"no complete answer from acme\.pipedrive\.com"):
        at_once(ask())


@pytest.mark.parametrize(
    "first",
    [
        httpx.ConnectError("gone"),
        httpx.ReadError("cut"),
        httpx.Response(500),
        httpx.Response(403, **HTML),
        httpx.Response(429, **said("request over limit")),
    ],
)
def test_what_passes_is_tried_again_and_counted(first: Reply) -> None:
    host = Host([first, GOOD])
    host.get(limit="1")
    assert (host.tally.requests, host.tally.retries) == (2, 1)
    assert host.asked[0].url == host.asked[1].url


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 415, 422])
def test_what_trying_again_cannot_help_is_not_tried_again(status: int) -> None:
    host = Host([httpx.Response(status, **said("no"))])
    with pytest.raises(ApiError):
        host.get()
    assert (len(host.asked), host.tally.retries, host.pauses) == (1, 0, [])


def test_pauses_double_up_to_the_longest() -> None:
    host = Host([httpx.Response(500)])
    with pytest.raises(ServerFailed):
        host.get(patience=Patience(tries=6, first_pause=1, longest_pause=5))
    assert host.pauses == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7", "x-ratelimit-reset": "1"}, 7),
        ({"x-ratelimit-reset": "1"}, 1),
        ({}, 2),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 2),
        ({"retry-after": "-3"}, 2),
        ({"retry-after": "nan"}, 2),
        ({"retry-after": "3939"}, 60),
        ({"retry-after": "inf"}, 60),
    ],
)
def test_the_pause_that_is_asked_for_is_obeyed_within_reason(headers: dict[str, str], pause: float) -> None:
    host = Host([httpx.Response(429, **said("request over limit"), headers=headers), GOOD])
    host.get()
    assert host.pauses == [pause]


def test_the_firewall_is_left_alone_for_half_a_minute() -> None:
    host = Host([httpx.Response(403, **HTML), GOOD])
    host.get()
    assert host.pauses == [30]


@pytest.mark.parametrize("pushed_back", [httpx.Response(403, **HTML), httpx.Response(429, **said("slow"))])
def test_a_pause_asked_of_one_walk_holds_for_all(pushed_back: httpx.Response) -> None:
    host = Host([pushed_back, GOOD])

    async def ask() -> float:
        async with host.client() as client:
            first = asyncio.create_task(client.get(PATH, {}, cost=10, tally=Tally(), parse=whole))
            await asyncio.sleep(2 * LATENCY)
            await client.get(PATH, {}, cost=10, tally=Tally(), parse=whole)
            answered = now()
            await first
            return answered

    assert at_once(ask()) >= host.pauses[0] >= 2


def test_a_refused_burst_costs_no_tokens() -> None:
    host = Host([httpx.Response(429, **said("request over limit")), GOOD])
    host.get()
    assert host.tally.tokens == 10


FINALS = [
    (httpx.Response(401, **said("unauthorized access")), NotAccepted),
    (httpx.Response(429, json=SPENT, headers={"retry-after": "3939"}), BudgetSpent),
]


@pytest.mark.parametrize(("last", "kind"), FINALS)
def test_nothing_is_asked_once_the_budget_is_spent_or_the_token_refused(
    last: httpx.Response, kind: type[ApiError]
) -> None:
    host = Host([last, GOOD])
    with pytest.raises(kind) as caught:
        host.get(times=3)
    assert len(host.asked) == 1
    assert host.pauses == []
    assert caught.value.way_out


@pytest.mark.parametrize(("last", "kind"), FINALS)
def test_who_waits_their_turn_then_asks_nothing_either(last: httpx.Response, kind: type[ApiError]) -> None:
    host = Host([last, GOOD])

    async def ask_twice_at_once() -> list[Any]:
        async with host.client(limiter=Limiter(now, limit=1)) as client:
            asking = (client.get(PATH, {}, cost=10, tally=Tally(), parse=whole) for _ in range(2))
            return await asyncio.gather(*asking, return_exceptions=True)

    assert {type(problem) for problem in at_once(ask_twice_at_once())} == {kind}
    assert len(host.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    host = Host([httpx.Response(301, headers={"location": "https://evil.example/x"}), GOOD])
    with pytest.raises(NotServed):
        host.get()
    assert [request.url.host for request in host.asked] == ["acme.pipedrive.com"]


def test_the_token_is_not_in_what_a_debugger_shows_of_the_client() -> None:
    assert TOKEN not in repr(connect("acme", TOKEN))


def test_a_retry_is_logged_with_its_reason_and_its_pause(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "roundtrip"):
        Host([httpx.Response(500, **said("Oops")), GOOD]).get()
    assert caplog.messages == [f"{PATH}: {PATH} answered 500: Oops. Trying again in 1.0 s."]


def test_a_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        at_once(Host([GOOD]).client().get(PATH, {}, cost=1, tally=Tally(), parse=whole))


def test_what_cannot_be_parsed_is_fetched_again() -> None:
    host = Host([GOOD])

    def parse(_answer: Answer) -> Answer:
        raise BadBody("cut short")

    async def ask() -> None:
        async with host.client() as client:
            await client.get(PATH, {}, cost=10, tally=host.tally, parse=parse)

    with pytest.raises(BadBody):
        at_once(ask())
    assert (host.tally.requests, host.tally.tokens) == (4, 40)
