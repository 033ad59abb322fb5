{# Built bit by bit; only the days since the last touch change by themselves, and are told anew in place. #}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        '{{ forget_stale_engagement("deal_id", ref("dim_deal"), ref("int_deals_counted")) }}',
        '{{ tell_days_since_last_touch_anew() }}',
    ],
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['deal_id', 'crm']),
) }}

with
deals as (

    select * from {{ ref('dim_deal') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.deal_id = found.deal_id
        )
    {% endif %}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

counted as (

    select * from {{ ref('int_deals_counted') }}

),

left_open as (

    select activities.*
    from {{ ref('int_activities_left_open') }} as activities
    inner join deals on activities.crm = deals.crm and activities.deal_id = deals.deal_id

),

overdue as (

    select
        crm,
        deal_id,
        {{ overdue_counts() }}
    from left_open
    group by crm, deal_id

),

upcoming as (

    {{ first_to_come('deal_id') }}

)

select
    deals.crm,
    deals.deal_id,
    {{ engagement_counts() }},
    coalesce(counted.contacts_touched, 0) as contacts_touched,
    {{ next_activity() }},
    {{ full_days('deals.created_at', 'counted.first_touch_at') }} as days_create_to_first_touch,
    case when deals.status = 'won' and deals.won_at is not null then coalesce(counted.touches_before_won, 0) end
        as touches_before_won,
    case when deals.status = 'lost' and deals.lost_at is not null then coalesce(counted.touches_before_lost, 0) end
        as touches_before_lost,
    -- provenance
    deals._built_at as _record_built_at,
    counted._counted_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from deals
cross join as_of
left join counted on deals.crm = counted.crm and deals.deal_id = counted.deal_id
left join overdue on deals.crm = overdue.crm and deals.deal_id = overdue.deal_id
left join upcoming on deals.crm = upcoming.crm and deals.deal_id = upcoming.deal_id and upcoming.place = 1
