{%- set fields = custom_fields('organizations') -%}
-- depends_on: {{ ref('int_persons') }}
with
organizations as (

    select * from {{ ref('int_organizations') }}

),

users as (

    select * from {{ ref('int_users') }}

),

custom as (

    {{ custom_fields_of('organization') }}

)

select
    organizations.crm,
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
left join users on organizations.crm = users.crm and organizations.owner_id = users.user_id
left join custom on organizations.crm = custom.crm and organizations.organization_id = custom.organization_id
{{ custom_field_joins(fields) }}
