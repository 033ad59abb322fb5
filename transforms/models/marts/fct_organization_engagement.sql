{# Built bit by bit; only the days since the last touch change by themselves, and are told anew in place. #}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        '{{ forget_stale_engagement("organization_id", ref("dim_organization"), ref("int_organizations_counted")) }}',
        '{{ tell_days_since_last_touch_anew() }}',
    ],
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['organization_id', 'crm']),
) }}

with
organizations as (

    select * from {{ ref('dim_organization') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.organization_id = found.organization_id
        )
    {% endif %}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

counted as (

    select * from {{ ref('int_organizations_counted') }}

),

left_open as (

    select activities.*
    from {{ ref('int_activities_left_open') }} as activities
    inner join organizations
        on activities.crm = organizations.crm and activities.organization_id = organizations.organization_id

),

overdue as (

    select
        crm,
        organization_id,
        {{ overdue_counts() }}
    from left_open
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
    coalesce(counted.touches, 0) = 0 as never_touched,
    -- provenance
    organizations._built_at as _record_built_at,
    counted._counted_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from organizations
cross join as_of
left join counted on organizations.crm = counted.crm and organizations.organization_id = counted.organization_id
left join overdue on organizations.crm = overdue.crm and organizations.organization_id = overdue.organization_id
left join upcoming
    on
        organizations.crm = upcoming.crm
        and organizations.organization_id = upcoming.organization_id
        and upcoming.place = 1
