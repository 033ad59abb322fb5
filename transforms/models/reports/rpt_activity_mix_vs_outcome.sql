with
closed_deals as (

    select
        crm,
        deal_id,
        status,
        created_at,
        value_reporting,
        coalesce(case when status = 'won' then won_at else lost_at end, closed_at) as ended_at
    from {{ ref('dim_deal') }}
    where status in ('won', 'lost') and not is_deleted

),

touches as (

    select
        crm,
        deal_id,
        activity_type,
        touched_at
    from {{ ref('fct_activity') }}
    where is_touch and deal_id is not null

),

touches_by_type as (

    select
        closed_deals.crm,
        closed_deals.deal_id,
        touches.activity_type,
        count(*) as touches
    from closed_deals
    inner join touches
        on
            closed_deals.crm = touches.crm
            and closed_deals.deal_id = touches.deal_id
            and closed_deals.ended_at >= touches.touched_at
    group by closed_deals.crm, closed_deals.deal_id, touches.activity_type

),

touches_by_deal as (

    select
        crm,
        deal_id,
        sum(touches) as touches
    from touches_by_type
    group by crm, deal_id

),

-- More than half: of one type at most.
main_types as (

    select
        touches_by_type.crm,
        touches_by_type.deal_id,
        touches_by_type.activity_type
    from touches_by_type
    inner join touches_by_deal
        on touches_by_type.crm = touches_by_deal.crm and touches_by_type.deal_id = touches_by_deal.deal_id
    where touches_by_type.touches * 2 > touches_by_deal.touches

),

deals as (

    select
        closed_deals.*,
        closed_deals.status = 'won' as is_won,
        cast(
            floor(extract(epoch from closed_deals.ended_at) - extract(epoch from closed_deals.created_at)) as bigint
        ) as cycle_seconds,
        coalesce(touches_by_deal.touches, 0) as touches,
        case
            when touches_by_deal.touches is null then 'no touches'
            when main_types.activity_type is null then 'mixed'
            else 'mostly ' || main_types.activity_type
        end as mix_bucket
    from closed_deals
    left join touches_by_deal
        on closed_deals.crm = touches_by_deal.crm and closed_deals.deal_id = touches_by_deal.deal_id
    left join main_types on closed_deals.crm = main_types.crm and closed_deals.deal_id = main_types.deal_id

)

select
    crm,
    mix_bucket,
    count(*) as deals,
    count(*) filter (where is_won) as won,
    count(*) filter (where not is_won) as lost,
    cast(count(*) filter (where is_won) as double precision) / count(*) as win_rate,
    cast(sum(cycle_seconds) as double precision) / count(cycle_seconds) / 86400 as average_cycle_days,
    cast(
        round(
            cast(
                cast(sum(value_reporting) filter (where is_won) as double precision)
                / nullif(count(value_reporting) filter (where is_won), 0)
                as numeric(38, 9)
            ),
            2
        ) as numeric(38, 9)
    ) as average_won_value,
    avg(cast(touches as double precision)) filter (where is_won) as average_touches_to_win,
    avg(cast(touches as double precision)) filter (where not is_won) as average_touches_to_loss
from deals
group by crm, mix_bucket
