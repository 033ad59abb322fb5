{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_rows() }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['activity_id', 'attendee_number', 'crm']),
) }}

with
activities as (

    select * from {{ ref('int_activities') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.activity_id = found.activity_id
        )
    {% endif %}

),

entries as (

    select
        crm,
        activity_id,
        _loaded_at,
        {{ json_elements('attendees') }} as entry,
        {{ json_positions('attendees') }} as attendee_number
    from activities

)

select
    crm,
    activity_id,
    attendee_number,
    {{ json_text('entry', 'email') }} as email,
    {{ json_text('entry', 'name') }} as name,
    {{ json_text('entry', 'status') }} as status,
    {{ json_flag('entry', 'is_organizer') }} as is_organizer,
    {{ json_id('entry', 'person_id') }} as person_id,
    {{ json_id('entry', 'user_id') }} as user_id,
    _loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from entries
