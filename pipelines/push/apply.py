"""Apply plans: the intents of a batch are committed, then its requests sent, then the outcomes committed.

Requests run in the fetcher's thread, within the limiter; this thread commits. While a batch is under way the next one
is made ready, so that no request waits for a commit. The outcomes of a moment, and the records that were
answered, are one transaction. Whatever dies in between leaves intents without an outcome: those are looked for first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import pendulum

from pipelines import ops
from pipelines.config import Settings
from pipelines.load import WRONG_SETTINGS, Watch, recorded
from pipelines.ops import Run
from pipelines.push import ledger
from pipelines.push.acting import Actor, Done, ended
from pipelines.push.actions import Action, Outcome, Plan, Target
from pipelines.push.interrupting import Interrupt
from pipelines.push.landing import Landing
from pipelines.push.ledger import Intent, Ledger
from pipelines.push.settling import Settling
from pipelines.push.together import act_together
from pipelines.warehouse import Warehouse
from sources.budget import Tally
from sources.errors import ApiError, UsageError
from sources.pushing import Pushing
from sources.walk import Fetcher
from sources.writer import Writer

if TYPE_CHECKING:
    from sources.crm import Account

BATCH = 100
"""Actions whose intents are committed together; a kill leaves at most two batches to be looked for."""
FLUSH_SECONDS = 1.0
"""How long an outcome may wait to be committed with others."""
AT_ONCE = 16
GLANCE = 0.05
MOST_TROUBLE = 5
"""So many actions in a row that failed through no fault of theirs end the run: the CRM is not well."""
TOLD_EVERY = 2.0
"""Seconds between two words on how far it is."""


def apply(
    settings: Settings,
    warehouse: Warehouse,
    run: Run,
    plans: Sequence[Plan],
    *,
    watch: Watch = lambda _run, _step: None,
    **seams: Any,
) -> list[Outcome]:
    """Do what the plans say, one target after another; what came of each action, of those that were begun.

    The run lock is held. The run's status and problem tell why it stopped, where it did; a CRM that answers nothing at
    all, or does not let us in, raises. ^C finishes what is under way, records it, and is raised then.
    """
    client = settings.connect(**seams)
    applying: Applying | None = None
    try:
        with recorded(settings, warehouse, run, client), Fetcher(client) as fetcher, Interrupt() as interrupt:
            applying = Applying(settings, warehouse, run, fetcher, interrupt=interrupt, watch=watch)
            for plan in plans:
                applying.target(plan)
    except ApiError:
        if applying is None or not applying.outcomes:
            raise
    return list(applying.outcomes.values()) if applying else []


class Applying:
    """One run of apply."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        run: Run,
        fetcher: Fetcher,
        *,
        interrupt: Interrupt,
        watch: Watch,
    ) -> None:
        self.settings = settings
        self.warehouse = warehouse
        self.run = run
        self.fetcher = fetcher
        self.interrupt = interrupt
        self.ledger = Ledger(warehouse, run.run_id)
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        """By target and push key."""
        self._watch = watch
        self._told_at = self._committed_at = 0.0
        self._stop: BaseException | None = None
        self._trouble = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._done: SimpleQueue[tuple[Intent, Done | None]] = SimpleQueue()
        self._account: Account | None = None

    def connect(self) -> None:
        """Find out who we are, and what the CRM's clock says: a push to another company would be the worst of all."""
        if self._account is not None:
            return
        self.watch("connecting")
        try:
            account = self.fetcher.run(self.settings.crm.identify(self.fetcher.client, self.run.other))
        except WRONG_SETTINGS as error:
            raise UsageError(error.message, way_out=error.way_out) from error
        ops.belongs_to(self.warehouse, self.run.crm, account)
        self._account = account
        self.user_id = account.user_id
        self._ahead = account.server_time - pendulum.now("UTC")

    def watch(self, step: str) -> None:
        """Tell of the next step; whoever is killed in it has spent the tokens all the same."""
        ops.record_spend(self.warehouse, self.run)
        self._watch(self.run, step)
        self._told_at = time.monotonic()

    def server_time(self) -> pendulum.DateTime:
        """The time by the CRM's clock."""
        return pendulum.now("UTC") + self._ahead

    def target(self, plan: Plan) -> None:
        """One target: first what an earlier run left open, then the plan, then what was lost on the way."""
        target = plan.target
        lost = ledger.unsettled(self.warehouse, target)
        if not (plan.actions or lost):
            return
        self.connect()
        tally = self.run.pushing.setdefault(target.pushing.entity, Tally())
        writer = self._writer(target.pushing, tally)
        landing = Landing(
            self.warehouse, self.settings.crm.entities[target.pushing.entity], self.run.started_at
        )
        actions = {action.push_key: action for action in plan.actions}
        if lost:
            actions = self._settled(target, writer, landing, actions)
        self._perform(target, writer, landing, actions)
        again = {key: one for key, one in actions.items() if self._is_unknown(target, key)}
        if again:
            again = self._settled(target, writer, landing, again)
            self._perform(target, writer, landing, again)

    def _writer(self, pushing: Pushing, tally: Tally) -> Writer:
        make = self.settings.crm.writer
        if make is None:
            raise UsageError(f"Nothing can be written to {self.settings.crm.name}.")
        return make(self.fetcher.client, pushing, tally)

    def _is_unknown(self, target: Target, key: str) -> bool:
        found = self.outcomes.get((target.name, key))
        return found is not None and found.verdict == "unknown"

    def _settled(
        self, target: Target, writer: Writer, landing: Landing, actions: dict[str, Action]
    ) -> dict[str, Action]:
        """What is left to do of the actions, once it is known what became of earlier ones."""
        lost = ledger.unsettled(self.warehouse, target)
        done, withdrawn, left = Settling(self, target, writer).settle(lost, actions)
        self._commit(landing, done, withdrawn)
        return left

    def _perform(self, target: Target, writer: Writer, landing: Landing, actions: dict[str, Action]) -> None:
        actor = Actor(writer, target, ledger.unsettled(self.warehouse, target) if actions else {})
        waiting, flying, total = deque(actions.values()), 0, len(actions)
        finished: list[tuple[Intent, Done | None]] = []
        while flying or (waiting and not self._stopping):
            if waiting and not self._stopping and flying <= BATCH // 2:
                batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
                for group in _grouped(target, self._intended(target, batch)):
                    self.fetcher.submit(self._act(actor, group))
                flying += len(batch)
            came = self._collected()
            flying -= len(came)
            finished += came
            if finished and (not flying or len(finished) >= BATCH // 2 or self._is_late()):
                self._record(landing, finished)
                finished = []
            self._tell(target, total - len(waiting) - flying, total)
        if self._stop is not None:
            raise self._stop

    @property
    def _stopping(self) -> bool:
        if self.interrupt.asked and self._stop is None:
            self._stop = KeyboardInterrupt()
        return self._stop is not None

    def _intended(self, target: Target, batch: Sequence[Action]) -> list[Intent]:
        return self.ledger.intend(target, batch, at=pendulum.now("UTC"), server_time=self.server_time())

    async def _act(self, actor: Actor, intents: Sequence[Intent]) -> None:
        """Act when there is room, unless the run is to end; None: nothing was sent."""
        came: Sequence[Done | None] = [None for _ in intents]
        async with self._room:
            if not self._stopping:
                try:
                    came = await act_together(actor, [intent.action for intent in intents])
                except ApiError as error:
                    self._stop = self._stop or error
                except Exception as error:  # noqa: BLE001 (whatever it is, one row must not stop the others)
                    why = f"unexpected {type(error).__name__}: {error}"
                    came = [ended(intent.action, "unknown", why) for intent in intents]
            for intent, done in zip(intents, came, strict=True):
                self._judge(done)
                self._done.put((intent, done))

    def _judge(self, done: Done | None) -> None:
        """Stop when nothing goes well any more."""
        if done is None:
            return
        self._trouble = self._trouble + 1 if done.trouble else 0
        if done.trouble and self._trouble >= MOST_TROUBLE:
            self._stop = self._stop or done.trouble

    def _collected(self) -> list[tuple[Intent, Done | None]]:
        """What has come in; waits a moment for the first."""
        came = []
        try:
            came.append(self._done.get(timeout=GLANCE))
            while True:
                came.append(self._done.get_nowait())
        except Empty:
            return came

    def _is_late(self) -> bool:
        return time.monotonic() - self._committed_at > FLUSH_SECONDS

    def _record(self, landing: Landing, finished: Sequence[tuple[Intent, Done | None]]) -> None:
        done = [(intent, one) for intent, one in finished if one is not None]
        self._commit(landing, done, [intent for intent, one in finished if one is None])

    def _commit(
        self, landing: Landing, done: Sequence[tuple[Intent, Done]], withdrawn: Sequence[Intent]
    ) -> None:
        """Outcomes and raw rows, in one transaction."""
        at = pendulum.now("UTC")
        told = [(intent, replace(one.outcome, at=at)) for intent, one in done]
        gone = [one.outcome.record_id for _, one in done if one.is_deleted and one.outcome.record_id]
        tables = [
            landing.of_answers([one.record for _, one in done if one.record is not None]),
            landing.of_deleted(gone, self.server_time().replace(microsecond=0)),
        ]
        with self.warehouse.transaction():
            self.ledger.record(told, withdrawn, at)
            for table in tables:
                landing.write(table)
        self._committed_at = time.monotonic()
        for intent, outcome in told:
            self.outcomes[intent.target.name, intent.action.push_key] = outcome

    def _tell(self, target: Target, done: int, total: int) -> None:
        if time.monotonic() - self._told_at > TOLD_EVERY:
            self.watch(f"{target.name}: {done:,} of {total:,}")

    def rest(self, pause: timedelta, why: str) -> bool:
        """Wait, and tell why; whether it was long enough."""
        seconds = pause.total_seconds()
        if seconds > 0:
            self.watch(f"waiting {seconds:.0f} s: {why}")
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stopping:
            time.sleep(GLANCE)
        return not self._stopping


def _grouped(target: Target, intents: Sequence[Intent]) -> list[list[Intent]]:
    """Those that one request may do: deletions, and updates of some fields, where the API can do many at once."""
    pushing = target.pushing
    together: dict[str, list[Intent]] = {"delete": [], "update": []}
    alone: list[list[Intent]] = []
    for one in intents:
        operation, fields = one.action.operation, one.action.values.keys()
        many = pushing.bulk_delete if operation == "delete" else fields <= pushing.bulk_fields
        if many and operation in together:
            together[operation].append(one)
        else:
            alone.append([one])
    return [*filter(None, together.values()), *alone]
