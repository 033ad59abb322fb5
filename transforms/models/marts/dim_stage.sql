with
stages as (

    select * from {{ ref('int_stages') }}

),

pipelines as (

    select * from {{ ref('int_pipelines') }}

)

select
    stages.crm,
    stages.stage_id,
    stages.pipeline_id,
    stages.name,
    pipelines.name as pipeline_name,
    stages.sort_order,
    stages.deal_probability,
    stages.days_to_rotten,
    stages.is_rot_enabled,
    stages.is_deleted
from stages
left join pipelines on stages.crm = pipelines.crm and stages.pipeline_id = pipelines.pipeline_id
