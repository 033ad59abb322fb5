"""A CRM in a dictionary, and what a push would do to it: enough to try the planner's laws on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.push.actions import (
    Action,
    Held,
    Known,
    Plan,
    Pushed,
    Target,
    Wanted,
)
from pipelines.push.planning import EVERYTHING, Choice, plan
from sources.pushing import Pushing, Writable

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIELDS = (
    Writable("subject", "text"),
    Writable("owner_id", "int", nullable=False),
    Writable("done", "bool"),
    Writable("note", "text"),
)
PUSHING = Pushing(
    "activities", "/activities", FIELDS, required=frozenset({"subject"}), completed={"done": True}
)


def target(*names: str, **how: Any) -> Target:
    """A target that selects these fields; all of them when none is named."""
    fields = {one.name: one for one in FIELDS if one.name in (names or [one.name for one in FIELDS])}
    return Target(
        **{
            "name": "push",
            "crm": "pipedrive",
            "pushing": PUSHING,
            "fields": fields,
            "allow_deletes": True,
            **how,
        }
    )


def row(push_key: str, record_id: int | None = None, /, **values: Any) -> Wanted:
    """A row of the model."""
    return Wanted(push_key, record_id, values)


def held(record_id: int, /, **values: Any) -> Held:
    """A record as the warehouse has it."""
    return Held(record_id, {"subject": None, "owner_id": 1, "done": False, "note": None, **values}, NOW)


def known(push_key: str, record_id: int | None, /, **facts: Any) -> Known:
    """What the ledger knows of a key; of `pushed` the CRM answered what was sent, where it is not told."""
    pushed = {
        name: value if isinstance(value, Pushed) else Pushed(value, value)
        for name, value in facts.pop("pushed", {}).items()
    }
    given: dict[str, Any] = {"created": True, "verdict": "applied", "operation": "create", "fields_hash": ""}
    return Known(push_key, record_id, **{**given, "pushed": pushed, **facts})


def made(
    how: Target, rows: Sequence[Wanted], there: Sequence[Held] = (), keys: Sequence[Known] = (), **more: Any
) -> Plan:
    """A plan, in an account of a thousand records."""
    return plan(
        how,
        rows,
        {one.record_id: one for one in there},
        {one.push_key: one for one in keys},
        **{"records": 1_000, "now": NOW, **more},
    )


@dataclass
class Account:
    """A CRM that cuts the spaces off texts, and the ledger of what was pushed to it."""

    records: dict[int, Held] = field(default_factory=dict)
    ledger: dict[str, Known] = field(default_factory=dict)

    def planned(self, how: Target, rows: Sequence[Wanted], choice: Choice = EVERYTHING) -> Plan:
        """What would be done now."""
        return plan(how, rows, self.records, self.ledger, records=1_000, now=NOW, choice=choice)

    def apply(self, planned: Plan) -> None:
        """Do it."""
        for action in planned.actions:
            after = self._written(action)
            self.records[after.record_id] = after
            pushed = {name: Pushed(value, after.values.get(name)) for name, value in action.wanted.items()}
            self.ledger[action.push_key] = Known(
                action.push_key,
                after.record_id,
                created=action.created,
                verdict="applied",
                operation=action.operation,
                fields_hash="",
                pushed={**action.pushed, **pushed},
            )

    def edit(self, record_id: int, name: str, value: Any) -> None:
        """Somebody changes a field in the CRM."""
        before = self.records[record_id]
        later = before.update_time + timedelta(minutes=1) if before.update_time else NOW
        self.records[record_id] = replace(before, values={**before.values, name: value}, update_time=later)

    def remove(self, record_id: int) -> None:
        """Somebody deletes a record in the CRM."""
        self.records[record_id] = replace(self.records[record_id], is_deleted=True)

    def _written(self, action: Action) -> Held:
        sent = {name: _kept(value) for name, value in action.values.items()}
        if action.operation == "create":
            return held(max(self.records, default=0) + 1, **sent)
        assert action.record_id is not None
        before = self.records[action.record_id]
        return replace(before, values={**before.values, **sent}, is_deleted=action.operation == "delete")


def _kept(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else value
