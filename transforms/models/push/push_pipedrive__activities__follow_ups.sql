-- Without a next activity and untouched for longer than follow_up_days. When the call is done, that is a touch, and the
-- deal's next follow-up has another key.
with
deals as (

    select * from {{ ref('dim_deal') }} where crm = 'pipedrive'

),

engagement as (

    select * from {{ ref('fct_deal_engagement') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

persons as (

    select * from {{ ref('dim_person') }} where not is_deleted

),

organizations as (

    select * from {{ ref('dim_organization') }} where not is_deleted

),

as_of as (

    select * from {{ ref('int_as_of') }}

)

select
    'follow-up-' || deals.deal_id || '-' || coalesce(
        cast({{ local_date('engagement.last_touch_at', "'UTC'") }} as varchar), 'first'
    ) as push_key,
    'call' as type,
    'Follow up: ' || coalesce(nullif(deals.title, ''), 'deal ' || deals.deal_id) as subject,
    deals.owner_id,
    deals.deal_id,
    organizations.organization_id as org_id,
    '[{"person_id": ' || persons.person_id || ', "primary": true}]' as participants,
    as_of.as_of_date + 1 as due_date,
    coalesce(
        'Not touched for ' || engagement.days_since_last_touch || ' days, and nothing is planned.',
        'Never touched, and nothing is planned.'
    ) as note
from deals
cross join as_of
inner join engagement on deals.crm = engagement.crm and deals.deal_id = engagement.deal_id
inner join users on deals.crm = users.crm and deals.owner_id = users.user_id
left join persons on deals.crm = persons.crm and deals.person_id = persons.person_id
left join organizations on deals.crm = organizations.crm and deals.organization_id = organizations.organization_id
where
    deals.is_open
    and users.is_active
    and not engagement.has_next_activity
    and coalesce(engagement.days_since_last_touch > {{ var('follow_up_days') }}, true)
