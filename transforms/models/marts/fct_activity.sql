{#
    Deals are rebuilt whole, because one activity may move the sequence of all. Only is_overdue changes by itself, and is
    told anew in place.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=['{{ forget_stale_activities() }}', '{{ tell_overdue_anew() }}'],
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['activity_id', 'crm'], [['deal_id', 'crm']]),
) }}

with
activities as (

    select * from {{ ref('int_activities') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

deals as (

    select * from {{ ref('int_deals') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

zoned as (

    select
        activities.*,
        coalesce(users.time_zone, {{ default_time_zone() }}) as owner_time_zone,
        coalesce(activities.activity_type, '') as known_type,
        activities.due_date is not null and activities.due_time is null as is_all_day,
        (activities.due_date + activities.due_time) at time zone 'UTC' as due_at,
        case when activities.is_done then activities.done_at end as known_done_at
    from activities
    left join users on activities.crm = users.crm and activities.owner_id = users.user_id
    {% if is_incremental() %}
        where not exists (
            select 1
            from {{ this }} as held
            where held.crm = activities.crm and held.activity_id = activities.activity_id
        )
    {% endif %}

),

dated as (

    select
        *,
        {{ local_date('added_at', 'owner_time_zone') }} as added_date,
        case
            when is_all_day then due_date
            else {{ local_date('due_at', 'owner_time_zone') }}
        end as local_due_date,
        {{ local_date('known_done_at', 'owner_time_zone') }} as local_done_date,
        coalesce(
            known_done_at, due_at, case when is_all_day then {{ local_midnight('due_date', 'owner_time_zone') }} end
        ) as happens_at
    from zoned

),

touched as (

    select
        *,
        case
            when is_done and not is_deleted and {{ is_among('known_type', var('touch_types')) }} then happens_at
        end as touched_at
    from dated

),

numbered as (

    select
        crm,
        activity_id,
        row_number() over (
            partition by crm, deal_id
            order by coalesce(happens_at, added_at), activity_id
        ) as sequence_on_deal
    from touched
    where deal_id is not null and not is_deleted

)

select
    -- keys
    touched.crm,
    touched.activity_id,
    touched.owner_id,
    touched.creator_user_id,
    touched.deal_id,
    touched.lead_id,
    touched.person_id,
    touched.organization_id,
    touched.project_id,
    -- what
    touched.known_type as activity_type,
    touched.subject,
    touched.priority,
    {{ json_text('touched.location', 'value') }} as location,
    {{ json_length('touched.participants') }} as participants_count,
    {{ json_length('touched.attendees') }} as attendees_count,
    {{ duration_minutes('touched.duration') }} as duration_minutes,
    -- when
    touched.owner_time_zone,
    touched.added_at,
    touched.added_date,
    touched.due_at,
    touched.local_due_date as due_date,
    touched.known_done_at as done_at,
    case
        when touched.is_done then coalesce(touched.local_done_date, touched.local_due_date)
    end as done_date,
    touched.touched_at,
    {{ local_date('touched.touched_at', 'touched.owner_time_zone') }} as touched_date,
    touched.updated_at,
    touched.deleted_at,
    -- between
    touched.local_due_date - touched.added_date as days_add_to_due,
    touched.local_done_date - touched.local_due_date as days_due_to_done,
    numbered.sequence_on_deal,
    {{ deal_status_at('touched.known_done_at') }} as deal_status_when_done,
    -- flags
    touched.is_all_day,
    touched.is_done,
    touched.local_done_date <= touched.local_due_date as done_on_time,
    touched.touched_at is not null as is_touch,
    not touched.is_done and not touched.is_deleted and {{ overdue_at('as_of.as_of') }} as is_overdue,
    coalesce(numbered.sequence_on_deal = 1, false) as is_first_on_deal,
    touched.is_deleted,
    -- provenance
    touched._loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from touched
cross join as_of
left join deals on touched.crm = deals.crm and touched.deal_id = deals.deal_id
left join numbered on touched.crm = numbered.crm and touched.activity_id = numbered.activity_id
