"""What is signed anew: once after a 401, whatever was asked, and by one request for all that wait."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from sources.budget import Limiter, Tally
from sources.errors import AnswerLost, NotAccepted, Unreachable
from sources.http import Client, Patience
from sources.pipedrive.client import judge
from tests.test_http import PATH, said, whole
from tests.virtual import at_once, now

GOOD = httpx.Response(200, json={"success": True, "data": {"id": 5}})
STALE = httpx.Response(401, **said("unauthorized access"))


@dataclass
class Numbered:
    """Headers that are counted up at each renewal, which may fail."""

    failure: Exception | None = None
    number: int = 1
    renewals: int = 0

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self.number}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        if refused == await self.headers():
            self.renewals += 1
            if self.failure:
                raise self.failure
            self.number += 1
        return True


@dataclass
class Host:
    """Lets in those whose number is good."""

    good: int = 2
    auth: Numbered = field(default_factory=Numbered)
    asked: list[httpx.Request] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(0.1)
        number = int(request.headers["authorization"].removeprefix("Bearer "))
        reply = GOOD if number >= self.good else STALE
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def client(self) -> Client:
        transport = httpx.MockTransport(self.answer)
        return Client(
            "https://acme.pipedrive.com",
            self.auth,
            judge,
            Patience(tries=3),
            Limiter(now),
            transport,
            asyncio.sleep,
            now,
        )

    def send(self, method: str = "POST", times: int = 1) -> list[object]:
        async def sent() -> list[object]:
            async with self.client() as client:
                asking = [
                    client.get(PATH, {}, cost=1, tally=Tally(), parse=whole)
                    if method == "GET"
                    else client.send("POST", PATH, cost=1, tally=Tally(), parse=whole, json={"a": 1})
                    for _ in range(times)
                ]
                return await asyncio.gather(*asking, return_exceptions=True)

        return at_once(sent())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_not_let_in_is_asked_once_more_when_it_is_signed_anew(method: str) -> None:
    host = Host()
    assert not isinstance(host.send(method)[0], Exception)
    assert [request.headers["authorization"] for request in host.asked] == ["Bearer 1", "Bearer 2"]
    assert len({request.content for request in host.asked}) == 1


def test_many_that_are_refused_at_once_wait_for_one_renewal() -> None:
    host = Host()
    assert [one for one in host.send("GET", times=8) if isinstance(one, Exception)] == []
    assert host.auth.renewals == 1


def test_a_new_token_that_is_refused_too_is_the_end() -> None:
    host = Host(good=99)
    assert {type(one) for one in host.send("GET", times=8)} == {NotAccepted}
    assert host.auth.renewals <= 8
    before = len(host.asked)
    assert before <= 16


def test_when_it_cannot_be_signed_anew_for_now_nothing_counts_as_sent() -> None:
    host = Host(auth=Numbered(failure=Unreachable("cannot reach the authority.")))
    (told,) = host.send("POST")
    assert type(told) is Unreachable
    assert not isinstance(told, AnswerLost)
    assert len(host.asked) == 3  # as often as anything that cannot be reached


def test_when_it_cannot_be_signed_anew_ever_it_is_not_tried_again() -> None:
    host = Host(auth=Numbered(failure=NotAccepted("the login has ended.")))
    (told,) = host.send("POST")
    assert type(told) is NotAccepted
    assert len(host.asked) == 1
