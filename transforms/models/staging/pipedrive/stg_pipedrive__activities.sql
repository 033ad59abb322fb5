select
    -- keys
    cast('pipedrive' as varchar) as crm,
    id as activity_id,
    owner_id,
    creator_user_id,
    deal_id,
    lead_id,
    person_id,
    org_id as organization_id,
    project_id,
    -- what
    type as activity_type,
    subject,
    priority,
    outcome,
    public_description,
    note,
    {{ json_readable('location') }} as location,
    {{ json_readable('participants') }} as participants,
    {{ json_readable('attendees') }} as attendees,
    conference_meeting_client,
    conference_meeting_url,
    conference_meeting_id,
    -- when
    due_date,
    {{ clock_time('due_time') }} as due_time,
    duration,
    marked_as_done_time as done_at,
    add_time as added_at,
    update_time as updated_at,
    deleted_at,
    -- state
    coalesce(done, false) as is_done,
    coalesce(busy, false) as is_busy,
    coalesce(private, false) as is_private,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from {{ source('raw_pipedrive', 'activities') }}
