"""One HTTP client per CRM: pinned host, requests signed by `auth`, limits obeyed, failures named, retried and counted.

A request is retried when trying again can help (see `errors.RETRIED`): after the pause the CRM asks for, capped,
or after a pause that doubles. What writes is tried again only if it was surely not done: nobody can tell a second
record from a first one, so that a lost answer is told (`AnswerLost`), never guessed. What an answer means is the CRM's
business: `judge` turns it into an error or None.
No header is logged, and of a body only the error text of a refusal; redirects are not followed, so that a token never
leaves its host (`wire`), and where an answer repeats it, stars stand in its place.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec
import tenacity

from sources.auth import Auth
from sources.budget import Allowance, Limiter, Tally, Turn
from sources.errors import (
    RETRIED,
    AnswerLost,
    ApiError,
    BadBody,
    Blocked,
    BudgetSpent,
    BurstLimited,
    NotAccepted,
    ServerFailed,
    TooLarge,
    Unreachable,
)
from sources.hosts import refuse_unsafe
from sources.wire import exchange, named, opened

LOG = logging.getLogger("roundtrip.http")
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""What these end has not reached the CRM, so it was not charged; any other request may have been."""
AMBIGUOUS = (Unreachable, ServerFailed, BadBody, TooLarge)
"""After these nobody knows whether what was sent was also done."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for answers (seconds), and how often to try again."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    tries: int = 6
    first_pause: float = 1.0
    longest_pause: float = 60.0


@dataclass(frozen=True)
class Answer:
    """An accepted answer: its body, headers, and the request's correlation id."""

    body: bytes
    headers: Mapping[str, str]
    request_id: str


@dataclass(frozen=True)
class Ask:
    """One request; `cost` is its price in tokens."""

    method: str
    path: str
    params: Mapping[str, str]
    cost: int
    tally: Tally
    urgency: Callable[[], float] = lambda: math.inf
    body: bytes | None = None

    @property
    def once(self) -> bool:
        """Whether doing it twice is more than doing it once."""
        return self.method not in {"GET", "DELETE"}


Result = TypeVar("Result")
Parse = Callable[[Answer], Result]
Judge = Callable[[httpx.Response], ApiError | None]


