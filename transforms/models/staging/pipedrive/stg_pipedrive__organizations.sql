select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as organization_id,
    org_id as parent_organization_id,
    owner_id,
    -- what
    name,
    {{ json_readable('address') }} as address,
    website,
    linkedin as linkedin_url,
    industry,
    employee_count,
    annual_revenue,
    label_ids,
    visible_to,
    custom_fields,
    -- when
    add_time as created_at,
    update_time as updated_at,
    deleted_at,
    -- state
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'organizations') }}
