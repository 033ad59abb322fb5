"""The command `push`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from pipelines import console, several
from pipelines.config import Settings, configured
from pipelines.options import EXIT, Crms, Json
from pipelines.push import showing
from pipelines.push.models import NoModelOn, crm_of
from pipelines.push.planning import Choice
from pipelines.push.push import Asked, Push
from pipelines.push.push import push as run_push
from pipelines.push.summing import summary
from pipelines.push.targets import Overrides
from pipelines.several import each
from sources.errors import UsageError
from sources.registry import CRMS


def push(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Push models; all that are on when none is named.", metavar="MODEL"),
    ] = None,
    *,
    crm: Crms = None,
    act: Annotated[
        bool, typer.Option("--apply", help="Send it to the CRM, instead of only showing it.")
    ] = False,
    source: Annotated[
        str, typer.Option("--from", help="Push this table, view or CSV file: my_schema.my_table, file.csv.")
    ] = "",
    entity: Annotated[
        str, typer.Option("--to", help="With --from: what its rows are, activities, deals or persons.")
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only the row with this push_key; may be given several times."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Write at most so many records of each target.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write over what somebody else has changed in the CRM.")
    ] = False,
    allow_deletes: Annotated[
        bool, typer.Option("--allow-deletes", help="Allow deletes where the model does not.")
    ] = False,
    max_rows: Annotated[
        int | None,
        typer.Option("--max-rows", min=0, help="The most records to write, instead of the model's."),
    ] = None,
    max_share: Annotated[
        float | None,
        typer.Option("--max-share", min=0, max=1, help="The largest share of all records to change, 0 to 1."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what the push models would change in the CRM, and with --apply change it.

    A push model is a SQL file in transforms/models/push: its rows say how activities, deals or persons should be.
    """
    if bool(source) != bool(entity) or (source and models):
        raise UsageError(
            "--from needs --to, and no models beside it.",
            way_out="roundtrip push --from my_schema.my_table --to activities",
        )
    asked = Asked(
        models=tuple(models or ()),
        source=source,
        entity=entity,
        choice=Choice(frozenset(only or ()), limit),
        overrides=Overrides(overwrite, allow_deletes, max_rows, max_share),
    )
    every = _addressed(configured(crm or ()), asked)
    display = console.Display(names_crm=len(every) > 1)

    def push_to(settings: Settings) -> Push | None:
        names = tuple(name for name in asked.models if len(every) == 1 or crm_of(name) == settings.crm.name)
        own = replace(asked, models=names)
        try:
            return run_push(settings, own, act=act, watch=display.watch, follow=display.follow)
        except NoModelOn:
            if len(every) == 1:
                raise
            return None

    with display.shown(quiet=as_json):
        attempts = [one for one in each(every, push_to) if one.done or one.problem]
    if not attempts:
        raise NoModelOn("No push model is on.", way_out="`--crm` tells of one CRM's which are off.")
    if as_json:
        console.print_json(several.summaries(attempts, lambda found: summary(found) if found else {}))
    else:
        several.shown(attempts, partial(_show, act=act))
    raise typer.Exit(EXIT[several.worst(one.done.status if one.done else "failed" for one in attempts)])


def _show(found: Push | None, *, act: bool) -> None:
    if found is not None:
        showing.plan(found)
        showing.outcomes(found) if act else showing.hint(found)


def _addressed(every: Sequence[Settings], asked: Asked) -> Sequence[Settings]:
    """The CRMs that it is about: of the models that are named, or that what is pushed can be written to."""
    named = {crm_of(name) for name in asked.models}
    if named - CRMS.keys():
        return every[:1]  # which refuses such a name
    if lacking := sorted((named & CRMS.keys()) - {one.crm.name for one in every}):
        raise UsageError(
            f"{', '.join(lacking)} is not configured, or left out by --crm.",
            way_out="`roundtrip check` tells what is configured.",
        )
    chosen = [one for one in every if one.crm.name in named] or every
    if asked.source:
        chosen = [one for one in every if asked.entity in one.crm.pushes] or every[:1]
    if len(chosen) > 1 and (asked.source or asked.choice.only):
        raise UsageError(
            f"It does not say to which CRM: {', '.join(one.crm.name for one in chosen)}.",
            way_out=f"Add --crm {chosen[0].crm.name}, for example.",
        )
    return chosen
