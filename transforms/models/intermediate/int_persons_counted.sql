{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_counts("person_id") }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['person_id', 'crm']),
) }}

with
activities as (

    select * from {{ ref('fct_activity') }}
    where not is_deleted

),

participants as (

    select *
    from {{ ref('bridge_activity_participant') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.person_id = found.person_id
        )
    {% endif %}

),

takings_part as (

    select
        participants.person_id as participant_id,
        activities.*
    from participants
    inner join activities on participants.crm = activities.crm and participants.activity_id = activities.activity_id

)

select
    crm,
    participant_id as person_id,
    {{ activity_counts() }},
    count(distinct deal_id) filter (where is_touch) as deals_touched,
    max(_built_at) as _built_at,
    {{ built_at('_counted_at') }} as _counted_at,
    {{ recipe() }} as _recipe
from takings_part
group by crm, participant_id
