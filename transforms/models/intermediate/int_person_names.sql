{%- set fields = custom_fields('persons') -%}
{{- custom_field_sources('person') -}}
select
    persons.crm,
    persons.person_id,
    persons._loaded_at,
    {{ custom_field_names(fields) }}
    organizations.name as organization_name,
    users.name as owner_name
from {{ ref('int_persons') }} as persons
left join {{ ref('int_organizations') }} as organizations
    on persons.crm = organizations.crm and persons.organization_id = organizations.organization_id
left join {{ ref('int_users') }} as users on persons.crm = users.crm and persons.owner_id = users.user_id
{{ custom_field_joins(fields, 'person') }}
