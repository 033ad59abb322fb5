"""The command `push`."""

from typing import Annotated

import typer

from pipelines import console
from pipelines.config import read_settings
from pipelines.options import EXIT, Json
from pipelines.push import showing
from pipelines.push.planning import Choice
from pipelines.push.push import Asked
from pipelines.push.push import push as run_push
from pipelines.push.summing import summary
from pipelines.push.targets import Overrides
from sources.errors import UsageError
from sources.registry import CRMS


def push(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Push models; all that are on when none is named.", metavar="MODEL"),
    ] = None,
    *,
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
    settings, display = read_settings(CRMS["pipedrive"]), console.Display()
    asked = Asked(
        models=tuple(models or ()),
        source=source,
        entity=entity,
        choice=Choice(frozenset(only or ()), limit),
        overrides=Overrides(overwrite, allow_deletes, max_rows, max_share),
    )
    with display.shown(quiet=as_json):
        found = run_push(settings, asked, act=act, watch=display.watch, follow=display.follow)
    if as_json:
        console.print_json(summary(found))
    else:
        showing.plan(found)
        showing.outcomes(found) if act else showing.hint(found)
    raise typer.Exit(EXIT[found.status])
