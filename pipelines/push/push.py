"""`roundtrip push`: build what is wanted, plan, and with `apply` do it, holding the warehouse throughout."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pendulum

from pipelines import ops
from pipelines.config import Settings
from pipelines.failures import Failure
from pipelines.forecast import limits
from pipelines.garbage import garbage_left_lying
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.planning import Estimate, Forecast
from pipelines.push import ledger, pending
from pipelines.push.actions import Outcome, Plan, Target, Verdict, Wanted
from pipelines.push.apply import apply
from pipelines.push.building import Built, build_models, read_from
from pipelines.push.held import held_records, lacking
from pipelines.push.planning import EVERYTHING, Choice, plan
from pipelines.push.targets import AS_DECLARED, Overrides
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import UsageError

WELL = ("applied", "already", "gone", "conflict")
"""What became of actions of which nothing is lacking, or which are left alone as their policy says."""
WRONG: Mapping[Verdict, str] = {
    "refused": "refused",
    "unknown": "of which the answer was lost",
    "conflict": "in conflict",
}
Watch = Callable[[Run, str], None]
Follow = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What a push is asked to do."""

    models: tuple[str, ...] = ()
    """Names of push models; all that are on, when none is named."""
    source: str = ""
    """A table, view or CSV file instead of models."""
    entity: str = ""
    """What its rows are."""
    choice: Choice = EVERYTHING
    overrides: Overrides = AS_DECLARED
    variables: Mapping[str, Any] = field(default_factory=dict)
    """dbt's, beside those of the project."""


@dataclass
class Push:
    """What one push would do, or has done."""

    plans: list[Plan]
    forecast: Forecast
    failures: list[Failure] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    remark: str = ""
    run: Run | None = None
    """None when it was only planned."""
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Done; done in part; or failed, when nothing was."""
        if self.run is not None and self.run.status != "done":
            return self.run.status
        return "done" if not self.problem else "partial" if self._went_well() else "failed"

    def _went_well(self) -> bool:
        """Whether anything did."""
        if self.run is None:
            return bool(self.plans)
        so_already = any(one.unchanged and not one.valve for one in self.plans)
        return so_already or any(one.verdict in WELL for one in self.outcomes)

    @property
    def problem(self) -> str:
        """What went wrong, or is left to do."""
        return " ".join([*map(str, self.failures), *self._not_applied()])

    def _not_applied(self) -> Iterator[str]:
        """What an apply could not do; a plan has no such."""
        if self.run is None:
            return
        if self.run.problem:
            yield self.run.problem
        yield from (f"{one.target.name}: {one.valve}" for one in self.plans if one.valve)
        counts: Counter[Verdict] = Counter(one.verdict for one in self.outcomes)
        counts["refused"] += sum(one.reason == "refusal" for plan in self.plans for one in plan.left)
        if told := ", ".join(f"{counts[name]:,} {text}" for name, text in WRONG.items() if counts[name]):
            yield f"{told}."


def push(
    settings: Settings,
    asked: Asked,
    *,
    act: bool = False,
    watch: Watch = lambda _run, _step: None,
    follow: Follow = lambda _step: None,
    **seams: Any,
) -> Push:
    """Plan, asking nothing of the CRM; and do it, when it is to `act`."""
    with locked(settings.place, "push"), open_warehouse(settings.place, settings.dataset) as warehouse:
        found = plan_in(settings, warehouse, asked, follow=follow)
        if act:
            apply_in(settings, warehouse, asked, found, watch=watch, **seams)
        return found


def apply_in(
    settings: Settings, warehouse: Warehouse, asked: Asked, found: Push, *, watch: Watch, **seams: Any
) -> None:
    """Do what the plans say, except those that a valve stops, and keep what is open then."""
    run = found.run = Run(uuid.uuid4().hex, "push", settings.crm.name, pendulum.now("UTC"))
    allowed = [made for made in found.plans if not made.valve]
    found.outcomes = apply(settings, warehouse, run, allowed, watch=watch, **seams)
    for made in allowed:
        pending.keep(
            warehouse,
            made,
            found.outcomes,
            run_id=run.run_id,
            now=pendulum.now("UTC"),
            choice=asked.choice,
        )
    ops.judge(warehouse, run, found.status, found.problem)


def plan_in(
    settings: Settings, warehouse: Warehouse, asked: Asked, *, follow: Follow = lambda _step: None
) -> Push:
    """The plan, in an open warehouse."""
    with garbage_left_lying():
        built = _built(settings, warehouse, asked, follow)
        _refuse_unknown_keys(asked.choice, built)
        plans = [
            _plan(settings, warehouse, asked.overrides.of(target), wanted, asked.choice)
            for target, wanted in built.wanted
        ]
    return Push(plans, _forecast(settings, warehouse, plans), built.failures, built.failed, built.remark)


def _built(settings: Settings, warehouse: Warehouse, asked: Asked, follow: Follow) -> Built:
    if asked.source:
        return read_from(settings, warehouse, asked.source, asked.entity)
    return build_models(settings, warehouse, asked.models, variables=asked.variables, follow=follow)


def _plan(
    settings: Settings, warehouse: Warehouse, target: Target, wanted: Sequence[Wanted], choice: Choice
) -> Plan:
    entity = settings.crm.entities[target.pushing.entity]
    known = ledger.known(warehouse, target)
    ids = {row.record_id for row in wanted} | {one.record_id for one in known.values()}
    return plan(
        target,
        wanted,
        held_records(warehouse, entity, target, (one for one in ids if one is not None)),
        known,
        records=warehouse.living(entity),
        now=pendulum.now("UTC"),
        choice=choice,
        lacking=lacking(warehouse, settings.crm, target, wanted),
    )


def _refuse_unknown_keys(choice: Choice, built: Built) -> None:
    there = {row.push_key for _, wanted in built.wanted for row in wanted}
    if strange := sorted(choice.only - there):
        raise UsageError(
            f"No row has the push_key {', '.join(map(repr, strange))}.", way_out="--only takes push keys."
        )


def _forecast(settings: Settings, warehouse: Warehouse, plans: Sequence[Plan]) -> Forecast:
    estimates = [
        Estimate(one.target.name, one.requests, one.tokens, f"{len(one.actions):,} records", longest=2)
        for one in plans
    ]
    account = Estimate("", 1, settings.crm.identify_cost, "who we are")
    needed = [account] if any(one.actions for one in plans) else []
    return Forecast("push", (*needed, *estimates), limits(settings.crm, warehouse))
