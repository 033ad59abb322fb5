{# Built bit by bit; only the days since the last touch change by themselves, and are told anew in place. #}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        '{{ forget_stale_engagement("person_id", ref("dim_person"), ref("int_persons_counted")) }}',
        '{{ tell_days_since_last_touch_anew() }}',
    ],
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['person_id', 'crm']),
) }}

with
persons as (

    select * from {{ ref('dim_person') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.person_id = found.person_id
        )
    {% endif %}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

counted as (

    select * from {{ ref('int_persons_counted') }}

),

left_open as (

    select
        participants.person_id,
        activities.*
    from {{ ref('int_activities_left_open') }} as activities
    inner join {{ ref('bridge_activity_participant') }} as participants
        on activities.crm = participants.crm and activities.activity_id = participants.activity_id
    inner join persons on participants.crm = persons.crm and participants.person_id = persons.person_id

),

overdue as (

    select
        crm,
        person_id,
        {{ overdue_counts() }}
    from left_open
    group by crm, person_id

),

upcoming as (

    {{ first_to_come('person_id') }}

)

select
    persons.crm,
    persons.person_id,
    {{ engagement_counts() }},
    {{ next_activity() }},
    {{ full_days('persons.created_at', 'counted.first_touch_at') }} as days_create_to_first_touch,
    coalesce(counted.deals_touched, 0) as deals_touched,
    coalesce(counted.touches, 0) = 0 as never_touched,
    -- provenance
    persons._built_at as _record_built_at,
    counted._counted_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from persons
cross join as_of
left join counted on persons.crm = counted.crm and persons.person_id = counted.person_id
left join overdue on persons.crm = overdue.crm and persons.person_id = overdue.person_id
left join upcoming on persons.crm = upcoming.crm and persons.person_id = upcoming.person_id and upcoming.place = 1
