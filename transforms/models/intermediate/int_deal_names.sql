{%- set fields = custom_fields('deals') -%}
{{- custom_field_sources('deal') -}}
select
    deals.crm,
    deals.deal_id,
    deals._loaded_at,
    {{ custom_field_names(fields) }}
    users.name as owner_name,
    persons.name as person_name,
    organizations.name as organization_name,
    pipelines.name as pipeline_name,
    stages.name as stage_name,
    stages.sort_order as stage_sort_order,
    reporting.currency as reporting_currency
from {{ ref('int_deals') }} as deals
cross join {{ ref('int_reporting_currency') }} as reporting
left join {{ ref('int_users') }} as users on deals.crm = users.crm and deals.owner_id = users.user_id
left join {{ ref('int_persons') }} as persons on deals.crm = persons.crm and deals.person_id = persons.person_id
left join {{ ref('int_organizations') }} as organizations
    on deals.crm = organizations.crm and deals.organization_id = organizations.organization_id
left join {{ ref('int_pipelines') }} as pipelines
    on deals.crm = pipelines.crm and deals.pipeline_id = pipelines.pipeline_id
left join {{ ref('int_stages') }} as stages on deals.crm = stages.crm and deals.stage_id = stages.stage_id
{{ custom_field_joins(fields, 'deal') }}
