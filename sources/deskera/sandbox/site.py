"""Deskera at work: asks who is there, finds what is wanted, answers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from sources.deskera.sandbox import listing, writes
from sources.deskera.sandbox import replies as say
from sources.deskera.sandbox.replies import Answer, RefusalError
from sources.deskera.sandbox.times import told
from sources.deskera.sandbox.writes import By
from sources.sandbox.clock import Clock
from sources.sandbox.crm import Acquaintance
from sources.sandbox.exchange import Reply, Request
from sources.sandbox.index import View
from sources.sandbox.limits import Allowance, Limits
from sources.sandbox.normalising import normalised
from sources.sandbox.store import Account

if TYPE_CHECKING:
    from sources.deskera.sandbox.served import Activities

PREFIX: Final = "/v1/crm"
ACTIVITIES: Final = f"{PREFIX}/activities"
TOKENS: Final = {"sandbox-deskera-token": 1}
"""By token, whose it is."""
KEPT: Final = timedelta(days=30)
DELETED: Final = View(deleted=True)
ID: Final = re.compile(r"[0-9]{1,18}")
UNLIMITED: Final = Allowance(10**9, {"api": 10**9})
"""No document speaks of limits."""
METHODS: Final = {
    "activities": ("GET", "POST"),
    "activities/{id}": ("GET", "PUT", "DELETE"),
    "activities/bulkUpdate": ("PATCH",),
    "activities/bulkDelete": ("POST",),
}

SimulateDay = Callable[..., dict[str, int]]


@dataclass
class Deskera:
    """One account and the state around it."""

    account: Account
    clock: Clock
    limits: Limits
    simulate: SimulateDay
    normalised: frozenset[str] = frozenset()

    def answer(self, request: Request) -> Reply:
        """Answer a request as Deskera would."""
        try:
            answer = self._answered(request)
        except RefusalError as refusal:
            answer = say.refused(refusal.status, refusal.message, request.path)
        return Reply(answer.status, answer.body, endpoint=_label(request))

    def refuse(self, request: Request, kind: str, status: int) -> Reply:
        """Answer with an armed refusal."""
        if kind == "forbidden_html":
            return Reply(say.FORBIDDEN, say.BLOCKED, content_type=say.HTML, endpoint=_label(request))
        if kind == "server_error" and status > say.BROKEN:
            return Reply(status, say.gateway(status), content_type=say.HTML, endpoint=_label(request))
        refused, message = {
            "unauthorized": (say.UNAUTHORIZED, "Unauthorized"),
            "cursor_refused": (say.BAD, "invalid page"),
            "refused": (say.BAD, "not allowed today"),
            "server_error": (say.BROKEN, "Internal server error"),
        }.get(kind, (say.TOO_MANY, "Too many requests"))
        body = say.refused(refused, message, request.path).body
        return Reply(refused, body, endpoint=_label(request))

    def later_page(self, request: Request) -> bool:
        """Tell whether a request goes on from an earlier page."""
        return request.params.get("page", "1") != "1"

    def walk(self, request: Request) -> object:
        """Return what all pages of one walk have in common."""
        params = frozenset((name, value) for name, value in request.params.items() if name != "page")
        return request.method, request.path, params

    def allowance(self, plan: str, seats: int) -> Allowance:  # noqa: ARG002 (no plan limits anything)
        """Return what a subscription grants."""
        return UNLIMITED

    def simulate_day(
        self, day: date, *, seed: int, intensity: float, activity_changes: int | None
    ) -> dict[str, int]:
        """Do one business day's work in the account, or exactly so many edits of activities."""
        return self.simulate(
            self.account, day, seed=seed, intensity=intensity, activity_changes=activity_changes
        )

    def people(self) -> Iterator[Acquaintance]:
        """Tell whom the account knows."""
        for row in self.account["contacts"].records():
            yield Acquaintance(row["name"], row["email"], f"{row['country_code']}{row['phone']}")

    def set_login(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Refuse to: one does not log in here."""
        raise ValueError(f"there is no login to set up: {', '.join(changes)}")

    def purge(self) -> int:
        """Forget what was deleted more than 30 days ago."""
        activities, before = self.account["activities"], told(self.clock.now() - KEPT)
        gone = [one for when, one in activities.index(DELETED, "updated_at").entries() if when < before]
        for record_id in gone:
            activities.drop(record_id)
        return len(gone)

    def _answered(self, request: Request) -> Answer:
        user_id = TOKENS.get(request.headers.get("x-access-token", ""))
        if user_id is None:
            raise RefusalError(say.UNAUTHORIZED, "Unauthorized")
        template, named = _template(request)
        if template not in METHODS:
            raise RefusalError(say.UNKNOWN, "Not found")
        if request.method not in METHODS[template]:
            raise RefusalError(say.NOT_ALLOWED, f"{request.method} is not allowed")
        if self.limits.charge("token", "api", 0).refused:
            raise RefusalError(say.TOO_MANY, "Too many requests")
        if request.method == "GET":
            return self._read(request, named)
        by = By(user_id, self.clock.now(), partial(normalised, fields=self.normalised))
        return self._write(request, template, named, by)

    def _read(self, request: Request, named: int) -> Answer:
        if not named:
            return listing.page(cast("Activities", self.account["activities"]), request.params)
        writes.living(self.account, named)
        return Answer(say.OK, self.account["activities"].whole(named))

    def _write(self, request: Request, template: str, named: int, by: By) -> Answer:
        if request.method == "DELETE":
            return writes.delete(self.account, named, by)
        if request.method == "PUT":
            return writes.replace(self.account, named, request.body, by)
        act = {"bulkUpdate": writes.bulk_update, "bulkDelete": writes.bulk_delete}
        return act.get(template.rpartition("/")[2], writes.create)(self.account, request.body, by)


def _template(request: Request) -> tuple[str, int]:
    """The path below the prefix without the id in it, and the id; 0 for none."""
    head, _, last = request.path.removeprefix(f"{PREFIX}/").rpartition("/")
    return (f"{head}/{{id}}", int(last)) if ID.fullmatch(last) else (f"{head}/{last}".lstrip("/"), 0)


def _label(request: Request) -> str:
    template, _ = _template(request)
    return f"{request.method} {PREFIX[1:]}/{template if template in METHODS else 'unknown'}"
