-- Sums of agg_owner_day_type against fct_activity: nothing lost, nothing counted twice.
with
days as (

    select
        sum(added) as added,
        sum(planned) as planned,
        sum(done) as done,
        sum(done_on_time) as done_on_time,
        sum(overdue_open) as overdue_open,
        sum(minutes) as minutes
    from {{ ref('agg_owner_day_type') }}

),

activities as (

    select
        count(added_date) as added,
        count(due_date) as planned,
        count(done_date) as done,
        count(*) filter (where done_on_time) as done_on_time,
        count(*) filter (where is_overdue) as overdue_open,
        sum(duration_minutes) filter (where done_date is not null) as minutes
    from {{ ref('fct_activity') }}
    where not is_deleted and owner_id is not null

)

select
    days.*,
    activities.added as activities_added,
    activities.planned as activities_planned,
    activities.done as activities_done,
    activities.done_on_time as activities_done_on_time,
    activities.overdue_open as activities_overdue_open,
    activities.minutes as activities_minutes
from days
cross join activities
where
    coalesce(days.added, 0) != activities.added
    or coalesce(days.planned, 0) != activities.planned
    or coalesce(days.done, 0) != activities.done
    or coalesce(days.done_on_time, 0) != activities.done_on_time
    or coalesce(days.overdue_open, 0) != activities.overdue_open
    or coalesce(days.minutes, 0) != coalesce(activities.minutes, 0)
