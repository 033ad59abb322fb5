"""The commands `reconcile` and `plan`: whether the warehouse equals the CRM, and what it costs to know."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines import announcing, console
from pipelines.config import read_settings
from pipelines.forecast import Command, Period, forecast, probed
from pipelines.options import EXIT, Entities, Json
from pipelines.reconcile import reconcile as run_reconcile
from sources.errors import UsageError
from sources.registry import CRMS

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def reconcile(
    *,
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
    settings, display = read_settings(CRMS["pipedrive"]), console.Display()
    planned = forecast(settings, "reconcile", entity or (), dry_run=dry_run)
    console.note(announcing.sentence(planned), "dim")
    with display.shown(quiet=as_json):
        run, found = run_reconcile(
            settings, entities=entity or (), dry_run=dry_run, force=force, watch=display.watch
        )
    if as_json:
        console.print_json(announcing.reconciliation_summary(run, found, planned))
    else:
        announcing.reconciled(run, found, dry_run=dry_run)
    raise typer.Exit(EXIT[run.status])


def plan(
    command: Annotated[Command, typer.Argument(help="nightly, reconcile or backfill.")],
    *,
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
    settings = read_settings(CRMS["pipedrive"])
    if (since or until) and command != "backfill":
        raise UsageError("--from and --to belong to `plan backfill`.", way_out="Leave them out.")
    if probe:
        found = probed(settings, command, entity or ())
    else:
        bounds = [bound.replace(tzinfo=UTC) if bound else None for bound in (since, until)]
        found = forecast(settings, command, entity or (), span=Period(*bounds))
    console.print_json(announcing.forecast_summary(found)) if as_json else announcing.planned(found)
