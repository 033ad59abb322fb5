{%- set fields = custom_fields('products') -%}
-- depends_on: {{ ref('int_persons') }}, {{ ref('int_organizations') }}
with
products as (

    select * from {{ ref('int_products') }}

),

users as (

    select * from {{ ref('int_users') }}

),

custom as (

    {{ custom_fields_of('product') }}

)

select
    products.crm,
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
left join users on products.crm = users.crm and products.owner_id = users.user_id
left join custom on products.crm = custom.crm and products.product_id = custom.product_id
{{ custom_field_joins(fields) }}
