"""The commands that bring records here: `nightly`, `load` and `backfill`."""

from typing import Annotated

import typer

from pipelines import announcing, console, several, telling
from pipelines.backfill import backfill as run_backfill
from pipelines.backfill import refuse_unable, window
from pipelines.config import Settings, configured
from pipelines.forecast import Period, forecast
from pipelines.load import load as run_load
from pipelines.lock import locked
from pipelines.nightly import nightly as run_nightly
from pipelines.ops import Run
from pipelines.options import EXIT, Crms, Entities, Json
from pipelines.several import Attempt, each, narrowed
from pipelines.upgrading import bring_up_to_date
from sources.errors import UsageError
from sources.paging import instant


def nightly(*, crm: Crms = None, as_json: Json = False) -> None:
    """Do the whole nightly job, what a scheduler calls: load, transform, publish, dashboard, and push what may be."""
    every = narrowed(configured(crm or ()), ())
    display = console.Display(names_crm=len(every) > 1)
    with display.shown(quiet=as_json):
        night = run_nightly(*every, watch=display.watch, follow=display.follow)
    place = every[0].place
    console.print_json(telling.night_summary(night, place)) if as_json else telling.night(night, place)
    raise typer.Exit(EXIT[night.status])


def load(
    *,
    crm: Crms = None,
    entity: Entities = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Read whole lists, and mark deleted what they lack, instead of changes only."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="With --full: believe a list that lacks a large share of the records."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the raw tables up to date: read what changed since the last run, and merge it."""
    if force and not full:
        raise UsageError("--force means nothing without --full.", way_out="Add --full, or leave --force out.")
    every = narrowed(configured(crm or ()), entity or ())
    display = console.Display(names_crm=len(every) > 1)

    def act(settings: Settings) -> Run:
        return run_load(settings, full=full, force=force, is_locked=True, watch=display.watch)

    with display.shown(quiet=as_json), locked(every[0].place, "load"):
        attempts = each(every, act)
    _end(attempts, as_json=as_json)


def backfill(
    *,
    crm: Crms = None,
    entity: Annotated[
        list[str], typer.Option("--entity", "-e", help="Read this entity; may be given several times.")
    ],
    since: Annotated[
        str,
        typer.Option("--from", help="Read what was last updated at or after this time (UTC): 2020-01-31."),
    ],
    until: Annotated[
        str,
        typer.Option("--to", help="Read what was last updated before this time; now when not given."),
    ] = "",
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin an unfinished one anew, instead of going on with it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read again what was last updated in a window of time; the same command goes on with an unfinished one.

    Several walks at once, as fast as the burst limit allows. The nightly job goes on from where it was, whatever a
    backfill reads. Deletions, and records without an update time, match no window.
    """
    bounds = [instant(bound) if bound else None for bound in window(since, until)]
    every = narrowed(configured(crm or ()), entity)
    refuse_unable(every)
    display = console.Display(names_crm=len(every) > 1)
    bring_up_to_date(every[0].place, "backfill")
    for one in every:
        planned = forecast(one, "backfill", span=Period(*bounds))
        console.note(announcing.sentence(planned, one.crm.name * (len(every) > 1)), "dim")

    def act(settings: Settings) -> Run:
        return run_backfill(
            settings,
            entities=settings.entities,
            since=since,
            until=until,
            restart=restart,
            watch=display.watch,
        )

    with display.shown(quiet=as_json):
        attempts = each(every, act)
    _end(attempts, as_json=as_json)


def _end(attempts: list[Attempt[Run]], *, as_json: bool) -> None:
    """Tell what the runs did, and end with the exit code that says how they went."""
    if as_json:
        console.print_json(several.summaries(attempts, console.summary))
    else:
        several.shown(attempts, lambda run: console.closing(run, names_crm=len(attempts) > 1))
    raise typer.Exit(EXIT[several.worst(one.done.status if one.done else "failed" for one in attempts)])
