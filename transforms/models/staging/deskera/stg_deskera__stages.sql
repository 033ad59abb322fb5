select
    -- keys
    cast('deskera' as varchar) as crm,
    id as stage_id,
    nullif(pipeline_id, 0) as pipeline_id,
    -- what
    name,
    "order" as sort_order,
    deal_probability,
    rotting_days as days_to_rotten,
    -- state
    coalesce(rotting_days > 0, false) as is_rot_enabled,
    coalesce(is_deleted, false) as is_deleted,
    -- Deskera's own
    help_text,
    system_generated as is_system_generated,
    won_lost_status,
    seen_at,
    -- provenance
    _loaded_at
from {{ source('raw_deskera', 'stages') }}
