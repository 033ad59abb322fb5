"""Writing at httpx's own seam: what was surely not done is sent again, what may have been done never is."""

from typing import Any

import httpx
import pytest

from sources.errors import (
    AnswerLost,
    ApiError,
    BadBody,
    Blocked,
    BudgetSpent,
    BurstLimited,
    NotAccepted,
    NotAllowed,
    NotFound,
    NotServed,
    Refused,
    Unreachable,
)
from sources.http import Answer
from tests.test_http import HTML, PATH, SPENT, Host, Reply, said, whole
from tests.virtual import at_once

DONE = httpx.Response(200, json={"success": True, "data": {"id": 5}}, headers={"x-correlation-id": "c0ffee"})
CREATED = httpx.Response(201, json={"success": True, "data": {"id": 5}})
RECORD = f"{PATH}/5"
WRITES = ("POST", "PATCH", "PUT")
AMBIGUOUS: dict[str, Reply] = {
    "no answer in time": httpx.ReadTimeout("waited"),
    "not all could be sent in time": httpx.WriteTimeout("waited"),
    "the connection broke while it was sent": httpx.WriteError("broken pipe"),
    "the connection broke before the answer": httpx.RemoteProtocolError("Server disconnected"),
    "the connection broke within the answer": httpx.ReadError("reset"),
    "no whole answer in time": TimeoutError(),
    "a server error": httpx.Response(500, **said("Internal server error")),
    "a gateway that waited in vain": httpx.Response(
        504, text="<html>", headers={"content-type": "text/html"}
    ),
    "a good answer that is not Pipedrive's": httpx.Response(200, **HTML),
    "a good answer without a body": httpx.Response(204),
}
NOT_DONE: dict[str, Reply] = {
    "no connection": httpx.ConnectError("refused"),
    "no connection in time": httpx.ConnectTimeout("waited"),
    "too many at once": httpx.Response(429, **said("request over limit")),
    "the firewall": httpx.Response(403, **HTML),
}


def send(host: Host, method: Any = "POST", path: str = PATH, json: Any = None, parse: Any = whole) -> Answer:
    async def sent() -> Answer:
        async with host.client() as client:
            answer: Answer = await client.send(
                method, path, cost=5, tally=host.tally, parse=parse, json=json, params={"a": "b"}
            )
            return answer

    return at_once(sent())


@pytest.mark.parametrize("method", [*WRITES, "DELETE"])
@pytest.mark.parametrize("reply", [DONE, CREATED], ids=["200", "201"])
def test_what_is_sent_arrives_whole(method: str, reply: httpx.Response) -> None:
    host = Host([reply])
    body = {"subject": "Grüße", "done": True, "deal_id": None, "value": 1.5}
    answer = send(host, method, json=body)
    (request,) = host.asked
    assert (request.method, request.url.path, request.url.query) == (method, PATH, b"a=b")
    assert request.headers["content-type"] == "application/json"
    assert httpx.Response(200, content=request.content).json() == body
    assert answer.body == reply.content
    assert (host.tally.requests, host.tally.tokens, host.tally.retries) == (1, 5, 0)


def test_a_deletion_has_no_body() -> None:
    host = Host([DONE])
    send(host, "DELETE", RECORD)
    assert host.asked[0].content == b""
    assert "content-type" not in host.asked[0].headers


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("trouble", AMBIGUOUS)
def test_what_may_have_been_done_is_told_and_never_sent_again(method: str, trouble: str) -> None:
    host = Host([AMBIGUOUS[trouble], DONE])
    with pytest.raises(AnswerLost, match="whether it was done is not known"):
        send(host, method, RECORD, {"subject": "x"})
    assert len(host.asked) == 1
    assert host.tally.tokens == 5, "it may have been charged"


@pytest.mark.parametrize("body", [b'{"success":true,"data":{"id":', b"", b"[]"])
def test_an_answer_that_cannot_be_read_is_a_lost_one(body: bytes) -> None:
    def parse(answer: Answer) -> Answer:
        raise BadBody(f"{answer.body!r} is not whole")

    host = Host([httpx.Response(200, content=body, headers={"content-type": "application/json"})])
    with pytest.raises(AnswerLost, match="is not whole"):
        send(host, json={}, parse=parse)
    assert len(host.asked) == 1


