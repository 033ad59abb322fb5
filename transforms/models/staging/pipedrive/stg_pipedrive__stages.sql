select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as stage_id,
    pipeline_id,
    -- what
    name,
    order_nr as sort_order,
    deal_probability,
    days_to_rotten,
    -- when
    add_time as created_at,
    update_time as updated_at,
    deleted_at,
    -- state
    coalesce(is_deal_rot_enabled, false) as is_rot_enabled,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'stages') }}
