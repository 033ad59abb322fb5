"""What tests of pushes share: a model held in memory, planned and applied like one in the warehouse."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pendulum

from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.push import ledger
from pipelines.push.actions import Action, Outcome, Plan, Target, Wanted
from pipelines.push.apply import apply
from pipelines.push.held import held_records
from pipelines.push.planning import plan
from pipelines.warehouse import Warehouse, open_warehouse
from sources.registry import CRMS
from sources.values import canonical

Row = Mapping[str, Any]
"""A row of a model: field names, and perhaps `id` and `_delete`."""


def target(
    entity: str = "activities", fields: Sequence[str] = (), crm: str = "pipedrive", **changes: Any
) -> Target:
    """A target that may write these fields, or all."""
    pushing = CRMS[crm].pushes[entity]
    chosen = {one.name: one for one in pushing.fields if not fields or one.name in fields}
    made = Target(f"push_{crm}__{entity}", crm, pushing, chosen, max_rows=10**6, max_share=1.0)
    return replace(made, **changes)


@dataclass
class Model:
    """A push model and what it says, by push key."""

    settings: Settings
    target: Target = field(default_factory=target)
    rows: dict[str, Row] = field(default_factory=dict)
    run: Run | None = None
    """The last run that applied it."""
    actions: tuple[Action, ...] = ()
    """What it was to do."""

    def plan(self, warehouse: Warehouse) -> Plan:
        """What is to be done, as things stand."""
        crm = self.settings.crm
        entity = crm.entities[self.target.pushing.entity]
        known = ledger.known(warehouse, self.target)
        wanted = [self._wanted(key, row) for key, row in self.rows.items()]
        named = {one.record_id for one in wanted} | {one.record_id for one in known.values()}
        ids = [one for one in named if one is not None]
        held = held_records(warehouse, entity, self.target, ids)
        now = pendulum.now("UTC")
        return plan(self.target, wanted, held, known, records=warehouse.living(entity), now=now)

    def _wanted(self, key: str, row: Row) -> Wanted:
        values = {
            name: canonical(self.target.fields[name], value)
            for name, value in row.items()
            if name in self.target.fields
        }
        return Wanted(key, row.get("id"), values, delete=bool(row.get("_delete")))

    def planned(self) -> Plan:
        """The plan, of a warehouse that nobody else has open."""
        with open_warehouse(self.settings.place, self.settings.dataset) as warehouse:
            return self.plan(warehouse)

    def push(self, *, beside: "Model | None" = None, **seams: Any) -> dict[str, Outcome]:
        """Plan and apply, perhaps another model after it; what came of it, by push key."""
        self.run = Run(uuid.uuid4().hex, "push", self.settings.crm.name, pendulum.now("UTC"))
        with (
            locked(self.settings.place, "push"),
            open_warehouse(self.settings.place, self.settings.dataset) as warehouse,
        ):
            planned = self.plan(warehouse)
            self.actions = planned.actions
            plans = [planned, *([beside.plan(warehouse)] if beside else [])]
            outcomes = apply(self.settings, warehouse, self.run, plans, **seams)
        return {one.action.push_key: one for one in outcomes}


def verdicts(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """The verdict by push key."""
    return {key: one.verdict for key, one in outcomes.items()}
