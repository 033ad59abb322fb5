"""A push as JSON: whole, for machines."""

from collections.abc import Sequence
from typing import Any

from pipelines import announcing, console
from pipelines.push.actions import Action, Change, Left, Outcome, Plan
from pipelines.push.push import Push


def summary(found: Push) -> dict[str, Any]:
    """The plan of every target; what was applied, and what became of it."""
    became = {"status": found.status, "problem": found.problem or None}
    return {
        "command": "push",
        **became,
        "applied": found.run is not None,
        "remark": found.remark or None,
        "cost": announcing.forecast_summary(found.forecast),
        "targets": [_target(made, found.outcomes) for made in found.plans],
        "not_pushed": found.failed,
        "failures": [vars(failure) for failure in found.failures],
        "run": console.summary(found.run) | became if found.run is not None else None,
    }


def _target(made: Plan, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "target": made.target.name,
        "entity": made.target.pushing.entity,
        "rows": made.rows,
        "unchanged": made.unchanged,
        "living_records": made.records,
        "valve": made.valve or None,
        "requests": made.requests,
        "tokens": made.tokens,
        "creates": made.count("create"),
        "updates": made.count("update"),
        "deletes": made.count("delete"),
        "actions": [_action(one) for one in made.actions],
        "left": [_left(one) for one in made.left],
        "outcomes": [_outcome(one) for one in outcomes if one.action.target == made.target.name],
    }


def _action(one: Action) -> dict[str, Any]:
    return {
        "push_key": one.push_key,
        "operation": one.operation,
        "record_id": one.record_id,
        "basis": one.basis,
        "because": one.because or None,
        "looks_first": one.looks_first,
        "changes": [_change(change) for change in one.changes],
    }


def _change(one: Change) -> dict[str, Any]:
    return {"field": one.field.name, "column": one.field.shown, "before": one.before, "after": one.after}


def _left(one: Left) -> dict[str, Any]:
    told = {"push_key": one.push_key, "record_id": one.record_id, "reason": one.reason, "text": one.text}
    return told | {"changes": [_change(change) for change in one.changes]}


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "push_key": one.action.push_key,
        "operation": one.action.operation,
        "record_id": one.record_id,
        "verdict": one.verdict,
        "reason": one.reason or None,
        "request_id": one.request_id or None,
        "changes": [_change(change) for change in one.changes],
        "at": one.at,
    }
