with
activities as (

    select
        crm,
        owner_id,
        activity_type,
        added_date,
        due_date,
        done_date,
        duration_minutes,
        done_on_time,
        is_overdue
    from {{ ref('fct_activity') }}
    where not is_deleted and owner_id is not null

),

added_by_day as (

    select
        crm,
        owner_id,
        added_date as date_day,
        activity_type,
        count(*) as added
    from activities
    where added_date is not null
    group by crm, owner_id, added_date, activity_type

),

planned_by_day as (

    select
        crm,
        owner_id,
        due_date as date_day,
        activity_type,
        count(*) as planned,
        count(*) filter (where is_overdue) as overdue_open
    from activities
    where due_date is not null
    group by crm, owner_id, due_date, activity_type

),

done_by_day as (

    select
        crm,
        owner_id,
        done_date as date_day,
        activity_type,
        count(*) as done,
        count(*) filter (where done_on_time) as done_on_time,
        coalesce(sum(duration_minutes), 0) as minutes
    from activities
    where done_date is not null
    group by crm, owner_id, done_date, activity_type

),

days as (

    select
        crm,
        owner_id,
        date_day,
        activity_type,
        added,
        0 as planned,
        0 as done,
        0 as done_on_time,
        0 as overdue_open,
        0 as minutes
    from added_by_day
    union all
    select
        crm,
        owner_id,
        date_day,
        activity_type,
        0 as added,
        planned,
        0 as done,
        0 as done_on_time,
        overdue_open,
        0 as minutes
    from planned_by_day
    union all
    select
        crm,
        owner_id,
        date_day,
        activity_type,
        0 as added,
        0 as planned,
        done,
        done_on_time,
        0 as overdue_open,
        minutes
    from done_by_day

)

select
    crm,
    owner_id,
    date_day,
    activity_type,
    cast(sum(added) as bigint) as added,
    cast(sum(planned) as bigint) as planned,
    cast(sum(done) as bigint) as done,
    cast(sum(done_on_time) as bigint) as done_on_time,
    cast(sum(overdue_open) as bigint) as overdue_open,
    cast(sum(minutes) as bigint) as minutes
from days
group by crm, owner_id, date_day, activity_type
