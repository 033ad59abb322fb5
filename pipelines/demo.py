"""The demo: a sandbox, a nightly run, a simulated business day, and the nightly run that follows."""

import shutil
from pathlib import Path

from pipelines import console
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.nightly import nightly
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.sandbox import Process, sandbox_process
from pipelines.warehouse import open_warehouse
from sources.registry import CRMS

ROOM = Path("data/demo")
PLACE = Place(
    warehouse=ROOM / "warehouse.duckdb", reports=ROOM / "reports.duckdb", dashboard=ROOM / "dashboard.html"
)
MOST_EVENTS = 6
QUESTION = """
select users.name as owner, count(*) as activities, count(*) filter (where activities.done) as done
from raw_pipedrive.activities join raw_pipedrive.users on users.id = activities.owner_id
where not activities.is_deleted group by users.name order by activities desc limit 5
"""


def demo(*, activities: int) -> None:
    """Show what a first night and a second night cost."""
    # A plan whose burst limit two runs right after one another do not meet.
    with sandbox_process("--activities", str(activities), "--plan", "premium") as sandbox:
        console.OUT.print(
            f"A made-up Pipedrive account with {activities:,} activities answers at {sandbox.url}, "
            "with the limits of Pipedrive's Premium plan.\n"
        )
        settings = _settings(sandbox)
        with locked(settings.place, "demo"):
            _clear(settings)
        first = _night(settings, "The first night reads everything")
        console.OUT.print(f"\nA business day passes: {_a_day(sandbox)}.\n")
        second = _night(settings, "The second night reads what changed")
        _compare(first, second)
        _answer(settings)


def _settings(sandbox: Process) -> Settings:
    return Settings(
        crm=CRMS["pipedrive"],
        connection={"company_domain": sandbox.url, "api_token": sandbox.token},
        place=PLACE,
    )


def _clear(settings: Settings) -> None:
    settings.place.warehouse.unlink(missing_ok=True)
    shutil.rmtree(settings.place.state_dir, ignore_errors=True)


def _night(settings: Settings, title: str) -> Run:
    console.OUT.rule(title, align="left")
    display = console.Display()
    with display.shown(quiet=False):
        run = nightly(settings, watch=display.watch)
    console.closing(run)
    return run


def _a_day(sandbox: Process) -> str:
    events = sandbox.control("advance", days=1)["days"][0]["events"]["pipedrive"]
    most = sorted(events, key=events.get, reverse=True)[:MOST_EVENTS]
    return (
        ", ".join(f"{events[event]} {event}" for event in most)
        + f", and {len(events) - len(most)} kinds more"
    )


def _compare(first: Run, second: Run) -> None:
    drawn = console.grid("\nThe two nights", "", ">rows read", ">written", ">requests", ">tokens", ">seconds")
    for name, run in (("first", first), ("second", second)):
        written = sum(run.total(count) for count in ("inserted", "updated", "deleted"))
        numbers = (run.total("rows"), written, run.total("requests"), run.total("tokens"))
        drawn.add_row(name, *(f"{number:,}" for number in numbers), f"{run.seconds:.1f}")
    console.OUT.print(drawn)


def _answer(settings: Settings) -> None:
    """One question, asked of the tables, to show that they are there."""
    drawn = console.grid("\nWho has done most?", "owner", ">activities", ">done")
    with open_warehouse(settings.place, settings.dataset, read_only=True) as warehouse:
        for owner, activities, done in warehouse.rows_of(QUESTION):
            drawn.add_row(owner, f"{activities:,}", f"{done:,}")
    console.OUT.print(drawn)
    console.say(f"\nThe warehouse is {settings.place.warehouse}; ask it anything:")
    console.say(
        f".venv/bin/python -c \"import duckdb; duckdb.connect('{settings.place.warehouse}', read_only=True)"
        ".sql('from raw_pipedrive.deals').show()\""
    )
