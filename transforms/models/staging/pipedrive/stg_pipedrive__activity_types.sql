select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as activity_type_id,
    key_string as activity_type,
    -- what
    name,
    order_nr as sort_order,
    -- when
    add_time as created_at,
    update_time as updated_at,
    deleted_at,
    -- state
    coalesce(active_flag, false) as is_active,
    coalesce(is_custom_flag, false) as is_custom,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'activity_types') }}
