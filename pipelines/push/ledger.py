"""The ledger of pushes: what was to be sent, committed before it is, and what became of it, committed after.

`ops.push_ledger` holds events and only grows. Each event carries all there is to know of its key, so the last one is
its state: `ops.push_state`. An intent without an outcome may have been done; one that surely was not is withdrawn, and
the state is what it was before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec
import pyarrow as pa

from pipelines.push.actions import Action, Change, Known, Operation, Outcome, Pushed, Target
from pipelines.push.events import LEDGER, SCHEMA, STATE
from pipelines.push.hashing import fields_hash
from pipelines.sql import literal
from pipelines.warehouse import Warehouse
from sources.texts import UNKNOWN

KNOWN = """
select push_key, record_id, created, verdict, operation, fields_hash, pushed::varchar as pushed, reason, attempts,
    next_try_at, fields::varchar as fields, case when verdict = 'unknown' then intended_at end as intended_at
from ops.push_state where crm = {crm} and target = {target}
"""
UNSETTLED = """
select intent, push_key, operation, record_id, fields::varchar, before::varchar, pushed::varchar, created, attempts,
    basis_update_time, intended_at, recorded_at
from ops.push_state where crm = {crm} and target = {target} and verdict = 'unknown' order by intent
"""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=7)
MOST_DOUBLINGS = 10
PUSHED = msgspec.json.Decoder(dict[str, Pushed])
FIELDS = msgspec.json.Decoder(dict[str, Any])


class Unread(Mapping[str, Any]):
    """What a JSON object holds; it is read when it is first asked for, and of most keys it never is."""

    def __init__(self, text: str, decoder: msgspec.json.Decoder[dict[str, Any]]) -> None:
        self._text, self._decoder = text, decoder

    @cached_property
    def _members(self) -> dict[str, Any]:
        return self._decoder.decode(self._text)

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return self._members == other

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Intent:
    """An action whose intent is committed, so that it may be sent."""

    event: int
    target: Target
    action: Action
    at: datetime
    """By the CRM's clock."""
    recorded_at: datetime
    """By ours; of what was last heard of it."""


class Ledger:
    """Writes events. One run writes at a time: it holds the run lock."""

    def __init__(self, warehouse: Warehouse, run_id: str) -> None:
        self.warehouse = warehouse
        self.run_id = run_id
        ((last,),) = warehouse.rows_of(f"select coalesce(max(event), 0) from {LEDGER}")  # noqa: S608 (constants of ours)
        self._last: int = last

    def intend(
        self, target: Target, actions: Sequence[Action], *, at: datetime, server_time: datetime
    ) -> list[Intent]:
        """Commit that these are about to be sent; `at` is by our clock."""
        first = self._last + 1
        intents = [Intent(first + place, target, one, server_time, at) for place, one in enumerate(actions)]
        self._append([self._row(one, one.event, "intent", at) for one in intents])
        self._last += len(intents)
        return intents

    def record(
        self, found: Sequence[tuple[Intent, Outcome]], withdrawn: Sequence[Intent], at: datetime
    ) -> None:
        """Put on record what became of intents; belongs in a transaction with the records that were answered."""
        rows: list[dict[str, Any]] = []
        for intent, outcome in found:
            rows.append(
                self._row(intent, self._last + len(rows) + 1, "outcome", at) | _became(intent, outcome, at)
            )
        for intent in withdrawn:
            rows.append(self._row(intent, self._last + len(rows) + 1, "withdrawn", at))
        self._append(rows)
        self._last += len(rows)

    def _row(
        self, intent: Intent, event: int, kind: Literal["intent", "outcome", "withdrawn"], at: datetime
    ) -> dict[str, Any]:
        target, action = intent.target, intent.action
        return {
            "event": event,
            "kind": kind,
            "intent": intent.event,
            "run_id": self.run_id,
            "crm": target.crm,
            "entity": target.pushing.entity,
            "target": target.name,
            "push_key": action.push_key,
            "operation": action.operation,
            "record_id": action.record_id,
            "fields": _json(action.values),
            "fields_hash": fields_hash(action.operation, action.values),
            "basis_update_time": action.basis,
            "intended_at": intent.at,
            "recorded_at": at,
            "before": _json({change.field.name: change.before for change in action.changes}),
            "pushed": _pushed(action.pushed),
            "created": action.created,
            "attempts": action.attempts,
        }

    def _append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.warehouse.append(LEDGER, pa.Table.from_pylist(rows, schema=SCHEMA))