def test_a_lost_answer_tells_the_request_it_belongs_to() -> None:
    lost = httpx.Response(502, **said("Bad gateway"), headers={"x-correlation-id": "c0ffee"})
    with pytest.raises(AnswerLost) as told:
        send(Host([lost]), json={})
    assert told.value.request_id == "c0ffee"
    assert isinstance(told.value.__cause__, ApiError)


@pytest.mark.parametrize("method", [*WRITES, "DELETE"])
@pytest.mark.parametrize("trouble", NOT_DONE)
def test_what_was_surely_not_done_is_sent_again(method: str, trouble: str) -> None:
    host = Host([NOT_DONE[trouble], NOT_DONE[trouble], DONE])
    assert send(host, method, RECORD).request_id == "c0ffee"
    assert len(host.asked) == 3
    assert host.tally.retries == 2


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [("no connection", Unreachable), ("too many at once", BurstLimited), ("the firewall", Blocked)],
)
def test_what_is_never_done_ends_as_what_it_is_and_not_as_lost(
    trouble: str, expected: type[ApiError]
) -> None:
    host = Host([NOT_DONE[trouble]])
    with pytest.raises(expected):
        send(host, json={})
    assert len(host.asked) == 4


@pytest.mark.parametrize("trouble", AMBIGUOUS)
def test_a_deletion_is_tried_again_for_done_twice_it_is_done_once(trouble: str) -> None:
    host = Host([AMBIGUOUS[trouble], DONE])
    if "good answer" in trouble:
        with pytest.raises(NotServed):
            send(host, "DELETE", RECORD)
        return
    assert send(host, "DELETE", RECORD).body == DONE.content
    assert len(host.asked) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Refused),
        (401, NotAccepted),
        (402, NotAllowed),
        (403, NotAllowed),
        (409, Refused),
        (422, Refused),
    ],
)
def test_a_refusal_is_in_the_words_of_the_crm_and_final(status: int, expected: type[ApiError]) -> None:
    host = Host([httpx.Response(status, **said("No, because."), headers={"x-correlation-id": "c0ffee"})])
    with pytest.raises(expected) as told:
        send(host, json={})
    assert (told.value.reason, told.value.request_id) == ("No, because.", "c0ffee")
    assert len(host.asked) == 1


def test_once_the_tokens_are_spent_nothing_is_sent_any_more() -> None:
    host = Host([httpx.Response(429, json=SPENT)])

    async def twice() -> None:
        async with host.client() as client:
            for _ in range(2):
                with pytest.raises(BudgetSpent):
                    await client.send("POST", PATH, cost=5, tally=host.tally, parse=whole, json={})

    at_once(twice())
    assert len(host.asked) == 1
    assert host.tally.tokens == 0


GONE = {"success": True, "data": {"id": 5}}


@pytest.mark.parametrize(
    ("method", "path", "reply", "expected"),
    [
        ("PATCH", RECORD, httpx.Response(404, **said("Activity not found")), NotFound),
        ("DELETE", RECORD, httpx.Response(404, **said("Activity not found")), NotFound),
        ("DELETE", RECORD, httpx.Response(410, json=GONE), NotFound),
        ("PUT", RECORD, httpx.Response(410, json=GONE), NotFound),
        ("PUT", RECORD, httpx.Response(410, **said("This endpoint was removed")), NotServed),
        ("PATCH", RECORD, httpx.Response(404, **HTML), NotServed),
        ("POST", PATH, httpx.Response(404, **said("Not found")), NotServed),
    ],
)
def test_a_record_that_is_gone_is_told_from_an_endpoint_that_is(
    method: str, path: str, reply: httpx.Response, expected: type[ApiError]
) -> None:
    with pytest.raises(NotServed) as told:
        send(Host([reply]), method, path, json={})
    assert type(told.value) is expected
