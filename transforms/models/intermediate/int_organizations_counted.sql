{{ config(materialized='table') }}

with
activities as (

    select * from {{ ref('fct_activity') }}
    where not is_deleted and organization_id is not null

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

counted as (

    select
        organization_id,
        {{ activity_counts() }},
        count(distinct deal_id) filter (where is_touch) as deals_touched
    from activities
    group by organization_id

),

reached as (

    select
        activities.organization_id,
        count(distinct participants.person_id) as contacts_touched
    from activities
    inner join participants on activities.activity_id = participants.activity_id
    where activities.is_touch
    group by activities.organization_id

)

select
    counted.*,
    coalesce(reached.contacts_touched, 0) as contacts_touched
from counted
left join reached on counted.organization_id = reached.organization_id
