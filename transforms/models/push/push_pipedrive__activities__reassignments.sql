-- To the deal's owner, if that is somebody who is still there, else to the user that fallback_owner_id names.
with
activities as (

    select * from {{ ref('fct_activity') }} where crm = 'pipedrive'

),

deals as (

    select * from {{ ref('dim_deal') }}

),

active_users as (

    select * from {{ ref('dim_user') }} where crm = 'pipedrive' and is_active and not is_deleted

),

found as (

    select
        activities.activity_id,
        coalesce(deal_owners.user_id, fallback.user_id) as new_owner_id
    from activities
    left join active_users as present on activities.crm = present.crm and activities.owner_id = present.user_id
    left join deals on activities.crm = deals.crm and activities.deal_id = deals.deal_id
    left join active_users as deal_owners on deals.crm = deal_owners.crm and deals.owner_id = deal_owners.user_id
    left join active_users as fallback on fallback.user_id = {{ var('fallback_owner_id') or 'null' }}
    where
        not activities.is_done
        and not activities.is_deleted
        and activities.owner_id is not null
        and present.user_id is null

)

select
    'reassign-' || activity_id as push_key,
    activity_id as id,
    new_owner_id as owner_id
from found
where new_owner_id is not null
