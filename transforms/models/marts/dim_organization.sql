{%- set fields = custom_fields('organizations') -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_records("organization_id", ref("int_organization_names")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['crm', 'organization_id']),
) }}

with
organizations as (

    select * from {{ ref('int_organizations') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.organization_id = found.organization_id
        )
    {% endif %}

),

names as (

    select * from {{ ref('int_organization_names') }}

),

custom as (

    {{ custom_fields_of('organization') }}

)

select
    organizations.crm,
    organizations.organization_id,
    organizations.owner_id,
    organizations.name,
    names.owner_name,
    {{ json_text('organizations.address', 'value') }} as address,
    {{ json_text('organizations.address', 'country') }} as country,
    {{ json_text('organizations.address', 'locality') }} as city,
    organizations.website,
    organizations.industry,
    organizations.employee_count,
    organizations.annual_revenue,
    organizations.created_at,
    organizations.updated_at,
    organizations.deleted_at,
    organizations.is_deleted,
    -- custom fields
    {{ custom_field_columns(fields) }}
    custom._unreadable,
    -- provenance
    organizations._loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from organizations
inner join names on organizations.crm = names.crm and organizations.organization_id = names.organization_id
left join custom on organizations.crm = custom.crm and organizations.organization_id = custom.organization_id
