"""One action at a time, done: the record is read first, decided on once more, then written; what came of it is told.

Nothing here touches the warehouse: it runs where the requests do.
"""

from collections.abc import Coroutine, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pipelines.push.actions import Action, Change, Outcome, Pushed, Target
from pipelines.push.deciding import Decision, decide
from pipelines.push.ledger import Intent
from sources.errors import (
    RETRIED,
    AnswerLost,
    ApiError,
    BudgetSpent,
    NotAccepted,
    NotFound,
)
from sources.pushing import Writable
from sources.writer import Answered, Record, Writer

Result = TypeVar("Result")
FOUND = "its answer had been lost; it was found done"
DELETED_THERE = "it was deleted in the CRM"


@dataclass(frozen=True)
class Done:
    """What came of an action, and the record as the CRM last showed it."""

    outcome: Outcome
    record: Record | None = None
    is_deleted: bool = False
    """Whether the record is known to be deleted."""
    trouble: ApiError | None = None
    """What went wrong on the way, if it is not the row's fault."""


@dataclass(frozen=True)
class Judged:
    """An update that is to be sent, now that the record has been read: what to write, and what is left as it is."""

    action: Action
    record: Record
    writes: tuple[Change, ...]
    conflicts: tuple[Change, ...]
    left: AbstractSet[str]

    @property
    def values(self) -> dict[str, Any]:
        """What to send, by field."""
        return {change.field.name: change.after for change in self.writes}


class Actor:
    """Acts on the records of one target."""

    def __init__(self, writer: Writer, target: Target, lost: Mapping[str, Intent]) -> None:
        self.writer = writer
        self.target = target
        self.lost = lost
        """Earlier writes whose answer was lost, by push key."""
        self._ways = {"create": self._create, "update": self._update, "delete": self._delete}

    async def act(self, action: Action) -> Done:
        """Do it. BudgetSpent or NotAccepted: nothing was sent, and nothing will be."""
        return await self.guarded(action, self._ways[action.operation](action))

    async def guarded(self, action: Action, work: Coroutine[Any, Any, Result]) -> Result | Done:
        """What the work gives; or what came of the action, where something went wrong."""
        try:
            return await work
        except (BudgetSpent, NotAccepted):
            raise
        except NotFound as error:
            return gone(action, error.request_id)
        except AnswerLost as error:
            return ended(action, "unknown", error.message, error.request_id, trouble=error)
        except RETRIED as error:
            return troubled(action, error)
        except ApiError as error:
            return ended(action, "refused", error.reason or error.message, error.request_id)

    async def settle(self, intent: Intent) -> Done | None:
        """What became of a lost update or delete that nobody plans any more; None: it is not in effect."""
        action = intent.action
        record = await self.writer.read(action.record_id or 0)
        if action.operation == "delete":
            return ended(action, "applied", FOUND, is_deleted=True) if record is None else None
        if record is None:
            return gone(action)
        if self._values(action, record) != action.values:
            return None
        pushed = self._pushed(action, record, frozenset())
        return ended(action, "applied", FOUND, record=record, pushed=pushed, changes=action.changes)

    async def _create(self, action: Action) -> Done:
        answered = await self.writer.create(action.values)
        return self._applied(action, answered, action.changes)

    async def _update(self, action: Action) -> Done:
        judged = await self.judged(action)
        if isinstance(judged, Done):
            return judged
        return self.updated(judged, await self.writer.update(judged.record, judged.values))

    def updated(self, judged: Judged, answered: Answered) -> Done:
        """What came of an update that was answered."""
        return self._applied(judged.action, answered, judged.writes, judged.conflicts, judged.left)

    async def judged(self, action: Action) -> Judged | Done:
        """The update, if anything is to be sent."""
        record = await self.writer.read(action.record_id or 0)
        if record is None:
            return gone(action)
        lost = self.lost.get(action.push_key)
        is_lost = lost is not None and lost.action.operation == "update"
        intended = lost.action.values if lost is not None and is_lost else {}
        decided = self._decided(action, record, intended)
        writes = tuple(change for decision, change in decided if decision == "write")
        conflicts = tuple(change for decision, change in decided if decision == "conflict")
        left = {change.field.name for decision, change in decided if decision in ("conflict", "leave")}
        if writes:
            return Judged(action, record, writes, conflicts, left)
        found = is_lost and not conflicts
        verdict: Any = "conflict" if conflicts else "applied" if found else "already"
        return ended(
            action,
            verdict,
            _told(conflicts) or (FOUND if found else ""),
            record=record,
            pushed=self._pushed(action, record, left),
            conflicts=conflicts,
        )

    def _decided(
        self, action: Action, record: Record, intended: Mapping[str, Any]
    ) -> list[tuple[Decision, Change]]:
        """What to do with each field, now that we know what the CRM has.

        A field is somebody else's as soon as its value is not the plan's, whatever the update time says: that knows
        but seconds.
        """
        current = self._values(action, record)
        decided = []
        for change in action.changes:
            name, now = change.field.name, current[change.field.name]
            ours = name in intended and intended[name] == now
            decision = decide(
                change.after,
                now,
                policy=self.target.policy(name),
                pushed=Pushed(now, now) if ours else action.pushed.get(name),
                changed_since=now != change.before and not ours,
            )
            decided.append((decision, replace(change, before=now)))
        return decided

    async def _delete(self, action: Action) -> Done:
        found = await self.deletable(action)
        return found if isinstance(found, Done) else await self.delete(action)

    async def deletable(self, action: Action) -> Record | Done:
        """The record, if it is to be deleted."""
        record = await self.writer.read(action.record_id or 0)
        if record is None:
            lost = action.push_key in self.lost
            return ended(action, "applied" if lost else "already", FOUND if lost else "", is_deleted=True)
        if record.update_time != action.basis and self.target.delete_policy != "overwrite":
            return ended(
                action, "conflict", "it was changed in the CRM since it was last read", record=record
            )
        return record

    async def delete(self, action: Action) -> Done:
        """Delete the record, whatever it is now."""
        try:
            answered = await self.writer.delete(action.record_id or 0)
        except RETRIED as error:
            return ended(action, "unknown", error.message, error.request_id, trouble=error)
        return ended(action, "applied", request_id=answered.request_id, is_deleted=True)

    def _applied(
        self,
        action: Action,
        answered: Answered,
        writes: tuple[Change, ...],
        conflicts: tuple[Change, ...] = (),
        left: AbstractSet[str] = frozenset(),
    ) -> Done:
        record = answered.record
        verdict, reason = _verdict(answered, _told(conflicts))
        done = ended(
            action,
            verdict,
            reason,
            answered.request_id,
            record=record,
            pushed=self._pushed(action, record, left | set(answered.not_taken)),
            changes=writes,
            conflicts=conflicts,
        )
        if record is not None or answered.record_id is None:
            return done
        return replace(done, outcome=replace(done.outcome, record_id=answered.record_id))

    def _pushed(self, action: Action, record: Record | None, without: AbstractSet[str]) -> dict[str, Pushed]:
        """What is agreed now of each field: what the row wants, and what the CRM has made of it.

        Of fields that were left as they are, for whatever reason, the last agreement stands.
        """
        pushed = dict(action.pushed)
        if record is None:
            return pushed
        names = {name: self._field(action, name) for name in action.wanted if name not in without}
        current = record.values_of(names.values())
        ours = set(action.values) if action.operation == "update" else set(names)
        for name in names:
            value = action.wanted[name]
            if name in ours or current[name] == value:
                pushed[name] = Pushed(value, current[name])
        return pushed

    def _field(self, action: Action, name: str) -> Writable:
        changed = {change.field.name: change.field for change in action.changes}
        found = changed.get(name) or self.target.fields.get(name) or self.target.pushing.field(name)
        return found or Writable(name, "text")

    def _values(self, action: Action, record: Record) -> dict[str, Any]:
        return record.values_of(change.field for change in action.changes)


