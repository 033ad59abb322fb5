select
    -- keys
    run_id,
    crm,
    entity,
    -- what
    status,
    -- when
    window_since,
    window_until
from {{ source('ops', 'entity_loads') }}
