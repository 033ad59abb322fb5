"""The page's numbers, asked of the published tables directly."""

from typing import Any

from pipelines.place import Place
from tests.support import records

ACTIVITIES = """(
    select fct_activity.*, dim_deal.pipeline_id
    from fct_activity left join dim_deal using (crm, deal_id) where not fct_activity.is_deleted
)"""


def expected(published: Place, chosen: str, weeks: int) -> dict[str, Any]:
    """What the page shows of these CRMs, owners and pipelines, a condition in SQL, by its sections."""
    counted = f"select count(*) as n from {ACTIVITIES} where {chosen} and "
    return {
        "week": _week(published, chosen),
        "done": _one(published, f"{counted} is_done and {in_weeks('done_date', weeks)}")["n"],
        "planned": _one(published, f"{counted} {in_weeks('due_date', weeks)}")["n"],
        "overdue": _one(published, f"{counted} is_overdue")["n"],
        "open": _open(published, chosen),
        "touch": _touch(published, chosen, weeks),
    }


def in_weeks(column: str, weeks: int) -> str:
    """The condition that a date is in the last full weeks."""
    monday = "date_trunc('week', (select as_of from published) at time zone 'UTC')::date"
    return f"{column} >= {monday} - {7 * weeks} and {column} < {monday}"


def _one(published: Place, sql: str) -> dict[str, Any]:
    (row,) = records(published, sql, reports=True)
    return row


def _week(published: Place, chosen: str) -> dict[str, float | None]:
    added, done, due = (in_weeks(f"{moment}_date", 1) for moment in ("added", "done", "due"))
    activities = _one(
        published,
        f"""
        select
            count(*) filter ({added}) as added,
            count(*) filter (is_done and {done}) as done,
            count(*) filter (is_done and {due}) / nullif(count(*) filter ({due}), 0) as completion,
            count(*) filter (done_on_time and {done})
                / nullif(count(*) filter (done_on_time is not null and {done}), 0) as punctuality
        from {ACTIVITIES} where {chosen}
        """,
    )
    won = in_weeks("(won_at at time zone coalesce(time_zone, 'UTC'))::date", 1)
    return activities | _one(
        published,
        f"""
        select count(*) as won, coalesce(sum(value_reporting), 0)::double as value
        from (
            select dim_deal.*, time_zone from dim_deal
            left join dim_user on dim_deal.crm = dim_user.crm and owner_id = user_id
        )
        where status = 'won' and not is_deleted and {chosen} and {won}
        """,
    )


def _open(published: Place, chosen: str) -> dict[str, float]:
    return _one(
        published,
        f"""
        select
            sum(open_deals)::int as open, sum(open_deals - with_next_activity)::int as without,
            sum(value_at_risk)::double as "value-at-risk", sum(rotten_deals)::int as rotten
        from rpt_deal_coverage
        where snapshot_date = (select (as_of at time zone 'UTC')::date from published) and {chosen}
        """,
    )


def _touch(published: Place, chosen: str, weeks: int) -> dict[str, float | None]:
    return _one(
        published,
        f"""
        select
            count(*) as deals, count(minutes_to_first_touch) as touched,
            percentile_cont(0.5) within group (order by minutes_to_first_touch) as p50,
            percentile_cont(0.9) within group (order by minutes_to_first_touch) as p90
        from rpt_speed_to_first_touch where {in_weeks("created_week", weeks)} and {chosen}
        """,
    )
