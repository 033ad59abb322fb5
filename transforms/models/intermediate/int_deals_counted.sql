{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_counts("deal_id") }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['deal_id', 'crm']),
) }}

with
activities as (

    select *
    from {{ ref('fct_activity') }} as found
    where
        not is_deleted
        and deal_id is not null
        {% if is_incremental() %}
            and not exists (
                select 1 from {{ this }} as held where held.crm = found.crm and held.deal_id = found.deal_id
            )
        {% endif %}

),

deals as (

    select * from {{ ref('int_deals') }}

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

counted as (

    select
        crm,
        deal_id,
        {{ activity_counts() }},
        max(_built_at) as _built_at
    from activities
    group by crm, deal_id

),

closed as (

    select
        deals.crm,
        deals.deal_id,
        count(*) filter (where activities.touched_at <= deals.won_at) as touches_before_won,
        count(*) filter (where activities.touched_at <= deals.lost_at) as touches_before_lost
    from deals
    inner join activities on deals.crm = activities.crm and deals.deal_id = activities.deal_id
    where deals.won_at is not null or deals.lost_at is not null
    group by deals.crm, deals.deal_id

),

reached as (

    select
        activities.crm,
        activities.deal_id,
        count(distinct participants.person_id) as contacts_touched
    from activities
    inner join participants on activities.crm = participants.crm and activities.activity_id = participants.activity_id
    where activities.is_touch
    group by activities.crm, activities.deal_id

)

select
    counted.*,
    coalesce(reached.contacts_touched, 0) as contacts_touched,
    coalesce(closed.touches_before_won, 0) as touches_before_won,
    coalesce(closed.touches_before_lost, 0) as touches_before_lost,
    deals.won_at as _won_at,
    deals.lost_at as _lost_at,
    {{ built_at('_counted_at') }} as _counted_at,
    {{ recipe() }} as _recipe
from counted
left join deals on counted.crm = deals.crm and counted.deal_id = deals.deal_id
left join closed on counted.crm = closed.crm and counted.deal_id = closed.deal_id
left join reached on counted.crm = reached.crm and counted.deal_id = reached.deal_id
