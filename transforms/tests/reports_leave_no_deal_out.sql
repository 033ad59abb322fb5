-- Each deal that is not deleted has its speed, each closed one is in one mix; every check is told of every CRM.
with
deals as (

    select
        count(*) as deals,
        count(*) filter (where status in ('won', 'lost')) as closed_deals
    from {{ ref('dim_deal') }}
    where not is_deleted

),

speeds as (

    select count(*) as deals
    from {{ ref('rpt_speed_to_first_touch') }}

),

mixes as (

    select coalesce(sum(won + lost), 0) as closed_deals
    from {{ ref('rpt_activity_mix_vs_outcome') }}

),

checks as (

    select count(*) as checks
    from {{ ref('rpt_data_quality') }}
    where records <= population

)

select
    deals.deals,
    speeds.deals as deals_with_speed,
    deals.closed_deals,
    mixes.closed_deals as closed_deals_in_mixes,
    checks.checks
from deals
cross join speeds
cross join mixes
cross join checks
where
    deals.deals != speeds.deals
    or deals.closed_deals != mixes.closed_deals
    or checks.checks != 12 * {{ var('crms') | length }}
