select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as product_id,
    owner_id,
    -- what
    name,
    code,
    description,
    unit,
    category,
    tax as tax_percent,
    prices,
    billing_frequency,
    billing_frequency_cycles,
    visible_to,
    custom_fields,
    -- when
    add_time as created_at,
    update_time as updated_at,
    deleted_at,
    -- state
    coalesce(is_linkable, false) as is_linkable,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'products') }}
