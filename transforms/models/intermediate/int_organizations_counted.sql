{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_counts("organization_id") }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['organization_id', 'crm']),
) }}

with
activities as (

    select *
    from {{ ref('fct_activity') }} as found
    where
        not is_deleted
        and organization_id is not null
        {% if is_incremental() %}
            and not exists (
                select 1
                from {{ this }} as held
                where held.crm = found.crm and held.organization_id = found.organization_id
            )
        {% endif %}

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

counted as (

    select
        crm,
        organization_id,
        {{ activity_counts() }},
        max(_built_at) as _built_at,
        count(distinct deal_id) filter (where is_touch) as deals_touched
    from activities
    group by crm, organization_id

),

reached as (

    select
        activities.crm,
        activities.organization_id,
        count(distinct participants.person_id) as contacts_touched
    from activities
    inner join participants on activities.crm = participants.crm and activities.activity_id = participants.activity_id
    where activities.is_touch
    group by activities.crm, activities.organization_id

)

select
    counted.*,
    coalesce(reached.contacts_touched, 0) as contacts_touched,
    {{ built_at('_counted_at') }} as _counted_at,
    {{ recipe() }} as _recipe
from counted
left join reached on counted.crm = reached.crm and counted.organization_id = reached.organization_id
