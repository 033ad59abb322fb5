-- Each open deal with a stage is on its last visit, which is to that stage; deals that are not open are on none.
with
deals as (

    select
        crm,
        deal_id,
        stage_id
    from {{ ref('dim_deal') }}
    where
        is_open
        and stage_id is not null
        and coalesce(stage_changed_at, created_at) is not null

),

visits as (

    select
        crm,
        deal_id,
        stage_id
    from {{ ref('fct_deal_stage_history') }}
    where is_current

)

select
    coalesce(deals.crm, visits.crm) as crm,
    coalesce(deals.deal_id, visits.deal_id) as deal_id,
    deals.stage_id,
    visits.stage_id as visited_stage_id
from deals
full join visits on deals.crm = visits.crm and deals.deal_id = visits.deal_id and deals.stage_id = visits.stage_id
where deals.deal_id is null or visits.deal_id is null
