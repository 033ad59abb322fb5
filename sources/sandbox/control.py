"""The routes under /_sandbox/: time, faults, limits, statistics, truth. No auth, no limits, not counted.

Where several CRMs are hosted, `?crm=` names one; without it the first is meant.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pendulum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sources.sandbox.clock import stamp
from sources.sandbox.crm import Site
from sources.sandbox.store import Collection
from sources.sandbox.world import World

PREFIX = "/_sandbox/"
TRUTH_ROWS = 1000  # rows a chunk

_LIMITS = {"crm", "plan", "seats", "enabled", "daily_remaining", "burst"}

Action = Callable[[World, dict[str, Any]], Any]


def routes(world: World) -> Starlette:
    """Return the control routes over a world."""

    async def truth(request: Request) -> Response:
        entity = request.path_params["entity"]
        collection = _site(world, dict(request.query_params)).account.get(entity)
        if collection is None:
            return JSONResponse({"error": f"there is no entity {entity!r}"}, 404)
        return StreamingResponse(_truth(collection), media_type="application/json")

    acts = [_route(world, path, method, action) for (path, method), action in _ACTIONS.items()]
    return Starlette(routes=[Route(PREFIX + "truth/{entity}", truth), *acts])


def _route(world: World, path: str, method: str, action: Action) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if method == "POST" and await request.body() else {}
            return JSONResponse(action(world, {**request.query_params, **body}))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(PREFIX + path, endpoint, methods=[method])


def _site(world: World, body: dict[str, Any]) -> Site:
    return world.site(body.get("crm", ""))


def _advance(world: World, body: dict[str, Any]) -> Any:
    days = world.advance(
        int(body.get("days", 1)), float(body.get("intensity", 1.0)), _count(body.get("activity_changes"))
    )
    return {"now": stamp(world.clock.now()), "days": days}


def _count(value: Any) -> int | None:
    if value is not None and int(value) < 0:
        raise ValueError(f"{value} is not a count")
    return None if value is None else int(value)


def _now(world: World, _body: dict[str, Any]) -> Any:
    return {"now": stamp(world.clock.now())}


def _clock(world: World, body: dict[str, Any]) -> Any:
    if "to" in body:
        world.clock.set(_moment(body["to"]))
    else:
        world.clock.forward(float(body["by"]))
    return {"now": stamp(world.clock.now()), "purged": world.purge()}


def _moment(text: str) -> datetime:
    moment = pendulum.parse(text)
    if not isinstance(moment, datetime):
        raise TypeError(f"{text!r} is not a time")
    return moment


def _stats(world: World, _body: dict[str, Any]) -> Any:
    return world.stats.table()


def _reset_stats(world: World, _body: dict[str, Any]) -> Any:
    world.stats.reset()
    return world.stats.table()


def _faults(world: World, _body: dict[str, Any]) -> Any:
    return world.faults.table()


def _arm(world: World, body: dict[str, Any]) -> Any:
    world.faults.arm(**body)
    return world.faults.table()


def _disarm(world: World, _body: dict[str, Any]) -> Any:
    world.faults.clear()
    return world.faults.table()


def _limits(world: World, body: dict[str, Any]) -> Any:
    unknown = body.keys() - _LIMITS
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(_LIMITS))}")
    site = _site(world, body)
    limits = site.limits
    if "plan" in body or "seats" in body:
        settings = world.settings
        limits.allowance = site.allowance(
            body.get("plan", settings.plan), int(body.get("seats", settings.seats))
        )
    limits.enabled = bool(body.get("enabled", limits.enabled))
    limits.burst = body.get("burst", limits.burst)
    if "daily_remaining" in body:
        limits.leave(int(body["daily_remaining"]))
    return _show_limits(world, body)


def _show_limits(world: World, body: dict[str, Any]) -> Any:
    limits = _site(world, body).limits
    return {
        "enabled": limits.enabled,
        "daily": limits.allowance.daily,
        "daily_remaining": limits.daily_remaining,
        "burst": dict(limits.allowance.burst) if limits.burst is None else limits.burst,
    }


def _normalise(world: World, body: dict[str, Any]) -> Any:
    site = _site(world, body)
    site.normalised = frozenset(map(str, body["fields"]))
    return {"fields": sorted(site.normalised)}


def _login(world: World, body: dict[str, Any]) -> Any:
    return _site(world, body).set_login({name: value for name, value in body.items() if name != "crm"})


def _latency(world: World, body: dict[str, Any]) -> Any:
    world.latency = float(body["seconds"])
    return {"seconds": world.latency}


async def _truth(collection: Collection) -> AsyncIterator[bytes]:
    ids = list(collection.ids())
    yield b'{"data":['
    for begin in range(0, len(ids), TRUTH_ROWS):
        rows = b",".join(map(collection.whole, ids[begin : begin + TRUTH_ROWS]))
        yield rows if begin == 0 else b"," + rows
    yield b"]}"


_ACTIONS: dict[tuple[str, str], Action] = {
    ("advance", "POST"): _advance,
    ("clock", "GET"): _now,
    ("clock", "POST"): _clock,
    ("stats", "GET"): _stats,
    ("stats/reset", "POST"): _reset_stats,
    ("faults", "GET"): _faults,
    ("faults", "POST"): _arm,
    ("faults", "DELETE"): _disarm,
    ("limits", "GET"): _show_limits,
    ("limits", "POST"): _limits,
    ("latency", "POST"): _latency,
    ("login", "POST"): _login,
    ("normalise", "POST"): _normalise,
}
