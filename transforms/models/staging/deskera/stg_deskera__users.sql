select
    -- keys
    cast('deskera' as varchar) as crm,
    id as user_id,
    {{ not_told('users', ['role_id']) }},
    -- what
    nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '') as name,
    email,
    time_zone,
    {{ not_told('users', ['default_currency']) }},
    -- when
    {{ not_told('users', ['created_at', 'last_login_at']) }},
    -- state: who has left is not told
    true as is_active,
    coalesce(is_deleted, false) as is_deleted,
    -- Deskera's own
    nullif(contact, '') as phone,
    nullif(country_code, '') as country_code,
    nullif(profile_url, '') as profile_url,
    seen_at,
    -- provenance
    _loaded_at
from {{ source('raw_deskera', 'users') }}
