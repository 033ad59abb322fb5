{{ config(materialized='table') }}

with
activities as (

    select * from {{ ref('fct_activity') }}
    where not is_deleted and deal_id is not null

),

deals as (

    select * from {{ ref('stg_pipedrive__deals') }}

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

counted as (

    select
        deal_id,
        {{ activity_counts() }}
    from activities
    group by deal_id

),

closed as (

    select
        deals.deal_id,
        count(*) filter (where activities.touched_at <= deals.won_at) as touches_before_won,
        count(*) filter (where activities.touched_at <= deals.lost_at) as touches_before_lost
    from deals
    inner join activities on deals.deal_id = activities.deal_id
    where deals.won_at is not null or deals.lost_at is not null
    group by deals.deal_id

),

reached as (

    select
        activities.deal_id,
        count(distinct participants.person_id) as contacts_touched
    from activities
    inner join participants on activities.activity_id = participants.activity_id
    where activities.is_touch
    group by activities.deal_id

)

select
    counted.*,
    coalesce(reached.contacts_touched, 0) as contacts_touched,
    coalesce(closed.touches_before_won, 0) as touches_before_won,
    coalesce(closed.touches_before_lost, 0) as touches_before_lost
from counted
left join closed on counted.deal_id = closed.deal_id
left join reached on counted.deal_id = reached.deal_id
