-- Activities whose bridges say other than the activity itself; entries of the CRM without a person are left out there.
with
activities as (

    select * from {{ ref('fct_activity') }}

),

participants as (

    select
        crm,
        activity_id,
        count(*) as rows_there,
        count(*) filter (where is_primary) as primaries
    from {{ ref('bridge_activity_participant') }}
    group by crm, activity_id

),

attendees as (

    select
        crm,
        activity_id,
        count(*) as rows_there,
        max(attendee_number) as last_number
    from {{ ref('bridge_activity_attendee') }}
    group by crm, activity_id

)

select
    activities.crm,
    activities.activity_id,
    activities.person_id,
    activities.participants_count,
    participants.rows_there as participants_there,
    activities.attendees_count,
    attendees.rows_there as attendees_there
from activities
left join participants on activities.crm = participants.crm and activities.activity_id = participants.activity_id
left join attendees on activities.crm = attendees.crm and activities.activity_id = attendees.activity_id
where
    activities.attendees_count != coalesce(attendees.rows_there, 0)
    or attendees.last_number != attendees.rows_there
    or coalesce(participants.rows_there, 0) > activities.participants_count + 1
    or (activities.person_id is not null and coalesce(participants.primaries, 0) = 0)
