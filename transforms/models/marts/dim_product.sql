{%- set fields = custom_fields('products') -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_records("product_id", ref("int_product_names")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['crm', 'product_id']),
) }}

with
products as (

    select * from {{ ref('int_products') }} as found
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as held where held.crm = found.crm and held.product_id = found.product_id
        )
    {% endif %}

),

names as (

    select * from {{ ref('int_product_names') }}

),

custom as (

    {{ custom_fields_of('product') }}

)

select
    products.crm,
    products.product_id,
    products.owner_id,
    products.name,
    names.owner_name,
    products.code,
    products.description,
    products.unit,
    products.category,
    products.tax_percent,
    products.prices,
    products.billing_frequency,
    products.billing_frequency_cycles,
    products.created_at,
    products.updated_at,
    products.deleted_at,
    products.is_linkable,
    products.is_deleted,
    -- custom fields
    {{ custom_field_columns(fields) }}
    custom._unreadable,
    -- provenance
    products._loaded_at,
    {{ built_at() }} as _built_at,
    {{ recipe() }} as _recipe
from products
inner join names on products.crm = names.crm and products.product_id = names.product_id
left join custom on products.crm = custom.crm and products.product_id = custom.product_id
