select
    -- keys
    cast('deskera' as varchar) as crm,
    id as organization_id,
    {{ not_told('organizations', ['owner_id']) }},
    -- what
    name,
    {{ json_of_one('value', 'address') }} as address,
    {{ not_told('organizations', ['website', 'industry', 'employee_count', 'annual_revenue']) }},
    -- when
    {{ not_told('organizations', ['created_at', 'updated_at']) }},
    deleted_at,
    -- state
    coalesce(is_deleted, false) as is_deleted,
    -- Deskera's own
    nullif(email, '') as email,
    nullif(phone, '') as phone,
    nullif(country_code, '') as country_code,
    nullif(organization_id, 0) as parent_organization_id,
    nullif(label_id, 0) as label_id,
    label,
    nullif(logo, '') as logo,
    seen_at,
    -- provenance
    _loaded_at
from {{ source('raw_deskera', 'organizations') }}
