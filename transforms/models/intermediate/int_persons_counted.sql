{{ config(materialized='table') }}

with
activities as (

    select * from {{ ref('fct_activity') }}
    where not is_deleted

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

takings_part as (

    select
        participants.person_id as participant_id,
        activities.*
    from participants
    inner join activities on participants.activity_id = activities.activity_id

)

select
    participant_id as person_id,
    {{ activity_counts() }},
    count(distinct deal_id) filter (where is_touch) as deals_touched
from takings_part
group by participant_id
