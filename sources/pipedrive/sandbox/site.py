"""Pipedrive at work: finds the endpoint, asks who is there and what it costs, answers, adds the headers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

import pendulum

from sources.pipedrive.sandbox import listing, lists, recents, v1, v1writes, v2, writes
from sources.pipedrive.sandbox import replies as say
from sources.pipedrive.sandbox.activity_writes import ACTIVITIES
from sources.pipedrive.sandbox.costs import COSTS, allowance
from sources.pipedrive.sandbox.deal_writes import DEALS
from sources.pipedrive.sandbox.logins import OAUTH, Logins
from sources.pipedrive.sandbox.person_writes import PERSONS
from sources.pipedrive.sandbox.replies import Answer, RefusalError
from sources.pipedrive.sandbox.scopes import reaches
from sources.pipedrive.sandbox.tokens import NOBODY, Credential, Tokens
from sources.pipedrive.sandbox.writes import By
from sources.sandbox.clock import Clock, stamp
from sources.sandbox.crm import Acquaintance
from sources.sandbox.exchange import Header, Reply, Request
from sources.sandbox.index import View
from sources.sandbox.limits import Allowance, Limits, Standing
from sources.sandbox.normalising import normalised
from sources.sandbox.select import window
from sources.sandbox.store import Account

KEPT: Final = timedelta(days=30)
"""How long a deleted record is still known."""
DELETED: Final = View(deleted=True)
ROOTS: Final = {"/api/v2/": "v2", "/api/v1/": "v1", "/v1/": "v1"}
ID: Final = re.compile(r"[0-9]{1,17}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WRITES: Final = {one.entity: one for one in (ACTIVITIES, DEALS, PERSONS)}
PAGE_MARKS: Final = frozenset({"cursor", "start"})

SimulateDay = Callable[..., dict[str, int]]


@dataclass(frozen=True)
class Call:
    """A request, understood: its endpoint, who asks, and the record it names (empty: none)."""

    request: Request
    version: str
    template: str
    who: Credential
    named: str

    @property
    def record_id(self) -> int:
        """Return the number it names."""
        return int(self.named)

    @property
    def entity(self) -> str:
        """Return the first step of the path."""
        return self.template.partition("/")[0]

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what the endpoint is listed under."""
        return self.version, self.request.method, self.template


