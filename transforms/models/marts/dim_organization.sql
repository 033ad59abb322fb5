{%- set fields = custom_fields('organizations') -%}
-- depends_on: {{ ref('stg_pipedrive__persons') }}
with
organizations as (

    select * from {{ ref('stg_pipedrive__organizations') }}

),

users as (

    select * from {{ ref('stg_pipedrive__users') }}

),

custom as (

    select * from {{ ref('stg_pipedrive__organization_custom_fields') }}

)

select
    organizations.organization_id,
    organizations.owner_id,
    organizations.name,
    users.name as owner_name,
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
    custom._unreadable
from organizations
left join users on organizations.owner_id = users.user_id
left join custom on organizations.organization_id = custom.organization_id
{{ custom_field_joins(fields) }}
