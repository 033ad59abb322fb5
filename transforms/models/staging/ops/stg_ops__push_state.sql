select
    -- keys
    crm,
    target,
    push_key,
    entity,
    record_id,
    run_id,
    -- what
    operation,
    verdict,
    reason,
    request_id,
    attempts,
    created as is_created_by_push,
    -- when
    intended_at,
    recorded_at,
    next_try_at
from {{ source('ops', 'push_state') }}