def ended(
    action: Action,
    verdict: Any,
    reason: str = "",
    request_id: str = "",
    *,
    record: Record | None = None,
    is_deleted: bool = False,
    trouble: ApiError | None = None,
    **more: Any,
) -> Done:
    """What came of an action; of what was pushed before all stands, unless `more` says otherwise."""
    outcome = Outcome(
        action,
        verdict,
        reason,
        request_id,
        record_id=record.record_id if record else action.record_id,
        update_time=record.update_time if record else None,
        **{"pushed": action.pushed, **more},
    )
    return Done(outcome, record, is_deleted, trouble)


def gone(action: Action, request_id: str = "") -> Done:
    """What comes of an action on a record that is deleted."""
    return ended(action, "gone", DELETED_THERE, request_id, is_deleted=True)


def troubled(action: Action, error: ApiError) -> Done:
    """What comes of an action that was not sent, through no fault of its own."""
    return ended(action, "refused", error.message, error.request_id, trouble=error, passing=True)


def _verdict(answered: Answered, told: str) -> tuple[Any, str]:
    """What to say of a write that was answered, and read again."""
    if answered.not_taken:
        return "refused", f"it was accepted, and did not change: {', '.join(answered.not_taken)}"
    if answered.changed:
        names = ", ".join(answered.changed)
        return "conflict", f"other fields are not as they were before it was written: {names}"
    return "applied", told


def _told(conflicts: tuple[Change, ...]) -> str:
    names = ", ".join(change.field.shown for change in conflicts)
    return f"changed in the CRM meanwhile, and left so: {names}" if conflicts else ""
