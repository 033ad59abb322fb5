with
source as (

    select * from {{ source('raw_pipedrive', 'deals') }}

)

select
    -- keys
    id as deal_id,
    owner_id,
    creator_user_id,
    person_id,
    org_id as organization_id,
    pipeline_id,
    stage_id,
    source_lead_id,
    -- what
    title,
    status,
    value,
    currency,
    probability,
    lost_reason,
    origin as source,
    origin_id as source_id,
    channel,
    channel_id,
    label_ids,
    visible_to,
    acv as annual_contract_value,
    arr as annual_recurring_revenue,
    mrr as monthly_recurring_revenue,
    custom_fields,
    -- when
    expected_close_date,
    add_time as created_at,
    update_time as updated_at,
    stage_change_time as stage_changed_at,
    won_time as won_at,
    first_won_time as first_won_at,
    lost_time as lost_at,
    close_time as closed_at,
    archive_time as archived_at,
    deleted_at,
    local_won_date,
    local_lost_date,
    local_close_date,
    -- state
    coalesce(is_archived, false) as is_archived,
    coalesce(is_deleted, false) as is_deleted,
    -- provenance
    _loaded_at
from source
