"""The demo: a sandbox, a night, a simulated business day, the night that follows, three answers, and a push."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from pipelines import console, telling
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.nightly import Night, nightly
from pipelines.place import Place
from pipelines.push import showing
from pipelines.push.push import Asked, Push, push
from pipelines.reports import open_reports
from pipelines.sandbox import Process, sandbox_process
from sources.errors import TransformError
from sources.registry import CRMS

ROOM = Path("data/demo")
PLACE = Place(
    warehouse=ROOM / "warehouse.duckdb", reports=ROOM / "reports.duckdb", dashboard=ROOM / "dashboard.html"
)
MOST_EVENTS = 6
EXAMPLE = {"push_examples": ["follow_ups"]}
"""Switches on a push model that is off in the project as it is."""


@dataclass(frozen=True)
class Question:
    """A question to the published tables; a column whose name ends in `share` is shown in per cent."""

    title: str
    sql: str


QUESTIONS = (
    Question(
        "Who got most done this week?",
        """
        select
            dim_user.name as owner,
            agg_owner_week.done,
            agg_owner_week.done_previous_week as week_before,
            agg_owner_week.on_time_rate as on_time_share
        from agg_owner_week
        inner join dim_user on agg_owner_week.owner_id = dim_user.user_id
        where agg_owner_week.week_start_date = (select max(week_start_date) from agg_owner_week where done > 0)
        order by agg_owner_week.done desc, dim_user.name
        limit 5
        """,
    ),
    Question(
        "Which open deals are at risk, with nothing planned and not touched for two weeks?",
        """
        select
            coalesce(dim_pipeline.name, '(none)') as pipeline,
            sum(rpt_deal_coverage.open_deals) as open_deals,
            sum(rpt_deal_coverage.deals_at_risk) as at_risk,
            sum(rpt_deal_coverage.value_at_risk) as value_at_risk,
            cast(sum(rpt_deal_coverage.with_next_activity) as double precision) / sum(rpt_deal_coverage.open_deals)
                as with_next_activity_share
        from rpt_deal_coverage
        left join dim_pipeline on rpt_deal_coverage.pipeline_id = dim_pipeline.pipeline_id
        where rpt_deal_coverage.snapshot_date = (select max(snapshot_date) from rpt_deal_coverage)
        group by dim_pipeline.name
        order by at_risk desc, pipeline
        limit 5
        """,
    ),
    Question(
        "How many hours until a new deal is first touched (median), by where it came from?",
        """
        select
            coalesce(nullif(source, ''), '(unknown)') as source,
            count(*) as deals,
            count(first_touch_at) as touched,
            min(source_p50_minutes) / 60 as median_hours
        from rpt_speed_to_first_touch
        group by source
        order by deals desc, source
        limit 5
        """,
    ),
)


def demo(*, activities: int) -> None:
    """Show what a first night and a second night cost, what they answer, and how an answer is acted upon."""
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
        _push(settings)


def _settings(sandbox: Process) -> Settings:
    return Settings(
        crm=CRMS["pipedrive"],
        connection={"company_domain": sandbox.url, "api_token": sandbox.token},
        place=PLACE,
    )


def _clear(settings: Settings) -> None:
    for file in (settings.place.warehouse, settings.place.reports, settings.place.dashboard):
        file.unlink(missing_ok=True)
    shutil.rmtree(settings.place.state_dir, ignore_errors=True)


def _night(settings: Settings, title: str) -> Night:
    console.OUT.rule(title, align="left")
    display = console.Display()
    with display.shown(quiet=False):
        building = {"variables": EXAMPLE}
        night = nightly(settings, building=building, watch=display.watch, follow=display.follow)
    telling.night(night, settings.place)
    if night.status != "done":
        raise TransformError(
            f"The demo's night has {night.status}: {night.problem}", way_out="Please report it."
        )
    return night


def _a_day(sandbox: Process) -> str:
    events = sandbox.control("advance", days=1)["days"][0]["events"]["pipedrive"]
    most = sorted(events, key=events.get, reverse=True)[:MOST_EVENTS]
    return (
        ", ".join(f"{events[event]} {event}" for event in most)
        + f", and {len(events) - len(most)} kinds more"
    )


def _compare(first: Night, second: Night) -> None:
    counts = (">rows read", ">written", ">requests", ">tokens")
    drawn = console.grid("\nThe two nights", "", *counts, ">load, s", ">reports, s")
    for name, night in (("first", first), ("second", second)):
        runs = [part.run for part in night.parts if part.run]
        written = sum(run.total(count) for run in runs for count in ("inserted", "updated", "deleted"))
        totals = (sum(run.total(count) for run in runs) for count in ("requests", "tokens"))
        numbers = (sum(run.total("rows") for run in runs), written, *totals)
        loaded = sum(run.seconds for run in runs)
        drawn.add_row(name, *(f"{number:,}" for number in numbers), f"{loaded:.1f}", _seconds(night))
    console.OUT.print(drawn)


def _seconds(night: Night) -> str:
    return f"{night.transformation.seconds:.1f}" if night.transformation else "-"


def _answer(settings: Settings) -> None:
    """Three questions, asked of the published tables."""
    place = settings.place
    with open_reports(place) as reports:
        for question in QUESTIONS:
            console.OUT.print(f"\n{question.title}", style="bold")
            console.OUT.print(_drawn(reports.rows(question.sql)))
    console.say(f"\nThe published tables are in {place.reports}; ask them anything:")
    console.say(
        f".venv/bin/python -c \"import duckdb; duckdb.connect('{place.reports}', read_only=True)"
        ".sql('from fct_activity').show()\""
    )
    console.say(f"The dashboard is {place.dashboard}: open it in a browser.")


def _push(settings: Settings) -> None:
    """Deals that nobody looks after get a call for their owners: planned, applied, and then there is nothing to do."""
    console.OUT.print()
    console.OUT.rule("Deals left alone get a call: roundtrip push", align="left")
    _pushed(settings, act=False)
    console.OUT.rule("roundtrip push --apply", align="left")
    done = _pushed(settings, act=True)
    if done.status != "done":
        raise TransformError(
            f"The demo's push has {done.status}: {done.problem}", way_out="Please report it."
        )
    console.OUT.rule("roundtrip push", align="left")
    _pushed(settings, act=False)


def _pushed(settings: Settings, *, act: bool) -> Push:
    display = console.Display()
    with display.shown(quiet=False):
        found = push(settings, Asked(variables=EXAMPLE), act=act, watch=display.watch, follow=display.follow)
    if act:
        showing.outcomes(found)
    else:
        showing.plan(found)
        showing.hint(found)
    return found


def _drawn(rows: Sequence[Mapping[str, Any]]) -> Table:
    """An answer as a table; the first column is a name, the others are numbers."""
    names = list(rows[0]) if rows else []
    headers = [name.removesuffix("_share").replace("_", " ") for name in names]
    drawn = console.grid("", *headers[:1], *(f">{header}" for header in headers[1:]))
    for row in rows:
        drawn.add_row(*(_shown(name, row[name]) for name in names))
    return drawn


def _shown(name: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:.0%}" if name.endswith("_share") else f"{value:,.0f}"
