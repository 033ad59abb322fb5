-- Deskera shows no pipeline, only the ids that deals and their stages name.
select
    cast('deskera' as varchar) as crm,
    named.pipeline_id,
    'Pipeline ' || cast(named.pipeline_id as varchar) as name,
    {{ not_told('pipelines', ['sort_order']) }},
    true as is_deal_probability_enabled,
    false as is_deleted
from (
    select pipeline_id from {{ source('raw_deskera', 'deals') }}
    union
    select pipeline_id from {{ source('raw_deskera', 'stages') }}
) as named
where named.pipeline_id != 0
