{{ config(
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['snapshot_date']}] if target.type == 'postgres' else [],
    pre_hook='{{ forget_snapshot_day() }}',
) }}

with
as_of as (

    select * from {{ ref('int_as_of') }}

),

open_activities as (

    select
        crm,
        owner_id,
        owner_time_zone,
        activity_type,
        due_date,
        is_overdue
    from {{ ref('fct_activity') }}
    where not is_done and not is_deleted

),

-- What day it is depends on the zone only; asked once a zone, not once an activity.
zones as (

    select distinct owner_time_zone from open_activities

),

todays as (

    select
        zones.owner_time_zone,
        as_of.as_of_date as snapshot_date,
        {{ local_date('as_of.as_of', 'zones.owner_time_zone') }} as today
    from zones
    cross join as_of

)

select
    open_activities.crm,
    todays.snapshot_date,
    open_activities.owner_id,
    open_activities.activity_type,
    count(*) as open,
    count(*) filter (where open_activities.is_overdue) as overdue,
    count(*) filter (where open_activities.due_date = todays.today) as due_today,
    count(*) filter (
        where open_activities.due_date between todays.today + 1 and todays.today + 7
    ) as due_next_7_days
from open_activities
inner join todays on open_activities.owner_time_zone = todays.owner_time_zone
group by open_activities.crm, todays.snapshot_date, open_activities.owner_id, open_activities.activity_type
