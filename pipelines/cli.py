"""The command `roundtrip`. Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 done in part."""

import logging
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from pipelines import check as checking
from pipelines import console, proving, reading, telling
from pipelines import demo as demonstration
from pipelines import status as standing
from pipelines.alerts.command import alert
from pipelines.alerts.outcome import INTERRUPTED
from pipelines.alerts.settings import read_limits
from pipelines.alerts.watching import Ended, watched
from pipelines.browser import open_page
from pipelines.config import configured, read_place
from pipelines.docs import write_docs
from pipelines.fields import listing
from pipelines.health import exit_code
from pipelines.init.command import init
from pipelines.login.command import login, logout
from pipelines.options import EXIT, Crms, Json
from pipelines.push.command import push
from pipelines.sandbox import serve_sandbox
from pipelines.transform import transform as run_transform
from sources.errors import RoundtripError, UsageError, unexpected

USAGE, FAILED = 2, 1

app = typer.Typer(
    help="Pipedrive into a warehouse you own: complete, incremental, and accounted for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001 (as the library calls it)
    if asked:
        console.OUT.print(f"roundtrip {metadata.version('roundtrip')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show log lines and tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 (its callback acts)
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Prepare what every command needs."""
    console.set_up_logging(debug=debug)


app.command()(init)
app.command()(reading.nightly)
app.command()(reading.load)
app.command()(reading.backfill)
app.command()(proving.reconcile)
app.command()(proving.plan)
app.command()(push)
app.command()(login)
app.command()(logout)
app.command()(alert)


@app.command()
def transform(
    *,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build from nothing also what is built bit by bit.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", "-s", help="Build this only, as dbt selects; may be given several times."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build and test the reporting tables, publish them when all is green, and write the dashboard."""
    place, display = read_place(), console.Display()
    with display.shown(quiet=as_json):
        done = run_transform(place, full_refresh=full_refresh, select=select or (), watch=display.follow)
    if as_json:
        console.print_json(telling.summary(done, place))
    else:
        telling.closing(done, place)
    raise typer.Exit(EXIT[done.status])


@app.command()
def dashboard(
    *,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = True,
) -> None:
    """Open the dashboard, and say where it is."""
    page = read_place().dashboard
    if not page.exists():
        raise UsageError(f"There is no dashboard at {page} yet.", way_out="Run `roundtrip nightly` first.")
    _open(page, show=show)


@app.command()
def docs(
    *,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = False,
) -> None:
    """Write the documentation of the reporting tables as one page, and say where it is."""
    _open(write_docs(read_place()), show=show)


def _open(page: Path, *, show: bool) -> None:
    console.say(str(page))
    if show:
        open_page(page.resolve().as_uri())


@app.command()
def status(*, crm: Crms = None, as_json: Json = False) -> None:
    """Show how far each table is, the last runs, the budget left, and what is wrong. Exits with 0 when all is well."""
    found = standing.read_all(read_place(), crm or (), limits=read_limits())
    console.print_json(standing.summary(found)) if as_json else standing.show_all(found)
    raise typer.Exit(exit_code(found.problems))


@app.command()
def fields(
    *,
    crm: Crms = None,
    entity: Annotated[str, typer.Option("--entity", "-e", help="Those of this entity only.")] = "",
    as_json: Json = False,
) -> None:
    """List the custom fields: their columns, types, and how many records have a value."""
    found = listing.read_all(read_place(), crm or (), entity)
    console.print_json(found) if as_json else listing.show(found)


@app.command()
def check(*, crm: Crms = None, as_json: Json = False) -> None:
    """Try the settings: what the credentials reach, whether the warehouse can be written, and what to do."""
    found = checking.check(*configured(crm or ()))
    console.print_json(checking.summary(found)) if as_json else checking.show(found)
    raise typer.Exit(0 if found.well else FAILED)


@app.command()
def sandbox(
    *,
    activities: Annotated[
        int, typer.Option(min=1, help="How many activities; the rest of the account follows.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same account.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8765,
    plan: Annotated[str, typer.Option(help="Pipedrive plan: lite, growth, premium or ultimate.")] = "growth",
    seats: Annotated[int, typer.Option(min=1, help="Seats; with the plan they make the daily budget.")] = 5,
    limits: Annotated[bool, typer.Option(help="Enforce burst limit and daily budget.")] = True,
    latency: Annotated[float, typer.Option(min=0, help="Seconds each answer is held back.")] = 0.0,
    crm: Annotated[list[str] | None, typer.Option(help="Host only this CRM; may be repeated.")] = None,
) -> None:
    """Serve local CRMs: believable accounts over real HTTP, with their limits and faults."""
    serve_sandbox(
        activities=activities,
        seed=seed,
        port=port,
        plan=plan,
        seats=seats,
        limits=limits,
        latency=latency,
        crms=crm or (),
    )


@app.command()
def demo(
    *,
    activities: Annotated[int, typer.Option(min=50, help="The size of the account.")] = 5000,
) -> None:
    """Run the nightly job twice around a simulated business day, and push back, against the sandbox."""
    demonstration.demo(activities=activities)


def main() -> None:
    """Run the command; an error of ours prints as one sentence."""
    # dlt reads its settings from the environment too; it shall not call home unless somebody asks it to.
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    # It may stand anywhere, since one adds it to a command that has just failed.
    arguments = ["--debug"] * debug + [argument for argument in arguments if argument != "--debug"]
    sys.exit(watched(arguments, lambda: _run(arguments)))


def _run(arguments: list[str]) -> Ended:
    """The exit code, and the error that the command ended with."""
    try:
        app(arguments)
    except SystemExit as end:
        return (end.code if isinstance(end.code, int) else FAILED if end.code else 0), None
    except RoundtripError as error:
        return _fail(error, USAGE if isinstance(error, UsageError) else FAILED, arguments), error
    except KeyboardInterrupt:
        console.note("Interrupted. What was loaded is kept; the next run goes on from there.")
        return INTERRUPTED, None
    except Exception as error:  # noqa: BLE001 (the last resort: say something, keep the traceback for --debug)
        told = unexpected(error)
        return _fail(told, FAILED, arguments), told
    return 0, None


def _fail(error: RoundtripError, code: int, arguments: list[str]) -> int:
    if "--json" in arguments:
        console.print_json({"status": "failed", "problem": str(error)})
    if "--debug" in arguments:
        logging.getLogger("roundtrip").error("", exc_info=error)
    console.note(f"Error: {error}", "bold red")
    return code