@dataclass
class Client:
    """Sends requests to one host, within its limits."""

    base_url: str
    auth: Auth
    judge: Judge
    patience: Patience = field(default_factory=Patience)
    limiter: Limiter = field(default_factory=Limiter)
    transport: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    allowance: Allowance = field(default_factory=Allowance)
    _http: httpx.AsyncClient | None = None
    _final: ApiError | None = None
    """An answer after which asking on is of no use: no tokens left, or not let in."""

    def __post_init__(self) -> None:
        """Refuse to send a token in the clear to another machine."""
        refuse_unsafe(self.base_url)

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        timeout = httpx.Timeout(self.patience.read, connect=self.patience.connect, pool=None)
        self._http = opened(self.base_url, timeout, self.transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        cost: int,
        tally: Tally,
        parse: Parse[Result],
        urgency: Callable[[], float] = lambda: math.inf,
    ) -> Result:
        """Fetch one path and parse its answer, trying again where that can help; `cost` is its price in tokens."""
        return await self._asked(Ask("GET", path, params, cost, tally, urgency), parse)

    async def send(
        self,
        method: Literal["POST", "PATCH", "PUT", "DELETE"],
        path: str,
        *,
        cost: int,
        tally: Tally,
        parse: Parse[Result],
        json: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> Result:
        """Have something written. AnswerLost: it may have been done; any other error: it was not.

        A deletion is tried again like a reading, for done twice it is done once.
        """
        body = None if json is None else msgspec.json.encode(json)
        return await self._asked(Ask(method, path, params or {}, cost, tally, body=body), parse)

    async def _asked(self, ask: Ask, parse: Parse[Result]) -> Result:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(RETRIED),
            stop=tenacity.stop_after_attempt(self.patience.tries),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=lambda state: self._before_retry(ask, state),
            reraise=True,
        )

        async def attempt() -> Result:
            try:
                return await self._signed(ask, parse)
            except NotAccepted as refused:
                self._final = refused
                raise

        return await retrying(attempt)

    async def _signed(self, ask: Ask, parse: Parse[Result]) -> Result:
        signed = await self.auth.headers()
        try:
            return await self._tried(ask, signed, parse)
        except NotAccepted:  # so it was not done, whatever it was
            if self._final is not None or not await self.auth.renew(signed):
                raise
        return await self._tried(ask, await self.auth.headers(), parse)

    async def _tried(self, ask: Ask, signed: Mapping[str, str], parse: Parse[Result]) -> Result:
        try:
            return parse(await self._try(ask, signed))
        except AMBIGUOUS as error:
            if ask.once and not isinstance(error.__cause__, NEVER_SENT):
                raise _lost(error) from error
            raise

    async def _try(self, ask: Ask, signed: Mapping[str, str]) -> Answer:
        async with self.limiter.turn(ask.urgency) as turn:
            if self._final is not None:
                raise type(self._final)(self._final.message, way_out=self._final.way_out)
            with self.allowance.reserved(ask.cost):
                response = await self._charged(ask, signed, turn)
        problem = self.judge(response)
        self.limiter.learn(response.headers, response.extensions["seconds"])
        if isinstance(problem, BudgetSpent):
            self._final = problem
        if problem is not None:
            raise _lost(problem) if ask.once and response.is_success else problem
        body = response.content
        ask.tally.bytes += len(body)
        return Answer(body, response.headers, response.headers.get("x-correlation-id", ""))

    async def _charged(self, ask: Ask, signed: Mapping[str, str], turn: Turn) -> httpx.Response:
        """Send a request and count it, and its price unless the CRM surely did not charge it."""
        price = ask.cost
        try:
            response = await self._send(ask, signed, turn)
            self.allowance.learn(response.headers)
            price = 0 if response.status_code == httpx.codes.TOO_MANY_REQUESTS else ask.cost
        except ApiError as problem:
            price = 0 if isinstance(problem.__cause__, NEVER_SENT) else ask.cost
            raise
        finally:
            self.allowance.spend(price)
            ask.tally.count("requests", self.allowance.today, 1)
            ask.tally.count("tokens", self.allowance.today, price)
        return response

    async def _send(self, ask: Ask, signed: Mapping[str, str], turn: Turn) -> httpx.Response:
        started, answered = self.clock(), 0.0

        async def trace(event: str, _info: object) -> None:
            nonlocal started, answered
            # The connection may have had to be made first, and the body takes as long as it is large.
            if event.endswith("send_request_headers.started"):
                started = turn.sent = self.clock()
            elif event.endswith("receive_response_headers.complete"):
                answered = self.clock()

        if self._http is None:
            raise RuntimeError("the client is not open")
        request = self._http.build_request(
            ask.method,
            ask.path,
            params=ask.params,
            content=ask.body,
            headers={**signed, **({} if ask.body is None else {"content-type": "application/json"})},
            extensions={"trace": trace},
        )
        with named(request.url):
            async with asyncio.timeout(self.patience.total):
                response = await exchange(self._http, request, signed.values())
        answered = answered or self.clock()
        # What took longer than usual may have been the way there: the later it counts, the safer.
        turn.sent = max(turn.sent, answered - self.limiter.latency)
        response.extensions["seconds"] = answered - started
        return response

    def _wait(self, state: tenacity.RetryCallState) -> float:
        problem = state.outcome.exception() if state.outcome else None
        asked = problem.wait if isinstance(problem, ApiError) else None
        doubled = self.patience.first_pause * 2 ** (state.attempt_number - 1)
        return min(self.patience.longest_pause, doubled if asked is None else asked)

    def _before_retry(self, ask: Ask, state: tenacity.RetryCallState) -> None:
        ask.tally.retries += 1
        problem = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        if isinstance(problem, BurstLimited | Blocked):
            self.limiter.close_for(pause)
        level = logging.INFO if isinstance(problem, BurstLimited) else logging.WARNING
        LOG.log(
            level, "%s: %s Trying again in %.1f s.", ask.path, getattr(problem, "message", problem), pause
        )


def _lost(problem: ApiError) -> AnswerLost:
    return AnswerLost(
        f"whether it was done is not known: {problem.message}",
        request_id=problem.request_id,
        way_out="It is looked for before anything is sent again.",
    )
