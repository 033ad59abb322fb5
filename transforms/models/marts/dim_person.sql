{%- set fields = custom_fields('persons') -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_records("person_id", ref("int_person_names")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['crm', 'person_id']),
) }}

with
persons as (

    select * from {{ ref('int_persons') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.person_id = found.person_id
        )
    {% endif %}

),

names as (

    select * from {{ ref('int_person_names') }}

),

custom as (

    {{ custom_fields_of('person') }}

)

select
    persons.crm,
    persons.person_id,
    persons.organization_id,
    persons.owner_id,
    persons.name,
    persons.first_name,
    persons.last_name,
    names.organization_name,
    names.owner_name,
    nullif({{ json_primary_value('persons.emails') }}, '') as primary_email,
    nullif({{ json_primary_value('persons.phones') }}, '') as primary_phone,
    persons.job_title,
    persons.created_at,
    persons.updated_at,
    persons.deleted_at,
    persons.is_deleted,
    -- custom fields
    {{ custom_field_columns(fields) }}
    custom._unreadable,
    -- provenance
    persons._loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from persons
inner join names on persons.crm = names.crm and persons.person_id = names.person_id
left join custom on persons.crm = custom.crm and persons.person_id = custom.person_id
