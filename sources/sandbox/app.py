"""The server as ASGI: hand a request to its CRM, and send the reply, or what an armed fault makes of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from sources.sandbox.clock import http_date
from sources.sandbox.control import PREFIX, routes
from sources.sandbox.crm import Site
from sources.sandbox.exchange import Reply, Request
from sources.sandbox.faults import REFUSALS, Fault
from sources.sandbox.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

WALKS_REMEMBERED = 32
DRIPS = 8
NOBODY = Reply(404, b"no CRM is hosted here", content_type=b"text/plain")


class App:
    """The ASGI application over a world."""

    def __init__(self, world: World, *, sleep: Sleep = asyncio.sleep) -> None:
        self._world = world
        self._sleep = sleep
        self._control = routes(world)
        self._last_pages: OrderedDict[object, Reply] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"].startswith(PREFIX):
            await self._control(scope, receive, send)
            return
        site = self._world.owner(scope["path"])
        if site is None:
            await self._send(NOBODY, None, send)
            return
        request = await _request(scope, receive)
        fault = self._world.faults.strike(request, later_page=site.later_page(request))
        reply = self._reply(site, request, fault)
        self._world.stats.add(reply)
        if self._world.latency:
            await self._sleep(self._world.latency)
        await self._send(reply, fault, send)

    def _reply(self, site: Site, request: Request, fault: Fault | None) -> Reply:
        if fault and fault.kind in REFUSALS:
            return site.refuse(request, fault.kind, fault.status)
        walk = site.walk(request)
        if fault and fault.kind == "repeated_page" and walk in self._last_pages:
            return self._last_pages[walk]
        reply = site.answer(request)
        self._last_pages[walk] = reply
        self._last_pages.move_to_end(walk)
        if len(self._last_pages) > WALKS_REMEMBERED:
            self._last_pages.popitem(last=False)
        if fault and fault.kind == "failed_after":
            return site.refuse(request, "server_error", fault.status)
        return reply

    async def _send(self, reply: Reply, fault: Fault | None, send: Send) -> None:
        kind = fault.kind if fault else ""
        body = reply.body[: len(reply.body) // 2] if kind in {"truncated", "reset"} else reply.body
        length = len(reply.body if kind == "reset" else body)
        if fault and kind == "late":
            await self._sleep(fault.seconds)
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": self._headers(reply, length)}
        )
        if fault and kind == "slow":
            await self._drip(body, fault.seconds, send)
            return
        # more_body without more: the server closes the connection in mid-body
        await send({"type": "http.response.body", "body": body, "more_body": kind == "reset"})

    async def _drip(self, body: bytes, seconds: float, send: Send) -> None:
        size = len(body) // DRIPS + 1
        for begin in range(0, len(body), size):
            await send({"type": "http.response.body", "body": body[begin : begin + size], "more_body": True})
            await self._sleep(seconds / DRIPS)
        await send({"type": "http.response.body", "body": b""})

    def _headers(self, reply: Reply, length: int) -> list[tuple[bytes, bytes]]:
        return [
            (b"date", http_date(self._world.clock.now()).encode()),
            (b"content-type", reply.content_type),
            (b"content-length", str(length).encode()),
            *reply.headers,
        ]


async def _request(scope: Scope, receive: Receive) -> Request:
    return Request(
        method=scope["method"],
        path=scope["path"],
        params=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"" if scope["method"] in {"GET", "HEAD"} else await _body(receive),
    )


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
