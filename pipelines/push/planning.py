"""The plan of one target, pure: rows that are wanted, records that are held, what was pushed before; actions out.

A row with an id, or one that was pushed before, is compared with its record field by field, three ways (deciding.py).
A row without is created. A record that the push created, and whose row has left the model, is treated as `when_gone`
says. Nothing is planned of a field that the row does not have, nor of a record that no row and no earlier push names.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipelines.push.actions import Action, Change, Held, Known, Left, Operation, Plan, Target, Wanted
from pipelines.push.deciding import decide, is_empty
from pipelines.push.hashing import fields_hash
from pipelines.push.valves import cost, valve
from sources.pushing import Writable

HAS_LEFT = "its row has left the model"


@dataclass(frozen=True)
class Choice:
    """Which part of a plan is asked for."""

    only: frozenset[str] = frozenset()
    """Push keys; empty: all."""
    limit: int | None = None
    """The most actions."""

    def takes(self, push_key: str) -> bool:
        """Whether a row is to be looked at."""
        return not self.only or push_key in self.only


EVERYTHING = Choice()


def plan(
    target: Target,
    wanted: Sequence[Wanted],
    held: Mapping[int, Held],
    known: Mapping[str, Known],
    *,
    records: int,
    now: datetime,
    choice: Choice = EVERYTHING,
    lacking: Mapping[str, Mapping[Any, str]] = {},
) -> Plan:
    """What to do for one target. `lacking`: by field, values that refer to what is not there, each with why."""
    rows = [row for row in wanted if choice.takes(row.push_key)]
    planner = _Planner(target, held, known, now, lacking)
    steps: list[Action | Left] = []
    unchanged = 0
    twice = _said_twice(wanted, known)
    for row in rows:
        found = [_left(row, "refusal", twice[row.push_key])] if row.push_key in twice else planner.row(row)
        unchanged += not found
        steps += found
    steps += planner.gone([one for one in _gone(wanted, known) if choice.takes(one.push_key)])
    made = _sorted(target, steps, choice)
    made = replace(made, rows=len(rows), records=records, unchanged=unchanged)
    requests, tokens = cost(target.pushing, made.actions)
    return replace(made, valve=valve(made), requests=requests, tokens=tokens)


def _sorted(target: Target, steps: Iterable[Action | Left], choice: Choice) -> Plan:
    ordered = sorted(steps, key=lambda step: step.push_key)
    actions = [step for step in ordered if isinstance(step, Action)]
    left = [step for step in ordered if isinstance(step, Left)]
    put_off = actions[choice.limit :] if choice.limit is not None else []
    left += [
        Left(one.push_key, one.record_id, "limit", f"{one.operation} left for later, by --limit")
        for one in put_off
    ]
    kept = actions[: len(actions) - len(put_off)]
    return Plan(target, tuple(kept), tuple(left), unchanged=0, rows=0, records=0)


def _said_twice(wanted: Sequence[Wanted], known: Mapping[str, Known]) -> dict[str, str]:
    """Push keys that stand for several rows, or for a record that another row stands for too; each with why."""
    keys = Counter(row.push_key for row in wanted)
    ids = Counter(found for row in wanted if (found := _record_id(row, known.get(row.push_key))) is not None)
    if len(keys) == len(wanted) and len(ids) == ids.total():
        return {}
    twice: dict[str, str] = {}
    for row in wanted:
        record_id = _record_id(row, known.get(row.push_key))
        if keys[row.push_key] > 1:
            twice[row.push_key] = f"{keys[row.push_key]} rows have this push_key"
        elif record_id is not None and ids[record_id] > 1:
            twice[row.push_key] = f"{ids[record_id]} rows are for record {record_id}"
    return twice


def _gone(wanted: Sequence[Wanted], known: Mapping[str, Known]) -> list[Known]:
    """What the push created, and no row stands for any more."""
    keys = {row.push_key for row in wanted}
    ids = {row.record_id for row in wanted}
    return [one for key, one in known.items() if one.created and key not in keys and one.record_id not in ids]


def _record_id(row: Wanted, known: Known | None) -> int | None:
    """The record a row is for. What the push itself has deleted is not: the row is to be created anew."""
    if row.record_id is not None or known is None:
        return row.record_id
    return None if _was_deleted(known) else known.record_id


def _was_deleted(known: Known) -> bool:
    return known.operation == "delete" and known.verdict in ("applied", "already")


@dataclass(frozen=True)
class _Planner:
    target: Target
    held: Mapping[int, Held]
    known: Mapping[str, Known]
    now: datetime
    lacking: Mapping[str, Mapping[Any, str]]

    def row(self, row: Wanted) -> list[Action | Left]:
        """What to do for a row; nothing, when it is so already."""
        if row.problems:
            return [_left(row, "refusal", "; ".join(row.problems))]
        known = self._known(row)
        record_id = _record_id(row, known)
        if record_id is None:
            return self._without_record(row, known)
        found = self.held.get(record_id)
        if found is None or found.is_deleted:
            return self._without_its_record(row, record_id, known, found)
        return self._delete(row, found, known) if row.delete else self._compare(row, found, known)

    def _known(self, row: Wanted) -> Known | None:
        """What was pushed of the row, if it was to the record that it is for."""
        known = self.known.get(row.push_key)
        if known is None or _was_deleted(known):
            return None
        return known if row.record_id in (None, known.record_id) else None

    def gone(self, known: Iterable[Known]) -> Iterator[Action | Left]:
        """What becomes of records whose rows have left the model."""
        if self.target.when_gone == "keep":
            return
        values = self.target.pushing.completed
        for one in known:
            found = self.held.get(one.record_id) if one.record_id is not None else None
            if found is None or found.is_deleted or _was_deleted(one):
                continue
            row = Wanted(one.push_key, one.record_id, values)
            if self.target.when_gone == "delete":
                yield from self._delete(row, found, one, HAS_LEFT)
            else:
                yield from self._compare(row, found, one, HAS_LEFT)

    def _without_record(self, row: Wanted, known: Known | None) -> list[Action | Left]:
        if known is not None and known.verdict == "gone":
            return [_left(row, "gone", "it was created, and somebody has deleted it in the CRM")]
        return [] if row.delete else [self._create(row, known)]

    def _without_its_record(
        self, row: Wanted, record_id: int, known: Known | None, found: Held | None
    ) -> list[Action | Left]:
        if row.delete:
            return []
        if found is not None or (known is not None and known.verdict == "gone"):
            return [_left(row, "gone", f"record {record_id} is deleted in the CRM", record_id)]
        text = f"the warehouse holds no record {record_id} of {self.target.pushing.entity}"
        return [_left(row, "refusal", text, record_id)]

    def _create(self, row: Wanted, known: Known | None) -> Action | Left:
        changes = [
            Change(self.target.fields[name], None, value)
            for name, value in row.values.items()
            if value is not None
        ]
        required = sorted(name for name in self.target.pushing.required if is_empty(row.values.get(name)))
        problems = [f"{name} is needed to create a record" for name in required]
        looks_first = known is not None and known.verdict == "unknown"
        action = self._action(row, "create", None, changes, known)
        return self._judged(replace(action, created=True, looks_first=looks_first), known, problems)

    def _compare(
        self, row: Wanted, found: Held, known: Known | None, because: str = ""
    ) -> list[Action | Left]:
        writes: list[Change] = []
        conflicts: list[Change] = []
        for name, value in row.values.items():
            current = found.values.get(name)
            if value == current or (name in self.target.only_on_create and not because):
                continue
            agreed = known.agreed(name, current) if known is not None else None
            decision = decide(value, current, policy=self.target.policy(name), pushed=agreed)
            if decision in ("write", "conflict"):
                one = Change(self._field(name), current, value)
                (writes if decision == "write" else conflicts).append(one)
        steps: list[Action | Left] = []
        if writes:
            action = replace(self._action(row, "update", found, writes, known), because=because)
            steps.append(self._judged(action, known, _not_to_be_cleared(writes)))
        if conflicts:
            steps.append(_conflict(row, found, conflicts))
        return steps

    def _field(self, name: str) -> Writable:
        """What may be written; a record may be completed by fields that the target does not select."""
        found = self.target.fields.get(name) or self.target.pushing.field(name)
        return found or Writable(name, "text")

    def _delete(
        self, row: Wanted, found: Held, known: Known | None, because: str = ""
    ) -> list[Action | Left]:
        theirs = [
            Change(self._field(name), pushed.answered, found.values[name])
            for name, pushed in (known.pushed.items() if known is not None else ())
            if name in found.values and pushed.answered != found.values[name]
        ]
        if theirs and self.target.delete_policy == "skip":
            return [_conflict(row, found, theirs)]
        action = replace(self._action(row, "delete", found, [], known), because=because)
        return [self._judged(action, known, [])]

    def _action(
        self,
        row: Wanted,
        operation: Operation,
        found: Held | None,
        changes: Sequence[Change],
        known: Known | None,
    ) -> Action:
        pushed = known.pushed if known is not None and found is not None else {}
        return Action(
            self.target.name,
            row.push_key,
            operation,
            found.record_id if found else None,
            tuple(changes),
            basis=found.update_time if found else None,
            wanted=row.values,
            pushed=pushed,
            created=known is not None and known.created,
        )

    def _judged(self, action: Action, known: Known | None, problems: Sequence[str]) -> Action | Left:
        """The action; or why it is not to be sent now."""
        absent = [
            f"{change.field.shown}: {why}"
            for change in action.changes
            if (why := self._why_lacking(change)) is not None
        ]
        if problems or absent:
            text = "; ".join([*problems, *absent])
            return Left(action.push_key, action.record_id, "refusal", text, action.changes)
        if known is None or known.verdict != "refused":
            return action
        if known.fields_hash != fields_hash(action.operation, action.values):
            return action
        if known.next_try_at is not None and known.next_try_at > self.now:
            text = f"refused {known.attempts} times, next try at {known.next_try_at:%Y-%m-%d %H:%M} UTC: {known.reason}"
            return Left(action.push_key, action.record_id, "waiting", text, action.changes)
        return replace(action, attempts=known.attempts)

    def _why_lacking(self, change: Change) -> str | None:
        """Why the CRM would not know what the field refers to."""
        values = self.lacking.get(change.field.name)
        return values.get(change.after) if values and change.after is not None else None


def _not_to_be_cleared(changes: Iterable[Change]) -> list[str]:
    return [
        f"{change.field.shown} cannot be cleared"
        for change in changes
        if change.after is None and not change.field.nullable
    ]


def _left(row: Wanted, reason: Any, text: str, record_id: int | None = None) -> Left:
    return Left(row.push_key, row.record_id if record_id is None else record_id, reason, text)


def _conflict(row: Wanted, found: Held, changes: Sequence[Change]) -> Left:
    names = ", ".join(change.field.shown for change in changes)
    text = f"somebody has changed {names} since it was pushed"
    return Left(row.push_key, found.record_id, "conflict", text, tuple(changes))
