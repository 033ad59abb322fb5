-- The copies that the mirror made, out of the record of what was pushed; a push key says what it is a copy of.
{{ config(materialized='view') }}

with
pushed as (

    select
        *,
        split_part(push_key, '-', 1) as origin_crm,
        cast(case when push_key ~ '^[a-z0-9]+-[0-9]+$' then split_part(push_key, '-', 2) end as bigint) as origin_id
    from {{ ref('stg_ops__push_state') }}
    where target in ('push_deskera__activities__mirror', 'push_pipedrive__activities__mirror')

)

select
    crm,
    record_id as activity_id,
    origin_crm,
    origin_id,
    intended_at,
    -- Sent, and never answered: the record may be there, and the next apply looks for it.
    record_id is null and operation = 'create' and verdict = 'unknown' as is_lost
from pushed
where
    origin_id is not null
    and origin_crm in ('pipedrive', 'deskera')
    and ((is_created_by_push and record_id is not null) or verdict = 'unknown')
