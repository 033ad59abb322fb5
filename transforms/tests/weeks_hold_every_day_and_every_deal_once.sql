-- Sums of agg_owner_week against the days, the touches and the deals that it is made of.
with
weeks as (

    select
        sum(added) as added,
        sum(planned) as planned,
        sum(done) as done,
        sum(done_on_time) as done_on_time,
        sum(minutes) as minutes,
        sum(
            {%- for name, _condition in activity_buckets() %}
                {{ name }}_done {{ "+" if not loop.last }}
            {%- endfor %}
        ) as done_by_type,
        sum(touches) as touches,
        sum(deals_won) as deals_won,
        sum(won_value) as won_value,
        sum(deals_lost) as deals_lost
    from {{ ref('agg_owner_week') }}

),

days as (

    select
        sum(added) as added,
        sum(planned) as planned,
        sum(done) as done,
        sum(done_on_time) as done_on_time,
        sum(minutes) as minutes
    from {{ ref('agg_owner_day_type') }}

),

touches as (

    select count(*) as touches
    from {{ ref('fct_activity') }}
    where is_touch and owner_id is not null

),

deals as (

    select
        count(*) filter (where status = 'won' and won_at is not null) as deals_won,
        sum(value_reporting) filter (where status = 'won' and won_at is not null) as won_value,
        count(*) filter (where status = 'lost' and lost_at is not null) as deals_lost
    from {{ ref('dim_deal') }}
    where not is_deleted and owner_id is not null

)

select weeks.*
from weeks
cross join days
cross join touches
cross join deals
where
    coalesce(weeks.added, 0) != coalesce(days.added, 0)
    or coalesce(weeks.planned, 0) != coalesce(days.planned, 0)
    or coalesce(weeks.done, 0) != coalesce(days.done, 0)
    or coalesce(weeks.done_by_type, 0) != coalesce(days.done, 0)
    or coalesce(weeks.done_on_time, 0) != coalesce(days.done_on_time, 0)
    or coalesce(weeks.minutes, 0) != coalesce(days.minutes, 0)
    or coalesce(weeks.touches, 0) != touches.touches
    or coalesce(weeks.deals_won, 0) != deals.deals_won
    or coalesce(weeks.won_value, 0) != coalesce(deals.won_value, 0)
    or coalesce(weeks.deals_lost, 0) != deals.deals_lost
