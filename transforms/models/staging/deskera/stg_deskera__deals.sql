select
    -- keys
    cast('deskera' as varchar) as crm,
    deals.id as deal_id,
    nullif(deals.owner_id, 0) as owner_id,
    nullif(deals.contact_id, 0) as person_id,
    nullif(deals.organization_id, 0) as organization_id,
    nullif(deals.pipeline_id, 0) as pipeline_id,
    nullif(deals.stage_id, 0) as stage_id,
    -- what
    deals.name as title,
    lower(stages.won_lost_status) as status,
    deals.amount as value,
    nullif(deals.currency_code, '') as currency,
    coalesce(nullif(deals.deal_probability, 0), stages.deal_probability) as probability,
    nullif(deals.reason, '') as lost_reason,
    {{ not_told('deals', ['source', 'channel']) }},
    -- when
    {{ local_date('deals.closing_date', "'UTC'") }} as expected_close_date,
    deals.created_at,
    deals.deleted_at,
    {{ not_told('deals', ['updated_at', 'stage_changed_at', 'won_at', 'lost_at', 'closed_at', 'archived_at']) }},
    -- state
    false as is_archived,
    coalesce(deals.is_deleted, false) as is_deleted,
    -- Deskera's own
    deals.mobile,
    deals.email,
    deals.status as status_code,
    nullif(deals.activity_id, 0) as activity_id,
    deals."order" as sort_order,
    deals.stage_name,
    deals.rotting_days,
    deals.custom_field as custom_fields,
    deals.seen_at,
    -- provenance
    deals._loaded_at
from {{ source('raw_deskera', 'deals') }} as deals
left join {{ source('raw_deskera', 'stages') }} as stages on deals.stage_id = stages.id
