{%- set fields = custom_fields('deals') -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_records("deal_id", ref("int_deal_names")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['crm', 'deal_id']),
) }}

with
deals as (

    select * from {{ ref('int_deals') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.deal_id = found.deal_id
        )
    {% endif %}

),

names as (

    select * from {{ ref('int_deal_names') }}

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
    names.owner_name,
    names.person_name,
    names.organization_name,
    names.pipeline_name,
    names.stage_name,
    names.stage_sort_order,
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
        when deals.currency = names.reporting_currency then deals.value
        {% for currency, rate in var('currency_rates').items() -%}
            when deals.currency = {{ literals([currency]) }} then {{ money_at_rate('deals.value', rate) }}
        {% endfor -%}
    end as value_reporting,
    names.reporting_currency,
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
    custom._unreadable,
    -- provenance
    deals._loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from deals
inner join names on deals.crm = names.crm and deals.deal_id = names.deal_id
left join custom on deals.crm = custom.crm and deals.deal_id = custom.deal_id
