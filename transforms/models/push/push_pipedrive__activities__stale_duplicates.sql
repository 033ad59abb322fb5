-- Open activities that say the same of the same, due on one day, long past: the first stays, the others are done.
with
activities as (

    select * from {{ ref('fct_activity') }} where crm = 'pipedrive'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

numbered as (

    select
        activities.activity_id,
        row_number() over (
            partition by
                activities.owner_id,
                activities.deal_id,
                activities.person_id,
                activities.organization_id,
                activities.activity_type,
                lower(trim(activities.subject)),
                activities.due_date
            order by activities.activity_id
        ) as number_of_its_kind
    from activities
    cross join as_of
    where
        not activities.is_done
        and not activities.is_deleted
        and coalesce(activities.deal_id, activities.person_id, activities.organization_id) is not null
        and trim(activities.subject) != ''
        and as_of.as_of_date - activities.due_date > {{ var('duplicate_days') }}

)

select
    'duplicate-' || activity_id as push_key,
    activity_id as id,
    true as done
from numbered
where number_of_its_kind > 1
