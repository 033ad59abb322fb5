{%- set zone = "coalesce(owners.time_zone, " ~ default_time_zone() ~ ")" -%}
with
deals as (

    select
        crm,
        deal_id,
        owner_id,
        pipeline_id,
        coalesce(source, '') as source,
        created_at
    from {{ ref('dim_deal') }}
    where not is_deleted

),

owners as (

    select
        crm,
        user_id,
        time_zone
    from {{ ref('dim_user') }}

),

touches as (

    select
        crm,
        deal_id,
        touched_at
    from {{ ref('fct_activity') }}
    where is_touch and deal_id is not null

),

first_touches as (

    select
        deals.crm,
        deals.deal_id,
        min(touches.touched_at) as first_touch_at
    from deals
    inner join touches
        on deals.crm = touches.crm and deals.deal_id = touches.deal_id and deals.created_at <= touches.touched_at
    group by deals.crm, deals.deal_id

),

speeds as (

    select
        deals.*,
        first_touches.first_touch_at,
        cast(
            floor(
                (extract(epoch from first_touches.first_touch_at) - extract(epoch from deals.created_at)) / 60
            ) as bigint
        ) as minutes_to_first_touch
    from deals
    left join first_touches on deals.crm = first_touches.crm and deals.deal_id = first_touches.deal_id

),

owner_speeds as (

    select
        crm,
        owner_id,
        percentile_cont(0.5) within group (order by cast(minutes_to_first_touch as double precision)) as p50_minutes,
        percentile_cont(0.9) within group (order by cast(minutes_to_first_touch as double precision)) as p90_minutes
    from speeds
    where minutes_to_first_touch is not null
    group by crm, owner_id

),

source_speeds as (

    select
        crm,
        source,
        percentile_cont(0.5) within group (order by cast(minutes_to_first_touch as double precision)) as p50_minutes,
        percentile_cont(0.9) within group (order by cast(minutes_to_first_touch as double precision)) as p90_minutes
    from speeds
    where minutes_to_first_touch is not null
    group by crm, source

)

select
    speeds.crm,
    speeds.deal_id,
    speeds.owner_id,
    speeds.pipeline_id,
    speeds.source,
    speeds.created_at,
    {{ week_start(local_date('speeds.created_at', zone)) }} as created_week,
    speeds.first_touch_at,
    speeds.minutes_to_first_touch,
    owner_speeds.p50_minutes as owner_p50_minutes,
    owner_speeds.p90_minutes as owner_p90_minutes,
    source_speeds.p50_minutes as source_p50_minutes,
    source_speeds.p90_minutes as source_p90_minutes
from speeds
left join owners on speeds.crm = owners.crm and speeds.owner_id = owners.user_id
left join owner_speeds on speeds.crm = owner_speeds.crm and speeds.owner_id = owner_speeds.owner_id
left join source_speeds on speeds.crm = source_speeds.crm and speeds.source = source_speeds.source
