"""The demo: a sandbox of two CRMs, a night, a business day, the night that follows, answers across both, and a push."""

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
        "What goes on in which CRM?",
        """
        select
            crm,
            count(*) as activities,
            count(*) filter (where is_done) as done,
            count(*) filter (where is_overdue) as overdue,
            count(distinct owner_id) as owners
        from fct_activity
        where not is_deleted
        group by crm
        order by crm
        """,
    ),
    Question(
        "Whom do both CRMs know, and by what do we know it?",
        """
        select
            matched_by,
            count(*) as people,
            count(*) filter (where one.last_touch_at is not null and other.last_touch_at is not null) as touched_in_both
        from bridge_person_match
        left join fct_person_engagement as one
            on bridge_person_match.crm = one.crm and bridge_person_match.person_id = one.person_id
        left join fct_person_engagement as other
            on bridge_person_match.other_crm = other.crm and bridge_person_match.other_person_id = other.person_id
        where bridge_person_match.crm < bridge_person_match.other_crm
        group by matched_by
        order by people desc
        """,
    ),
    Question(
        "Who got most done this week?",
        """
        select
            dim_user.name || ' (' || dim_user.crm || ')' as owner,
            agg_owner_week.done,
            agg_owner_week.done_previous_week as week_before,
            agg_owner_week.on_time_rate as on_time_share
        from agg_owner_week
        inner join dim_user
            on agg_owner_week.crm = dim_user.crm and agg_owner_week.owner_id = dim_user.user_id
        where agg_owner_week.week_start_date = (
            select max(week_start_date) from agg_owner_week, published
            where done > 0 and week_start_date <= cast(as_of as date)
        )
        order by agg_owner_week.done desc, owner
        limit 5
        """,
    ),
    Question(
        "Which open deals are at risk, with nothing planned and not touched for two weeks?",
        """
        select
            coalesce(dim_pipeline.name, '(none)') || ' (' || rpt_deal_coverage.crm || ')' as pipeline,
            sum(rpt_deal_coverage.open_deals) as open_deals,
            sum(rpt_deal_coverage.deals_at_risk) as at_risk,
            sum(rpt_deal_coverage.value_at_risk) as value_at_risk,
            cast(sum(rpt_deal_coverage.with_next_activity) as double precision) / sum(rpt_deal_coverage.open_deals)
                as with_next_activity_share
        from rpt_deal_coverage
        left join dim_pipeline
            on rpt_deal_coverage.crm = dim_pipeline.crm and rpt_deal_coverage.pipeline_id = dim_pipeline.pipeline_id
        where rpt_deal_coverage.snapshot_date = (select max(snapshot_date) from rpt_deal_coverage)
        group by rpt_deal_coverage.crm, dim_pipeline.name
        order by at_risk desc, pipeline
        limit 5
        """,
    ),
    Question(
        "How many hours until a new deal is first touched (median), by where it came from?",
        """
        select
            coalesce(nullif(source, ''), '(unknown)') || ' (' || crm || ')' as origin,
            count(*) as deals,
            count(first_touch_at) as touched,
            min(source_p50_minutes) / 60 as median_hours
        from rpt_speed_to_first_touch
        group by crm, source
        order by deals desc, origin
        limit 5
        """,
    ),
)


def demo(*, activities: int) -> None:
    """Show what a first night and a second night cost, what they answer, and how an answer is acted upon."""
    # A plan whose burst limit two runs right after one another do not meet.
    with sandbox_process("--activities", str(activities), "--plan", "premium") as sandbox:
        console.OUT.print(
            f"Made-up accounts of Pipedrive and Deskera with {activities:,} activities each answer at {sandbox.url}, "
            "with the limits of Pipedrive's Premium plan.\n"
        )
        every = _settings(sandbox)
        with locked(PLACE, "demo"):
            _clear()
        first = _night(every, "The first night reads everything")
        console.OUT.print(f"\nA business day passes: {_a_day(sandbox)}.\n")
        second = _night(every, "The second night reads what changed")
        _compare(first, second)
        _answer()
        _push(every[0])


def _settings(sandbox: Process) -> list[Settings]:
    return [Settings(CRMS[name], given, PLACE) for name, given in sandbox.connections.items()]


def _clear() -> None:
    for file in (PLACE.warehouse, PLACE.reports, PLACE.dashboard):
        file.unlink(missing_ok=True)
    shutil.rmtree(PLACE.state_dir, ignore_errors=True)


def _night(every: Sequence[Settings], title: str) -> Night:
    console.OUT.rule(title, align="left")
    display = console.Display(names_crm=True)
    with display.shown(quiet=False):
        building = {"variables": EXAMPLE}
        night = nightly(*every, building=building, watch=display.watch, follow=display.follow)
    telling.night(night, PLACE)
    if night.status != "done":
        raise TransformError(
            f"The demo's night has {night.status}: {night.problem}", way_out="Please report it."
        )
    return night


def _a_day(sandbox: Process) -> str:
    events = sandbox.control("advance", days=1)["days"][0]["events"]
    return "; ".join(f"{crm}: {_most(counts)}" for crm, counts in events.items())


def _most(counts: Mapping[str, int]) -> str:
    most = sorted(counts, key=lambda event: counts[event], reverse=True)[:MOST_EVENTS]
    others = len(counts) - len(most)
    told = ", ".join(f"{counts[event]} {event}" for event in most)
    return told + f", and {others} kinds more" * bool(others)


def _compare(first: Night, second: Night) -> None:
    counts = (">rows read", ">written", ">requests", ">tokens")
    drawn = console.grid("\nThe two nights", "", *counts, ">seconds")
    for name, night in (("first", first), ("second", second)):
        for run in (part.run for part in night.parts if part.run):
            written = sum(run.total(count) for count in ("inserted", "updated", "deleted"))
            numbers = (run.total("rows"), written, run.total("requests"), run.total("tokens"))
            drawn.add_row(f"{name}, {run.crm}", *(f"{number:,}" for number in numbers), f"{run.seconds:.1f}")
        drawn.add_row(f"{name}, reports", "", "", "", "", _seconds(night))
    console.OUT.print(drawn)


def _seconds(night: Night) -> str:
    return f"{night.transformation.seconds:.1f}" if night.transformation else "-"


def _answer() -> None:
    """Some questions, asked of the published tables."""
    place = PLACE
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
