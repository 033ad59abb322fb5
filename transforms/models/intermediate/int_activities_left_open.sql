with
activities as (

    select * from {{ ref('fct_activity') }}

)

select
    crm,
    activity_id,
    deal_id,
    organization_id,
    activity_type,
    due_date,
    coalesce(due_at, {{ local_midnight('due_date', 'owner_time_zone') }}) as due_or_midnight_at,
    is_overdue
from activities
where not is_done and not is_deleted
