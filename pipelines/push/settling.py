"""What became of writes whose answers were lost: found out before anything is sent."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pendulum

from pipelines.push import ledger
from pipelines.push.acting import FOUND, Actor, Done
from pipelines.push.actions import Action, Change, Outcome
from pipelines.push.finding import earliest, matched, pushed_of
from sources.errors import FINAL, ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.push.actions import Target
    from pipelines.push.apply import Applying
    from pipelines.push.ledger import Intent
    from sources.writer import Record, Writer

LOG = logging.getLogger("roundtrip.push")
A_LITTLE = timedelta(milliseconds=100)
"""Clocks that measure and clocks that tell the time need not agree."""
Settled = tuple[list[tuple["Intent", Done]], list["Intent"], dict[str, Action]]
"""What was found out, what was surely not done, and what is left to do of the actions."""


class Settling:
    """One target's lost writes."""

    def __init__(self, applying: Applying, target: Target, writer: Writer) -> None:
        self.applying = applying
        self.target = target
        self.writer = writer
        self.pause = timedelta(seconds=applying.settings.settling)

    def settle(self, lost: Mapping[str, Intent], actions: Mapping[str, Action]) -> Settled:
        """Look for lost creates, and read what lost updates and deletes were to change, if nobody else will."""
        creates = [one for one in lost.values() if one.action.operation == "create"]
        found = self._find(creates, actions)
        done = [
            (one, _found(one, found[one.action.push_key])) for one in creates if one.action.push_key in found
        ]
        missing = [
            one for one in creates if one.action.push_key not in found and self._rested(one) <= timedelta()
        ]
        withdrawn = [one for one in missing if one.action.push_key not in actions]
        waiting = (
            {one.action.push_key for one in creates} - found.keys() - {one.action.push_key for one in missing}
        )
        for one in lost.values():
            if one.action.operation != "create" and one.action.push_key not in actions:
                self._settle(one, done, withdrawn)
        left = {key: action for key, action in actions.items() if key not in found and key not in waiting}
        for key, record in found.items():
            if key in actions and (rest := _rest(actions[key], lost[key], record)).changes:
                left[key] = rest
        return done, withdrawn, left

    def _settle(self, intent: Intent, done: list[tuple[Intent, Done]], withdrawn: list[Intent]) -> None:
        """Find out what became of a lost update or delete that nobody plans any more."""
        actor = Actor(self.writer, self.target, {})
        try:
            found = self.applying.fetcher.run(actor.settle(intent))
        except FINAL:
            raise
        except ApiError as error:
            LOG.warning(
                "%s: it stays unknown what became of %s: %s", self.target.name, intent.action.push_key, error
            )
            return
        if found is None:
            withdrawn.append(intent)
        else:
            done.append((intent, found))

    def _find(self, creates: Sequence[Intent], actions: Mapping[str, Action]) -> dict[str, Record]:
        """Those that were done. What may still be under way is waited for, if it is to be sent again."""
        if not creates:
            return {}
        self.applying.watch(
            f"{self.target.name}: looking for {len(creates):,} records whose answers were lost"
        )
        found = self._look(creates)
        wanted = [one for one in creates if one.action.push_key in actions.keys() - found.keys()]
        pause = max((self._rested(one) for one in wanted), default=timedelta())
        if pause <= timedelta() or not self.applying.rest(
            pause + A_LITTLE, "what is not there may still be under way"
        ):
            return found
        return self._look(creates)

    def _look(self, creates: Sequence[Intent]) -> dict[str, Record]:
        candidates = self.applying.fetcher.run(self.writer.lookup({}, earliest(creates)))
        taken = ledger.claimed(self.applying.warehouse, self.target.crm, self.target.pushing.entity)
        return matched(creates, candidates, claimed=taken, user_id=self.applying.user_id)

    def _rested(self, intent: Intent) -> timedelta:
        """How much longer a request of this intent may be under way."""
        rest: timedelta = intent.recorded_at + self.pause - pendulum.now("UTC")
        return rest


def _found(intent: Intent, record: Record) -> Done:
    outcome = Outcome(
        intent.action,
        "applied",
        FOUND,
        record_id=record.record_id,
        pushed=pushed_of(intent, record),
        changes=intent.action.changes,
        update_time=record.update_time,
    )
    return Done(outcome, record)


def _rest(action: Action, intent: Intent, record: Record) -> Action:
    """What is left to do of a create whose record was found: the row may want other values by now."""
    fields = {change.field.name: change.field for change in (*intent.action.changes, *action.changes)}
    current = record.values_of(fields.values())
    changes = [
        Change(fields[name], current[name], value)
        for name, value in action.wanted.items()
        if name in fields and current[name] != value
    ]
    return replace(
        action,
        operation="update",
        record_id=record.record_id,
        basis=record.update_time,
        changes=tuple(changes),
        pushed=pushed_of(intent, record),
        created=True,
        attempts=0,
    )
