{%- set fields = custom_fields('products') -%}
-- depends_on: {{ ref('stg_pipedrive__persons') }}, {{ ref('stg_pipedrive__organizations') }}
with
products as (

    select * from {{ ref('stg_pipedrive__products') }}

),

users as (

    select * from {{ ref('stg_pipedrive__users') }}

),

custom as (

    select * from {{ ref('stg_pipedrive__product_custom_fields') }}

)

select
    products.product_id,
    products.owner_id,
    products.name,
    users.name as owner_name,
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
    custom._unreadable
from products
left join users on products.owner_id = users.user_id
left join custom on products.product_id = custom.product_id
{{ custom_field_joins(fields) }}
