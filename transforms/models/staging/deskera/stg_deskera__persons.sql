select
    -- keys
    cast('deskera' as varchar) as crm,
    id as person_id,
    nullif(organization_id, 0) as organization_id,
    {{ not_told('persons', ['owner_id']) }},
    -- what
    name,
    {{ list_of_one('email') }} as emails,
    {{ list_of_one(with_country_code('phone', 'country_code')) }} as phones,
    {{ not_told('persons', ['first_name', 'last_name', 'job_title']) }},
    -- when
    {{ not_told('persons', ['created_at', 'updated_at']) }},
    deleted_at,
    -- state
    coalesce(is_deleted, false) as is_deleted,
    -- Deskera's own
    nullif(country_code, '') as country_code,
    nullif(address, '') as address,
    nullif(label_id, 0) as label_id,
    label,
    nullif(logo, '') as logo,
    seen_at,
    -- provenance
    _loaded_at
from {{ source('raw_deskera', 'contacts') }}
