{#
    A day once told stays told: each build adds the days that are missing. Those that may have changed are forgotten
    before (the latest day, the day built for, or all when the rule for "at risk" is another).
#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook='{{ forget_coverage_days() }}',
) }}

-- depends_on: {{ ref('int_as_of') }}
with
deals as (

    select
        *,
        value_reporting is null as is_without_value_reporting,
        not has_next_activity
        and coalesce(days_since_last_touch > {{ var('at_risk_days') }}, true) as is_at_risk
    from {{ ref('snap_deal_daily') }}
    {% if is_incremental() %}
        where
            snapshot_date > (
                select coalesce(max(covered.snapshot_date), cast('0001-01-01' as date)) from {{ this }} as covered
            )
    {% endif %}

),

counts as (

    select
        crm,
        snapshot_date,
        pipeline_id,
        owner_id,
        count(*) as open_deals,
        count(*) filter (where has_next_activity) as with_next_activity,
        count(*) filter (where days_since_last_touch <= 7) as touched_7_days,
        count(*) filter (where days_since_last_touch <= 14) as touched_14_days,
        count(*) filter (where days_since_last_touch <= 30) as touched_30_days,
        cast(coalesce(sum(value_reporting), 0) as numeric(38, 9)) as value,
        count(*) filter (where is_at_risk) as deals_at_risk,
        cast(coalesce(sum(value_reporting) filter (where is_at_risk), 0) as numeric(38, 9)) as value_at_risk,
        count(*) filter (where is_rotten) as rotten_deals,
        count(*) filter (where is_without_value_reporting) as deals_without_value_reporting,
        max(reporting_currency) as reporting_currency
    from deals
    group by crm, snapshot_date, pipeline_id, owner_id

)

select
    crm,
    snapshot_date,
    pipeline_id,
    owner_id,
    open_deals,
    with_next_activity,
    cast(with_next_activity as double precision) / open_deals as share_with_next_activity,
    touched_7_days,
    touched_14_days,
    touched_30_days,
    cast(touched_7_days as double precision) / open_deals as share_touched_7_days,
    cast(touched_14_days as double precision) / open_deals as share_touched_14_days,
    cast(touched_30_days as double precision) / open_deals as share_touched_30_days,
    value,
    reporting_currency,
    deals_at_risk,
    value_at_risk,
    rotten_deals,
    deals_without_value_reporting,
    {{ var('at_risk_days') }} as _at_risk_days
from counts