@dataclass
class Pipedrive:
    """One account and the state around it."""

    account: Account
    clock: Clock
    limits: Limits
    tokens: Tokens
    logins: Logins
    simulate: SimulateDay
    random: Random = field(default_factory=lambda: Random(0))
    normalised: frozenset[str] = frozenset()

    def answer(self, request: Request) -> Reply:
        """Answer a request as Pipedrive would."""
        if request.path.startswith(OAUTH):
            return self.logins.answer(request)
        who = self.tokens.credential(request.headers)
        call = _understood(request, who or NOBODY)
        if call is None:
            return Reply(404, say.NOT_FOUND_HTML, content_type=say.HTML)
        if who is None:
            return self._refusal(call, say.coded(*say.UNAUTHORIZED))
        if not reaches(who.scopes, call.key):
            return self._refusal(call, say.coded(*say.OUT_OF_SCOPE))
        standing = self.limits.charge(who.name, who.kind, COSTS[call.key])
        if standing.refused:
            return self._refusal(call, _too_many(standing), standing)
        answer = self._answered(call)
        return self._reply(answer, _label(call), standing, COSTS[call.key])

    def refuse(self, request: Request, kind: str, status: int) -> Reply:
        """Answer with an armed refusal."""
        who = self.tokens.credential(request.headers) or NOBODY
        call = _understood(request, who) or Call(request, "", "unknown", who, "")
        refused = {"burst_429": "burst", "budget_spent": "budget"}.get(kind, "")
        standing = self.limits.standing(who.name, who.kind, refused)
        if kind == "forbidden_html":
            return Reply(403, say.BLOCKED_HTML, content_type=say.HTML, endpoint=_label(call))
        if kind == "server_error" and status > say.BROKEN[0]:
            page = say.gateway_html(status)
            return Reply(status, page, content_type=say.HTML, endpoint=_label(call))
        return self._refusal(call, _armed(kind, standing), standing)

    def later_page(self, request: Request) -> bool:
        """Tell whether a request goes on from an earlier page."""
        return "cursor" in request.params or request.params.get("start", "0") != "0"

    def walk(self, request: Request) -> object:
        """Return what all pages of one walk have in common."""
        params = frozenset((k, v) for k, v in request.params.items() if k not in PAGE_MARKS)
        return request.method, request.path, self.tokens.credential(request.headers), params

    def allowance(self, plan: str, seats: int) -> Allowance:
        """Return what a subscription grants."""
        return allowance(plan, seats)

    def simulate_day(
        self, day: date, *, seed: int, intensity: float, activity_changes: int | None
    ) -> dict[str, int]:
        """Do one business day's work in the account, or exactly so many edits of activities."""
        plain = pendulum.date(day.year, day.month, day.day)
        return self.simulate(
            self.account, plain, seed=seed, intensity=intensity, activity_changes=activity_changes
        )

    def people(self) -> Iterator[Acquaintance]:
        """Tell whom the account knows."""
        for row in self.account["persons"].records():
            if row["is_deleted"]:
                continue
            email, phone = ((row[name] or [{}])[0].get("value", "") for name in ("emails", "phones"))
            yield Acquaintance(row["name"], email, phone)

    def set_login(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change how one logs in, or with `end` take back every login."""
        if changes.pop("end", False):
            self.logins.end_all()
        self.logins.app.set_up(changes)
        return asdict(self.logins.app) | {"scopes": ",".join(sorted(self.logins.app.scopes))}

    def purge(self) -> int:
        """Forget what was deleted more than 30 days ago."""
        before, count = stamp(self.clock.now() - KEPT), 0
        for collection in self.account.values():
            gone = window(collection, DELETED, None, before)
            count += len(gone)
            for _, record_id in gone:
                collection.drop(record_id)
        return count

    def _answered(self, call: Call) -> Answer:
        try:
            return self._dispatch(call)
        except RefusalError as refusal:
            return refusal.answer

    def _dispatch(self, call: Call) -> Answer:
        account, params = self.account, call.request.params
        if call.key in lists.LISTS:
            return listing.page(account, lists.LISTS[call.key], params, call.who, call.named)
        if call.request.method != "GET":
            return self._write(call)
        if call.version == "v1":
            return _read_v1(account, self.clock, call)
        if facts := v2.LISTS.get(call.template) or v2.FIELD_LISTS.get(call.template):
            return v2.list_page(account, facts, params)
        return v2.one(account, call.entity, call.record_id, params)

    def _write(self, call: Call) -> Answer:
        request = call.request
        by = By(call.who.user_id, self.clock.now(), partial(normalised, fields=self.normalised))
        if call.version == "v2":
            facts = WRITES[call.entity]
            return writes.write(self.account, facts, request.method, call.named, request.body, by=by)
        if request.method == "DELETE" and not call.named:
            return v1writes.delete_many(self.account, request.params.get("ids", ""), by)
        return v1writes.write(self.account, request.method, call.named, request.body, by)

    def _refusal(self, call: Call, answer: Answer, standing: Standing | None = None) -> Reply:
        standing = standing or self.limits.standing(call.who.name, call.who.kind)
        retry = ((b"retry-after", b"%d" % standing.daily_reset),) if standing.refused == "budget" else ()
        return self._reply(answer, _label(call), standing, more=retry)

    def _reply(
        self,
        answer: Answer,
        label: str,
        standing: Standing | None = None,
        tokens: int = 0,
        more: tuple[Header, ...] = (),
    ) -> Reply:
        correlation = str(UUID(int=self.random.getrandbits(128), version=4)).encode()
        headers = (*_limit_headers(standing), (b"x-correlation-id", correlation), *more)
        return Reply(answer.status, answer.body, headers, endpoint=label, tokens=tokens)


def _understood(request: Request, who: Credential) -> Call | None:
    root = next((root for root in ROOTS if request.path.startswith(root)), None)
    if root is None:
        return None
    steps = request.path.removeprefix(root).split("/")
    named = next((step for step in steps if ID.fullmatch(step)), "")
    template = "/".join("{id}" if step == named else step for step in steps)
    call = Call(request, ROOTS[root], template, who, named)
    return call if call.key in COSTS else None


def _read_v1(account: Account, clock: Clock, call: Call) -> Answer:
    params = call.request.params
    if call.template in v1.COLLECTIONS:
        return v1.collection_page(account, v1.COLLECTIONS[call.template], params, call.who)
    if call.template == "activities/{id}":
        return v1writes.one(account, call.record_id)
    if call.template == "recents":
        return recents.recents(account, params, clock.now())
    if call.template == "currencies":
        return v1.currencies(account, params)
    if call.template == "activityTypes":
        return v1.activity_types(account)
    return (v1.me if call.template == "users/me" else v1.users)(account, call.who)


def _label(call: Call) -> str:
    return f"{call.request.method} {call.version}/{call.template}"


def _too_many(standing: Standing) -> Answer:
    return say.coded(*(say.BURST if standing.refused == "burst" else say.BUDGET))


def _armed(kind: str, standing: Standing) -> Answer:
    if standing.refused:
        return _too_many(standing)
    if kind == "cursor_refused":
        return say.invalid("Validation failed: cursor: Invalid cursor").answer
    if kind == "refused":
        return say.invalid("Validation failed: not allowed today").answer
    return say.coded(*(say.UNAUTHORIZED if kind == "unauthorized" else say.BROKEN))


def _limit_headers(standing: Standing | None) -> tuple[Header, ...]:
    if standing is None:
        return ()
    return (
        (b"x-ratelimit-limit", b"%d" % standing.burst_limit),
        (b"x-ratelimit-remaining", b"%d" % standing.burst_remaining),
        (b"x-ratelimit-reset", b"%d" % standing.burst_reset),
        (b"x-daily-ratelimit-token-limit", b"%d" % standing.daily_limit),
        (b"x-daily-ratelimit-token-remaining", b"%d" % standing.daily_remaining),
    )
