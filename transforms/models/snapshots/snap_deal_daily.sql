{{ config(
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['snapshot_date']}] if target.type == 'postgres' else [],
    pre_hook='{{ forget_snapshot_day() }}',
) }}

with
as_of as (

    select * from {{ ref('int_as_of') }}

),

open_deals as (

    select * from {{ ref('dim_deal') }} where is_open

),

stages as (

    select * from {{ ref('dim_stage') }}

),

engagement as (

    select * from {{ ref('fct_deal_engagement') }}

),

last_done as (

    select
        crm,
        deal_id,
        max(done_at) as last_done_at
    from {{ ref('fct_activity') }}
    where is_done and not is_deleted and deal_id is not null
    group by crm, deal_id

),

deals_aged as (

    select
        open_deals.*,
        coalesce(open_deals.stage_changed_at, open_deals.created_at) as stage_entered_at,
        greatest(open_deals.created_at, open_deals.stage_changed_at, last_done.last_done_at) as last_moved_at
    from open_deals
    left join last_done on open_deals.crm = last_done.crm and open_deals.deal_id = last_done.deal_id

)

select
    deals_aged.crm,
    as_of.as_of_date as snapshot_date,
    deals_aged.deal_id,
    deals_aged.owner_id,
    deals_aged.pipeline_id,
    deals_aged.stage_id,
    deals_aged.stage_entered_at,
    deals_aged.value,
    deals_aged.currency,
    deals_aged.value_reporting,
    deals_aged.reporting_currency,
    case
        when deals_aged.created_at is not null
            then greatest(0, {{ full_days('deals_aged.created_at', 'as_of.as_of') }})
    end as age_days,
    case
        when deals_aged.stage_entered_at is not null
            then greatest(0, {{ full_days('deals_aged.stage_entered_at', 'as_of.as_of') }})
    end as days_in_stage,
    engagement.days_since_last_touch,
    engagement.has_next_activity,
    engagement.activities_open,
    engagement.activities_overdue,
    coalesce(
        stages.is_rot_enabled
        and {{ full_days('deals_aged.last_moved_at', 'as_of.as_of') }} >= stages.days_to_rotten,
        false
    ) as is_rotten
from deals_aged
cross join as_of
left join stages on deals_aged.crm = stages.crm and deals_aged.stage_id = stages.stage_id
left join engagement on deals_aged.crm = engagement.crm and deals_aged.deal_id = engagement.deal_id
