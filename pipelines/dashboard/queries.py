"""What the dashboard asks of the published tables: one text for DuckDB and Postgres.

Counts come from fct_activity rather than from agg_owner_week, which knows no pipelines; the definitions are the same.
Weeks are numbered from the first Monday that is shown. Series come as arrays, because one row for each owner and
pipeline is read far faster than one for each week of them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

MOST_LISTED, LISTED = 25, 3_000
"""Rows of a list for each owner and pipeline, and of a list altogether."""

Rows = list[dict[str, Any]]


class Reports(Protocol):
    """The published tables."""

    def rows(self, sql: str, /) -> Rows:
        """Rows of a query, by column name."""


@dataclass(frozen=True)
class Answers:
    """What the published tables said."""

    as_of: datetime
    first_week: date
    weeks: int
    """Full ones; the week that is not over comes on top."""
    currency: str
    rows: dict[str, Rows]
    proved_at: datetime | None = None
    """When the tables were last proved to equal the CRM."""


EDITION = "select as_of, proved_at from published"
CURRENCY = "select min(reporting_currency) as currency from dim_deal"

COUNTS = """
with
activities as (
    select
        fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id,
        fct_activity.added_date, fct_activity.due_date, fct_activity.done_date,
        case when fct_activity.is_done then 1 else 0 end as done,
        case when fct_activity.is_done and fct_activity.done_on_time is not null then 1 else 0 end as timed,
        case when fct_activity.is_done and fct_activity.done_on_time then 1 else 0 end as on_time
    from fct_activity
    left join dim_deal on fct_activity.crm = dim_deal.crm and fct_activity.deal_id = dim_deal.deal_id
    where not fct_activity.is_deleted
),
moments as (
    select crm, owner_id, pipeline_id, added_date as day,
        1 as added, 0 as planned, 0 as planned_done, 0 as timed, 0 as on_time from activities
    union all
    select crm, owner_id, pipeline_id, due_date, 0, 1, done, 0, 0 from activities
    union all
    select crm, owner_id, pipeline_id, done_date, 0, 0, 0, timed, on_time from activities where done = 1
),
weekly as (
    select
        crm, owner_id, pipeline_id, cast(floor((day - date '{first}') / 7.0) as integer) as week,
        cast(sum(added) as integer) as added, cast(sum(planned) as integer) as planned,
        cast(sum(planned_done) as integer) as planned_done, cast(sum(timed) as integer) as timed,
        cast(sum(on_time) as integer) as on_time
    from moments
    where day >= date '{first}' and day < date '{after}'
    group by 1, 2, 3, 4
)
select
    crm, owner_id, pipeline_id, array_agg(week order by week) as week,
    array_agg(added order by week) as added, array_agg(planned order by week) as planned,
    array_agg(planned_done order by week) as planned_done, array_agg(timed order by week) as timed,
    array_agg(on_time order by week) as on_time
from weekly
group by crm, owner_id, pipeline_id
order by crm, owner_id, pipeline_id
"""

DONE = """
with
weekly as (
    select
        fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id, fct_activity.activity_type,
        cast(floor((fct_activity.done_date - date '{first}') / 7.0) as integer) as week,
        cast(count(*) as integer) as done
    from fct_activity
    left join dim_deal on fct_activity.crm = dim_deal.crm and fct_activity.deal_id = dim_deal.deal_id
    where not fct_activity.is_deleted and fct_activity.is_done
        and fct_activity.done_date >= date '{first}' and fct_activity.done_date < date '{after}'
    group by 1, 2, 3, 4, 5
)
select
    crm, owner_id, pipeline_id, activity_type,
    array_agg(week order by week) as week, array_agg(done order by week) as done
from weekly
group by crm, owner_id, pipeline_id, activity_type
order by crm, owner_id, pipeline_id, activity_type
"""

OUTCOMES = """
with
closed as (
    select
        dim_deal.crm, dim_deal.owner_id, dim_deal.pipeline_id, dim_deal.value_reporting, dim_deal.value,
        case when dim_deal.status = 'won' then 1 else 0 end as won,
        cast(
            (case when dim_deal.status = 'won' then dim_deal.won_at else dim_deal.lost_at end)
            at time zone coalesce(dim_user.time_zone, 'UTC') as date
        ) as day
    from dim_deal
    left join dim_user on dim_deal.crm = dim_user.crm and dim_deal.owner_id = dim_user.user_id
    where not dim_deal.is_deleted and dim_deal.status in ('won', 'lost')
),
weekly as (
    select
        crm, owner_id, pipeline_id, cast(floor((day - date '{first}') / 7.0) as integer) as week,
        cast(sum(won) as integer) as won, cast(sum(1 - won) as integer) as lost,
        cast(coalesce(sum(case when won = 1 then value_reporting end), 0) as double precision) as value,
        cast(sum(case when won = 1 and value_reporting is null and value <> 0 then 1 else 0 end) as integer)
            as without_rate
    from closed
    where day >= date '{first}' and day < date '{after}'
    group by 1, 2, 3, 4
)
select
    crm, owner_id, pipeline_id, array_agg(week order by week) as week, array_agg(won order by week) as won,
    array_agg(lost order by week) as lost, array_agg(value order by week) as value,
    array_agg(without_rate order by week) as without_rate
from weekly
group by crm, owner_id, pipeline_id
order by crm, owner_id, pipeline_id
"""

OVERDUE = """
select
    fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id, cast(count(*) as integer) as activities,
    min(fct_activity.due_date) as oldest
