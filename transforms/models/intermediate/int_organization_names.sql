{%- set fields = custom_fields('organizations') -%}
{{- custom_field_sources('organization') -}}
select
    organizations.crm,
    organizations.organization_id,
    organizations._loaded_at,
    {{ custom_field_names(fields) }}
    users.name as owner_name
from {{ ref('int_organizations') }} as organizations
left join {{ ref('int_users') }} as users on organizations.crm = users.crm and organizations.owner_id = users.user_id
{{ custom_field_joins(fields, 'organization') }}
