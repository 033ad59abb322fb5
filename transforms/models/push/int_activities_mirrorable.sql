-- Activities that people, or other pushes, made in one of the two CRMs, and what became of their copy in the other one.
{{ config(materialized='view') }}

with
activities as (

    select * from {{ ref('fct_activity') }} where not is_deleted and crm in ('pipedrive', 'deskera')

),

mirrored as (

    select * from {{ ref('int_activities_mirrored') }}

),

-- While it is not known which record a create that was not answered made, it may be any that was added about then: such
-- ones wait for the apply that finds it. If what it is a copy of is gone, nobody looks, and only its like wait.
doubtful as (

    select distinct
        activities.crm,
        activities.activity_id
    from activities
    inner join mirrored
        on
            activities.crm = mirrored.crm
            and activities.added_at >= mirrored.intended_at - interval '1 minute'
            and activities.added_at <= mirrored.intended_at + interval '1 hour'
    left join {{ ref('fct_activity') }} as origins
        on mirrored.origin_crm = origins.crm and mirrored.origin_id = origins.activity_id
    where mirrored.is_lost and (not origins.is_deleted or activities.subject = origins.subject)

),

copies as (

    select
        mirrored.origin_crm,
        mirrored.origin_id,
        max(case when copied.is_done and not copied.is_deleted then 1 else 0 end) = 1 as is_done,
        min(case when copied.is_deleted then 1 else 0 end) = 1 as is_deleted
    from mirrored
    inner join {{ ref('fct_activity') }} as copied
        on mirrored.crm = copied.crm and mirrored.activity_id = copied.activity_id
    group by mirrored.origin_crm, mirrored.origin_id

)

select
    activities.crm,
    activities.activity_id,
    activities.owner_id,
    activities.person_id,
    activities.organization_id,
    coalesce(nullif(trim(activities.subject), ''), nullif(activities.activity_type, ''), 'task') as subject,
    activities.activity_type,
    activities.duration_minutes,
    activities.owner_time_zone,
    activities.is_all_day,
    coalesce(
        activities.due_at, {{ local_midnight('activities.due_date', 'activities.owner_time_zone') }}
    ) as due_or_midnight_at,
    activities.due_at,
    activities.due_date,
    activities.is_done,
    coalesce(copies.is_done, false) as is_copy_done,
    coalesce(copies.is_deleted, false) as is_copy_deleted
from activities
left join mirrored as own on activities.crm = own.crm and activities.activity_id = own.activity_id
left join doubtful on activities.crm = doubtful.crm and activities.activity_id = doubtful.activity_id
left join copies on activities.crm = copies.origin_crm and activities.activity_id = copies.origin_id
where
    own.activity_id is null
    and doubtful.activity_id is null
    {% if var('mirror_since') %}
        and activities.added_at >= cast({{ literals([var('mirror_since')]) }} as timestamp with time zone)
    {% endif %}
