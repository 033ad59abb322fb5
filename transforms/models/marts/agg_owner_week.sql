{%- set zone = "coalesce(owners.time_zone, " ~ default_time_zone() ~ ")" -%}
with
days as (

    select
        *,
        {{ week_start('date_day') }} as week_start_date
    from {{ ref('agg_owner_day_type') }}

),

activities as (

    select
        crm,
        owner_id,
        deal_id,
        due_date,
        done_date,
        touched_date,
        is_done,
        is_touch,
        done_on_time
    from {{ ref('fct_activity') }}
    where not is_deleted and owner_id is not null

),

deals as (

    select
        crm,
        deal_id,
        owner_id,
        status,
        value_reporting,
        case when status = 'won' then won_at else lost_at end as ended_at
    from {{ ref('dim_deal') }}
    where not is_deleted and owner_id is not null and status in ('won', 'lost')

),

owners as (

    select
        crm,
        user_id,
        time_zone
    from {{ ref('dim_user') }}

),

weeks_of_days as (

    select
        crm,
        owner_id,
        week_start_date,
        sum(added) as added,
        sum(planned) as planned,
        sum(done) as done,
        sum(done_on_time) as done_on_time,
        {% for name, condition in activity_buckets() -%}
            coalesce(sum(done) filter (where {{ condition }}), 0) as {{ name }}_done,
        {% endfor -%}
        sum(minutes) as minutes
    from days
    group by crm, owner_id, week_start_date

),

weeks_planned as (

    select
        crm,
        owner_id,
        {{ week_start('due_date') }} as week_start_date,
        count(*) filter (where is_done) as planned_done
    from activities
    where due_date is not null
    group by crm, owner_id, {{ week_start('due_date') }}

),

weeks_done as (

    select
        crm,
        owner_id,
        {{ week_start('done_date') }} as week_start_date,
        count(*) as done_timed
    from activities
    where done_date is not null and done_on_time is not null
    group by crm, owner_id, {{ week_start('done_date') }}

),

weeks_touched as (

    select
        crm,
        owner_id,
        {{ week_start('touched_date') }} as week_start_date,
        count(*) as touches,
        count(distinct deal_id) as deals_touched
    from activities
    where is_touch
    group by crm, owner_id, {{ week_start('touched_date') }}

),

deals_ended as (

    select
        deals.crm,
        deals.owner_id,
        deals.status,
        deals.value_reporting,
        {{ week_start(local_date('deals.ended_at', zone)) }} as week_start_date
    from deals
    left join owners on deals.crm = owners.crm and deals.owner_id = owners.user_id
    where deals.ended_at is not null

),

weeks_ended as (

    select
        crm,
        owner_id,
        week_start_date,
        count(*) filter (where status = 'won') as deals_won,
        sum(value_reporting) filter (where status = 'won') as won_value,
        count(*) filter (where status = 'lost') as deals_lost
    from deals_ended
    group by crm, owner_id, week_start_date

),

owner_weeks as (

    select
        crm,
        owner_id,
        week_start_date
    from weeks_of_days

    union

    select
        crm,
        owner_id,
        week_start_date
    from weeks_touched

    union

    select
        crm,
        owner_id,
        week_start_date
    from weeks_ended

),

weeks as (

    select
        owner_weeks.crm,
        owner_weeks.owner_id,
        owner_weeks.week_start_date,
        coalesce(weeks_of_days.added, 0) as added,
        coalesce(weeks_of_days.planned, 0) as planned,
        coalesce(weeks_of_days.done, 0) as done,
        coalesce(weeks_of_days.done_on_time, 0) as done_on_time,
        coalesce(weeks_of_days.minutes, 0) as minutes,
        coalesce(weeks_planned.planned_done, 0) as planned_done,
        coalesce(weeks_done.done_timed, 0) as done_timed,
        {% for name, _condition in activity_buckets() -%}
            coalesce(weeks_of_days.{{ name }}_done, 0) as {{ name }}_done,
        {% endfor -%}
        coalesce(weeks_touched.touches, 0) as touches,
        coalesce(weeks_touched.deals_touched, 0) as deals_touched,
        coalesce(weeks_ended.deals_won, 0) as deals_won,
        coalesce(weeks_ended.won_value, 0) as won_value,
        coalesce(weeks_ended.deals_lost, 0) as deals_lost
    from owner_weeks
    left join weeks_of_days
        on
            owner_weeks.crm = weeks_of_days.crm
            and owner_weeks.owner_id = weeks_of_days.owner_id
            and owner_weeks.week_start_date = weeks_of_days.week_start_date
    left join weeks_planned
        on
            owner_weeks.crm = weeks_planned.crm
            and owner_weeks.owner_id = weeks_planned.owner_id
            and owner_weeks.week_start_date = weeks_planned.week_start_date
    left join weeks_done
        on
            owner_weeks.crm = weeks_done.crm
            and owner_weeks.owner_id = weeks_done.owner_id
            and owner_weeks.week_start_date = weeks_done.week_start_date
    left join weeks_touched
        on
            owner_weeks.crm = weeks_touched.crm
            and owner_weeks.owner_id = weeks_touched.owner_id
            and owner_weeks.week_start_date = weeks_touched.week_start_date
    left join weeks_ended
        on
            owner_weeks.crm = weeks_ended.crm
            and owner_weeks.owner_id = weeks_ended.owner_id
            and owner_weeks.week_start_date = weeks_ended.week_start_date

),

rated_weeks as (

    select
        *,
        cast(planned_done as double precision) / nullif(planned, 0) as completion_rate,
        cast(done_on_time as double precision) / nullif(done_timed, 0) as on_time_rate
    from weeks
    where added + planned + done + deals_touched + deals_won + deals_lost > 0

)

select
    -- keys
    this_week.crm,
    this_week.owner_id,
    this_week.week_start_date,
    -- activities
    cast(this_week.added as bigint) as added,
    cast(this_week.planned as bigint) as planned,
    cast(this_week.done as bigint) as done,
    cast(this_week.done_on_time as bigint) as done_on_time,
    cast(this_week.minutes as bigint) as minutes,
    this_week.planned_done,
    this_week.completion_rate,
    this_week.done_timed,
    this_week.on_time_rate,
    {% for name, _condition in activity_buckets() -%}
        cast(this_week.{{ name }}_done as bigint) as {{ name }}_done,
    {% endfor -%}
    this_week.touches,
    this_week.deals_touched,
    -- deals
    this_week.deals_won,
    cast(this_week.won_value as numeric(38, 9)) as won_value,
    this_week.deals_lost,
    -- against the week before
    cast(coalesce(week_before.added, 0) as bigint) as added_previous_week,
    cast(coalesce(week_before.done, 0) as bigint) as done_previous_week,
    coalesce(week_before.deals_won, 0) as deals_won_previous_week,
    cast(coalesce(week_before.won_value, 0) as numeric(38, 9)) as won_value_previous_week,
    week_before.completion_rate as completion_rate_previous_week,
    week_before.on_time_rate as on_time_rate_previous_week,
    cast(this_week.done - coalesce(week_before.done, 0) as bigint) as done_change
from rated_weeks as this_week
left join rated_weeks as week_before
    on
        this_week.crm = week_before.crm
        and this_week.owner_id = week_before.owner_id
        and this_week.week_start_date - 7 = week_before.week_start_date
