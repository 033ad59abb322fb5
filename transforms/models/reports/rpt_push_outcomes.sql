with
pushed as (

    select * from {{ ref('stg_ops__push_state') }}

),

unfinished as (

    select * from {{ ref('stg_ops__push_open') }}

)

select
    -- keys
    coalesce(pushed.crm, unfinished.crm) as crm,
    coalesce(pushed.target, unfinished.target) as target,
    coalesce(pushed.push_key, unfinished.push_key) as push_key,
    coalesce(pushed.entity, unfinished.entity) as entity,
    coalesce(pushed.record_id, unfinished.record_id) as record_id,
    -- what
    pushed.operation,
    coalesce(unfinished.outcome, pushed.verdict) as outcome,
    coalesce(unfinished.reason, pushed.reason) as reason,
    pushed.request_id,
    coalesce(pushed.attempts, 0) as refusals,
    -- when
    pushed.intended_at as sent_at,
    coalesce(unfinished.seen_at, pushed.recorded_at) as told_at,
    case when unfinished.outcome = 'refused' then pushed.next_try_at end as next_try_at,
    -- flags
    coalesce(pushed.is_created_by_push, false) as is_created_by_push,
    unfinished.push_key is not null or pushed.verdict = 'unknown' as is_open
from pushed
full outer join unfinished
    on
        pushed.crm = unfinished.crm
        and pushed.target = unfinished.target
        and pushed.push_key = unfinished.push_key
