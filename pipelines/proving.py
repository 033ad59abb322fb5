"""The commands `reconcile` and `plan`: whether the warehouse equals the CRM, and what it costs to know."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines import announcing, console, several
from pipelines.backfill import refuse_unable
from pipelines.config import Settings, configured
from pipelines.forecast import Command, Period, forecast, probed
from pipelines.lock import locked
from pipelines.options import EXIT, Crms, Entities, Json
from pipelines.reconcile import Proof
from pipelines.reconcile import reconcile as run_reconcile
from pipelines.several import each, narrowed
from pipelines.upgrading import bring_up_to_date
from sources.errors import UsageError

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def reconcile(
    *,
    crm: Crms = None,
    entity: Entities = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what differs; write nothing but the report.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Believe a list that lacks a large share of the records.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Prove that the warehouse equals the CRM: read whole lists, write what differs, mark what is gone."""
    every = narrowed(configured(crm or ()), entity or ())
    named = len(every) > 1
    display = console.Display(names_crm=named)
    bring_up_to_date(every[0].place, "reconcile")
    costs = {one.crm.name: forecast(one, "reconcile", dry_run=dry_run) for one in every}
    for name, planned in costs.items():
        console.note(announcing.sentence(planned, name * named), "dim")

    def act(settings: Settings) -> Proof:
        return run_reconcile(settings, dry_run=dry_run, force=force, is_locked=True, watch=display.watch)

    with display.shown(quiet=as_json), locked(every[0].place, "reconcile"):
        attempts = each(every, act)
    if as_json:
        told = several.summaries(
            attempts, lambda one: announcing.reconciliation_summary(*one, costs[one[0].crm])
        )
        console.print_json(told)
    else:
        several.shown(attempts, lambda one: announcing.reconciled(*one, dry_run=dry_run, names_crm=named))
    raise typer.Exit(EXIT[several.worst(one.done[0].status if one.done else "failed" for one in attempts)])


def plan(
    command: Annotated[Command, typer.Argument(help="nightly, reconcile or backfill.")],
    *,
    crm: Crms = None,
    entity: Entities = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DATES, help="Of backfill: from here on, UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DATES, help="Of backfill: up to here, UTC.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe", help="Ask each list for its highest id, when nothing is held to estimate from."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell what a command would cost in requests, tokens and time, without asking anything of the CRM."""
    every = narrowed(configured(crm or ()), entity or ())
    if (since or until) and command != "backfill":
        raise UsageError("--from and --to belong to `plan backfill`.", way_out="Leave them out.")
    if command == "backfill":
        refuse_unable(every)
    span = Period(*(bound.replace(tzinfo=UTC) if bound else None for bound in (since, until)))
    found = {
        one.crm.name: probed(one, command) if probe else forecast(one, command, span=span) for one in every
    }
    if as_json:
        told = [{"crm": name, **announcing.forecast_summary(cost)} for name, cost in found.items()]
        console.print_json(several.document(told))
        return
    for name, cost in found.items():
        announcing.planned(cost, name * (len(found) > 1))
