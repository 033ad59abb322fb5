-- Each open deal and each open activity is in the snapshot of the day, once.
with
as_of as (

    select as_of_date from {{ ref('int_as_of') }}

),

deals_now as (

    select count(*) as deals
    from {{ ref('dim_deal') }}
    where is_open

),

deals_seen as (

    select
        count(*) as deals,
        count(distinct crm || ' ' || deal_id) as different_deals
    from {{ ref('snap_deal_daily') }}
    where snapshot_date in (select as_of.as_of_date from as_of)

),

deals_covered as (

    select coalesce(sum(open_deals), 0) as deals
    from {{ ref('rpt_deal_coverage') }}
    where snapshot_date in (select as_of.as_of_date from as_of)

),

activities_now as (

    select
        count(*) as activities,
        count(*) filter (where is_overdue) as overdue
    from {{ ref('fct_activity') }}
    where not is_done and not is_deleted

),

activities_seen as (

    select
        coalesce(sum(open), 0) as activities,
        coalesce(sum(overdue), 0) as overdue
    from {{ ref('snap_activity_daily') }}
    where snapshot_date in (select as_of.as_of_date from as_of)

)

select
    deals_now.deals as deals_now,
    deals_seen.deals as deals_seen,
    deals_seen.different_deals as different_deals_seen,
    deals_covered.deals as deals_covered,
    activities_now.activities as activities_now,
    activities_seen.activities as activities_seen,
    activities_now.overdue as overdue_now,
    activities_seen.overdue as overdue_seen
from deals_now
cross join deals_seen
cross join deals_covered
cross join activities_now
cross join activities_seen
where
    deals_now.deals != deals_seen.deals
    or deals_now.deals != deals_seen.different_deals
    or deals_now.deals != deals_covered.deals
    or activities_now.activities != activities_seen.activities
    or activities_now.overdue != activities_seen.overdue
