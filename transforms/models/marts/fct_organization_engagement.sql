with
organizations as (

    select * from {{ ref('dim_organization') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

counted as (

    select * from {{ ref('int_organizations_counted') }}

),

left_open as (

    select * from {{ ref('int_activities_left_open') }}

),

overdue as (

    select
        crm,
        organization_id,
        {{ overdue_counts() }}
    from left_open
    where organization_id is not null
    group by crm, organization_id

),

upcoming as (

    {{ first_to_come('organization_id') }}

)

select
    organizations.crm,
    organizations.organization_id,
    {{ engagement_counts() }},
    coalesce(counted.contacts_touched, 0) as contacts_touched,
    {{ next_activity() }},
    {{ full_days('organizations.created_at', 'counted.first_touch_at') }} as days_create_to_first_touch,
    coalesce(counted.deals_touched, 0) as deals_touched,
    coalesce(counted.touches, 0) = 0 as never_touched
from organizations
cross join as_of
left join counted on organizations.crm = counted.crm and organizations.organization_id = counted.organization_id
left join overdue on organizations.crm = overdue.crm and organizations.organization_id = overdue.organization_id
left join upcoming
    on
        organizations.crm = upcoming.crm
        and organizations.organization_id = upcoming.organization_id
        and upcoming.place = 1
