{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_rows() }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['activity_id', 'person_id', 'crm'], [['person_id', 'crm']]),
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
        {{ json_elements('participants') }} as entry
    from activities

),

named as (

    select
        crm,
        activity_id,
        _loaded_at,
        {{ json_id('entry', 'person_id') }} as person_id,
        {{ json_flag('entry', 'primary') }} or {{ json_flag('entry', 'primary_flag') }} as is_primary
    from entries

    union all

    select
        crm,
        activity_id,
        _loaded_at,
        person_id,
        true as is_primary
    from activities

)

select
    crm,
    activity_id,
    person_id,
    max(case when is_primary then 1 else 0 end) = 1 as is_primary,
    max(_loaded_at) as _loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from named
where person_id is not null
group by crm, activity_id, person_id
