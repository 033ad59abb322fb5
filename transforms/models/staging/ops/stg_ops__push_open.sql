select
    -- keys
    crm,
    target,
    push_key,
    entity,
    record_id,
    run_id,
    -- what
    outcome,
    reason,
    -- when
    seen_at
from {{ source('ops', 'push_open') }}
