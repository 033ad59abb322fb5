with
pipelines as (

    select * from {{ ref('int_pipelines') }}

)

select
    crm,
    pipeline_id,
    name,
    sort_order,
    is_deal_probability_enabled,
    is_deleted
from pipelines
