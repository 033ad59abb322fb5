select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as person_id,
    org_id as organization_id,
    owner_id,
    -- what
    name,
    first_name,
    last_name,
    {{ json_readable('emails') }} as emails,
    {{ json_readable('phones') }} as phones,
    job_title,
    birthday as birth_date,
    notes,
    im as instant_messengers,
    postal_address,
    label_ids,
    picture_id,
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
from {{ source('raw_pipedrive', 'persons') }}
