{#
    What the nightly snapshots tell of stage visits, all days but the latest: those stay as they are, so that each night
    adds one day instead of reading a year of them. The latest day may be built again; fct_deal_stage_history reads it
    from the snapshot itself.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['crm', 'deal_id', 'stage_id', 'entered_at'],
    indexes=[{'columns': ['deal_id', 'stage_id', 'entered_at', 'crm']}] if target.type == 'postgres' else [],
    pre_hook='{{ forget_settled_visits() }}',
) }}

-- depends_on: {{ ref('int_as_of') }}
with
snapshots as (

    select
        crm,
        snapshot_date,
        deal_id,
        stage_id,
        pipeline_id,
        stage_entered_at as entered_at
    from {{ ref('snap_deal_daily') }}
    {% if is_incremental() %}
        where
            snapshot_date > (
                select coalesce(max(settled.last_seen_date), cast('0001-01-01' as date)) from {{ this }} as settled
            )
    {% endif %}

),

-- Not from the CTE above: one that is read twice is copied, and this one is a year of nights.
latest as (

    select max(snapshot_date) as latest_date from {{ ref('snap_deal_daily') }}

),

new_days as (

    select *
    from snapshots
    where
        stage_id is not null
        and entered_at is not null
        and snapshot_date < (select latest.latest_date from latest)

),

visits as (

    select
        crm,
        deal_id,
        stage_id,
        entered_at,
        max(pipeline_id) as pipeline_id,
        min(snapshot_date) as first_seen_date,
        max(snapshot_date) as last_seen_date
    from new_days
    group by crm, deal_id, stage_id, entered_at

)

{% if is_incremental() %}
    select
        visits.crm,
        visits.deal_id,
        visits.stage_id,
        visits.entered_at,
        visits.pipeline_id,
        coalesce(settled.first_seen_date, visits.first_seen_date) as first_seen_date,
        visits.last_seen_date
    from visits
    left join {{ this }} as settled
        on
            visits.crm = settled.crm
            and visits.deal_id = settled.deal_id
            and visits.stage_id = settled.stage_id
            and visits.entered_at = settled.entered_at
{% else %}
    select
        crm,
        deal_id,
        stage_id,
        entered_at,
        pipeline_id,
        first_seen_date,
        last_seen_date
    from visits
{% endif %}
