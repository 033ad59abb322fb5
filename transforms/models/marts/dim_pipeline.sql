with
pipelines as (

    select * from {{ ref('stg_pipedrive__pipelines') }}

)

select
    pipeline_id,
    name,
    sort_order,
    is_deal_probability_enabled,
    is_deleted
from pipelines
