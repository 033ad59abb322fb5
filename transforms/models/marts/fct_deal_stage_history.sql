with
as_of as (

    select * from {{ ref('int_as_of') }}

),

settled as (

    select * from {{ ref('int_deal_stage_visits_settled') }}

),

snapshots as (

    select * from {{ ref('snap_deal_daily') }}

),

-- Not from the CTE above: one that is read twice is copied, and this one is a year of nights.
latest as (

    select max(snapshot_date) as latest_date from {{ ref('snap_deal_daily') }}

),

deals as (

    select * from {{ ref('dim_deal') }}

),

done_activities as (

    select
        crm,
        deal_id,
        done_at
    from {{ ref('fct_activity') }}
    where is_done and not is_deleted and deal_id is not null and done_at is not null

),

seen as (

    select
        crm,
        deal_id,
        stage_id,
        entered_at,
        pipeline_id,
        first_seen_date,
        last_seen_date
    from settled
    union all
    select
        crm,
        deal_id,
        stage_id,
        stage_entered_at as entered_at,
        pipeline_id,
        snapshot_date as first_seen_date,
        snapshot_date as last_seen_date
    from snapshots
    where
        stage_id is not null
        and stage_entered_at is not null
        and snapshot_date = (select latest.latest_date from latest)

),

visits as (

    select
        crm,
        deal_id,
        stage_id,
        entered_at,
        max(pipeline_id) as pipeline_id,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date
    from seen
    group by crm, deal_id, stage_id, entered_at

),

visits_of_deals as (

    select
        visits.*,
        deals.stage_changed_at,
        -- A deal that is not open has none; one of which the CRM no longer knows anything neither.
        coalesce(
            deals.is_open
            and deals.stage_id = visits.stage_id
            and coalesce(deals.stage_changed_at, deals.created_at) = visits.entered_at,
            false
        ) as is_current,
        case when not deals.is_open then coalesce(deals.closed_at, deals.deleted_at, deals.archived_at) end as ended_at
    from visits
    left join deals on visits.crm = deals.crm and visits.deal_id = deals.deal_id

),

visits_in_order as (

    select
        *,
        row_number() over visits_of_deal as visit_number,
        lead(entered_at) over visits_of_deal as next_entered_at
    from visits_of_deals
    -- The current one is the last, also where the CRM's times say otherwise.
    window visits_of_deal as (partition by crm, deal_id order by is_current, entered_at, first_seen_date, stage_id)

),

visits_left as (

    select
        *,
        case
            when not is_current
                then coalesce(
                    next_entered_at,
                    ended_at,
                    case when stage_changed_at > entered_at then stage_changed_at end,
                    -- Not told: with the UTC day on which the deal was last seen open.
                    {{ local_midnight('last_seen_date + 1', "'UTC'") }}
                )
        end as left_at
    from visits_in_order

),

visits_until as (

    select
        *,
        coalesce(left_at, (select as_of.as_of from as_of)) as until_at,
        coalesce(left_at, (select as_of.as_of + interval '1 second' from as_of)) as counted_until_at
    from visits_left

),

visits_with_activities as (

    select
        visits_until.crm,
        visits_until.deal_id,
        visits_until.visit_number,
        count(*) as activities_done_in_stage
    from visits_until
    inner join done_activities
        on
            visits_until.crm = done_activities.crm
            and visits_until.deal_id = done_activities.deal_id
            and visits_until.entered_at <= done_activities.done_at
            and visits_until.counted_until_at > done_activities.done_at
    group by visits_until.crm, visits_until.deal_id, visits_until.visit_number

)

select
    visits_until.crm,
    visits_until.deal_id,
    visits_until.stage_id,
    visits_until.pipeline_id,
    visits_until.visit_number,
    visits_until.entered_at,
    visits_until.left_at,
    visits_until.is_current,
    greatest(0, {{ full_days('visits_until.entered_at', 'visits_until.until_at') }}) as days,
    visits_until.first_seen_date,
    visits_until.last_seen_date,
    coalesce(visits_with_activities.activities_done_in_stage, 0) as activities_done_in_stage
from visits_until
left join visits_with_activities
    on
        visits_until.crm = visits_with_activities.crm
        and visits_until.deal_id = visits_with_activities.deal_id
        and visits_until.visit_number = visits_with_activities.visit_number
