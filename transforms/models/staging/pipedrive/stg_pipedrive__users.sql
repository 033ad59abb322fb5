select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as user_id,
    role_id,
    -- what
    name,
    email,
    phone,
    default_currency,
    locale,
    timezone_name as time_zone,
    -- when
    created as created_at,
    modified as updated_at,
    last_login as last_login_at,
    deleted_at,
    -- state
    coalesce(active_flag, false) as is_active,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'users') }}
