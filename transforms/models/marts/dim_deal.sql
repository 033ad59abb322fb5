{%- set fields = custom_fields('deals') -%}
with
deals as (

    select * from {{ ref('int_deals') }}

),

users as (

    select * from {{ ref('int_users') }}

),

persons as (

    select * from {{ ref('int_persons') }}

),

organizations as (

    select * from {{ ref('int_organizations') }}

),

pipelines as (

    select * from {{ ref('int_pipelines') }}

),

stages as (

    select * from {{ ref('int_stages') }}

),

reporting as (

    select * from {{ ref('int_reporting_currency') }}

),

custom as (

    {{ custom_fields_of('deal') }}

)

select
    -- keys
    deals.crm,
    deals.deal_id,
    deals.owner_id,
    deals.person_id,
    deals.organization_id,
    deals.pipeline_id,
    deals.stage_id,
    -- names
    deals.title,
    users.name as owner_name,
    persons.name as person_name,
    organizations.name as organization_name,
    pipelines.name as pipeline_name,
    stages.name as stage_name,
    stages.sort_order as stage_sort_order,
    -- state
    deals.status,
    deals.probability,
    deals.source,
    deals.channel,
    deals.lost_reason,
    -- money
    deals.value,
    deals.currency,
    case
        when deals.currency = reporting.currency then deals.value
        {% for currency, rate in var('currency_rates').items() -%}
            when deals.currency = {{ literals([currency]) }} then {{ money_at_rate('deals.value', rate) }}
        {% endfor -%}
    end as value_reporting,
    reporting.currency as reporting_currency,
    -- times
    deals.expected_close_date,
    deals.created_at,
    deals.updated_at,
    deals.stage_changed_at,
    deals.won_at,
    deals.lost_at,
    deals.closed_at,
    deals.archived_at,
    deals.deleted_at,
    -- flags
    coalesce(deals.status = 'open', false) and not deals.is_deleted and not deals.is_archived as is_open,
    deals.is_archived,
    deals.is_deleted,
    -- custom fields
    {{ custom_field_columns(fields) }}
    custom._unreadable
from deals
cross join reporting
left join users on deals.crm = users.crm and deals.owner_id = users.user_id
left join persons on deals.crm = persons.crm and deals.person_id = persons.person_id
left join organizations on deals.crm = organizations.crm and deals.organization_id = organizations.organization_id
left join pipelines on deals.crm = pipelines.crm and deals.pipeline_id = pipelines.pipeline_id
left join stages on deals.crm = stages.crm and deals.stage_id = stages.stage_id
left join custom on deals.crm = custom.crm and deals.deal_id = custom.deal_id
{{ custom_field_joins(fields) }}