def _became(intent: Intent, outcome: Outcome, at: datetime) -> dict[str, Any]:
    """What an outcome adds to its intent."""
    action = intent.action
    refused = outcome.verdict == "refused" and not outcome.passing
    attempts = action.attempts + 1 if refused else action.attempts if outcome.passing else 0
    sent = {change.field.name: outcome.pushed.get(change.field.name) for change in outcome.changes}
    return {
        "record_id": outcome.record_id or action.record_id,
        "verdict": outcome.verdict,
        "reason": outcome.reason.replace("\0", UNKNOWN) or None,
        "request_id": outcome.request_id or None,
        "before": _json({change.field.name: change.before for change in outcome.changes}),
        "answered": _json({name: one.answered for name, one in sent.items() if one}),
        "conflicts": _json({one.field.name: one.before for one in outcome.conflicts}),
        "pushed": _pushed(outcome.pushed),
        "created": outcome.verdict != "refused" if action.operation == "create" else action.created,
        "attempts": attempts,
        "next_try_at": at + pause(attempts) if refused else None,
        "update_time": outcome.update_time,
    }


def pause(attempts: int) -> timedelta:
    """How long to leave alone what was refused so often in a row."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, MOST_DOUBLINGS)
    return min(LONGEST_PAUSE, doubled)


def known(warehouse: Warehouse, target: Target) -> dict[str, Known]:
    """What is known of each key of a target."""
    query = KNOWN.format(crm=literal(target.crm), target=literal(target.name))
    return {one.push_key: one for batch in warehouse.batches(query) for one in _known(batch)}


def unsettled(warehouse: Warehouse, target: Target) -> dict[str, Intent]:
    """What was to be sent, and may have been done or not, by key; of a ledger that is there."""
    query = UNSETTLED.format(crm=literal(target.crm), target=literal(target.name))
    return {row[1]: _intent(target, *row) for row in warehouse.rows_of(query)}


def _intent(
    target: Target, event: int, key: str, operation: Operation, record_id: int | None, *rest: Any
) -> Intent:
    fields, before, pushed, created, attempts, basis, intended_at, recorded_at = rest
    had = FIELDS.decode(before)
    changes = [
        Change(field, had.get(name), value)
        for name, value in FIELDS.decode(fields).items()
        if (field := target.fields.get(name) or target.pushing.field(name)) is not None
    ]
    action = Action(
        target.name,
        key,
        operation,
        record_id,
        tuple(changes),
        basis=basis,
        wanted={change.field.name: change.after for change in changes},
        pushed=PUSHED.decode(pushed),
        created=created,
        attempts=attempts,
    )
    return Intent(event, target, action, intended_at, recorded_at)


def claimed(warehouse: Warehouse, crm: str, entity: str) -> set[int]:
    """The records that belong to a push key already, of whichever target."""
    query = f"select record_id from {STATE} where crm = ? and entity = ? and record_id is not null"  # noqa: S608 (constants of ours)
    return {row[0] for row in warehouse.rows_of(query, [crm, entity])}


def _known(batch: pa.RecordBatch) -> Iterator[Known]:
    columns = [column.to_pylist() for column in batch.columns]
    for row in zip(*columns, strict=True):
        (
            key,
            record_id,
            created,
            verdict,
            operation,
            hashed,
            pushed,
            reason,
            attempts,
            next_try,
            fields,
            at,
        ) = row
        yield Known(
            push_key=key,
            record_id=record_id,
            created=created,
            verdict=verdict,
            operation=operation,
            fields_hash=hashed,
            pushed=Unread(pushed, PUSHED),
            reason=reason or "",
            attempts=attempts,
            next_try_at=next_try,
            intended=Unread(fields, FIELDS),
            intended_at=at,
        )


def _pushed(pushed: Mapping[str, Pushed]) -> str:
    return msgspec.json.encode(dict(pushed)).decode()


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