from fct_activity
left join dim_deal on fct_activity.crm = dim_deal.crm and fct_activity.deal_id = dim_deal.deal_id
where fct_activity.is_overdue
group by fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id
order by fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id
"""

OVERDUE_LIST = """
with
numbered as (
    select
        fct_activity.crm, fct_activity.activity_id, fct_activity.owner_id, dim_deal.pipeline_id,
        fct_activity.activity_type,
        left(fct_activity.subject, 120) as subject, fct_activity.due_date, left(dim_deal.title, 80) as deal,
        row_number() over (
            partition by fct_activity.crm, fct_activity.owner_id, dim_deal.pipeline_id
            order by fct_activity.due_date, fct_activity.activity_id
        ) as place
    from fct_activity
    left join dim_deal on fct_activity.crm = dim_deal.crm and fct_activity.deal_id = dim_deal.deal_id
    where fct_activity.is_overdue
)
select crm, owner_id, pipeline_id, activity_type, subject, due_date, deal
from numbered
where place <= {listed}
order by due_date, crm, activity_id
"""

COVERAGE = """
select
    crm, owner_id, pipeline_id, cast(open_deals as integer) as open_deals,
    cast(with_next_activity as integer) as with_next_activity,
    cast(value as double precision) as value, cast(deals_at_risk as integer) as deals_at_risk,
    cast(value_at_risk as double precision) as value_at_risk, cast(rotten_deals as integer) as rotten_deals,
    cast(deals_without_value_reporting as integer) as without_rate
from rpt_deal_coverage
where snapshot_date = date '{today}'
order by crm, owner_id, pipeline_id
"""

IDLE_LIST = """
with
idle as (
    select
        dim_deal.crm, dim_deal.deal_id, dim_deal.owner_id, dim_deal.pipeline_id, left(dim_deal.title, 80) as title,
        dim_deal.stage_name,
        left(coalesce(dim_deal.organization_name, dim_deal.person_name), 80) as customer,
        cast(dim_deal.value_reporting as double precision) as value, fct_deal_engagement.days_since_last_touch
    from dim_deal
    inner join fct_deal_engagement
        on dim_deal.crm = fct_deal_engagement.crm and dim_deal.deal_id = fct_deal_engagement.deal_id
    where dim_deal.is_open and not fct_deal_engagement.has_next_activity
),
numbered as (
    select
        crm, deal_id, owner_id, pipeline_id, title, stage_name, customer, value, days_since_last_touch,
        row_number() over (partition by crm, owner_id, pipeline_id order by value desc nulls last, deal_id) as place
    from idle
)
select
    crm, owner_id, pipeline_id, title, stage_name, customer, value,
    cast(days_since_last_touch as integer) as days_since_last_touch
from numbered
where place <= {listed}
order by value desc nulls last, crm, deal_id
"""

FIRST_TOUCH = """
with
created as (
    select
        crm, owner_id, pipeline_id, source, deal_id, minutes_to_first_touch,
        cast(floor((created_week - date '{first}') / 7.0) as integer) as week
    from rpt_speed_to_first_touch
    where created_week >= date '{first}' and created_week < date '{after}'
)
select
    crm, owner_id, pipeline_id, source, array_agg(week order by week, deal_id) as week,
    array_agg(cast(coalesce(minutes_to_first_touch, -1) as integer) order by week, deal_id) as minutes
from created
group by crm, owner_id, pipeline_id, source
order by crm, owner_id, pipeline_id, source
"""

QUALITY = """
select crm, description, cast(records as integer) as records, cast(population as integer) as population
from rpt_data_quality
order by records desc, crm, check_name
"""

USERS = "select crm, user_id, name, is_active and not is_deleted as is_active from dim_user"
PIPELINES = (
    "select crm, pipeline_id, name, sort_order from dim_pipeline order by crm, sort_order, pipeline_id"
)
TYPES = "select crm, activity_type, name from dim_activity_type"

SERIES = {"counts": COUNTS, "done": DONE, "outcomes": OUTCOMES, "first_touch": FIRST_TOUCH}
NAMES = {"users": USERS, "pipelines": PIPELINES, "types": TYPES, "quality": QUALITY}


def read(reports: Reports, weeks: int) -> Answers:
    """Ask everything, of so many full weeks."""
    (published,) = reports.rows(EDITION)
    as_of: datetime = published["as_of"].astimezone(UTC)
    this_week = as_of.date() - timedelta(days=as_of.weekday())
    first = this_week - timedelta(weeks=weeks)
    span = {"first": first, "after": this_week + timedelta(weeks=1)}
    rows = {name: reports.rows(sql.format(**span)) for name, sql in SERIES.items()}
    rows |= {name: reports.rows(sql) for name, sql in NAMES.items()}
    rows["overdue"] = reports.rows(OVERDUE)
    rows["overdue_list"] = reports.rows(OVERDUE_LIST.format(listed=_listed(rows["overdue"])))
    rows["coverage"] = reports.rows(COVERAGE.format(today=as_of.date()))
    rows["idle_list"] = reports.rows(IDLE_LIST.format(listed=_listed(rows["coverage"])))
    currency = reports.rows(CURRENCY)[0]["currency"] or ""
    return Answers(as_of, first, weeks, currency, rows, published["proved_at"])


def _listed(groups: Rows) -> int:
    return max(1, min(MOST_LISTED, LISTED // max(1, len(groups))))
