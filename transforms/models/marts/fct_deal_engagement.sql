with
deals as (

    select * from {{ ref('dim_deal') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

counted as (

    select * from {{ ref('int_deals_counted') }}

),

left_open as (

    select * from {{ ref('int_activities_left_open') }}

),

overdue as (

    select
        crm,
        deal_id,
        {{ overdue_counts() }}
    from left_open
    where deal_id is not null
    group by crm, deal_id

),

upcoming as (

    {{ first_to_come('deal_id') }}

)

select
    deals.crm,
    deals.deal_id,
    {{ engagement_counts() }},
    coalesce(counted.contacts_touched, 0) as contacts_touched,
    {{ next_activity() }},
    {{ full_days('deals.created_at', 'counted.first_touch_at') }} as days_create_to_first_touch,
    case when deals.status = 'won' and deals.won_at is not null then coalesce(counted.touches_before_won, 0) end
        as touches_before_won,
    case when deals.status = 'lost' and deals.lost_at is not null then coalesce(counted.touches_before_lost, 0) end
        as touches_before_lost
from deals
cross join as_of
left join counted on deals.crm = counted.crm and deals.deal_id = counted.deal_id
left join overdue on deals.crm = overdue.crm and deals.deal_id = overdue.deal_id
left join upcoming on deals.crm = upcoming.crm and deals.deal_id = upcoming.deal_id and upcoming.place = 1
