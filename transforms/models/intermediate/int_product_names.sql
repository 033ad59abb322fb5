{%- set fields = custom_fields('products') -%}
{{- custom_field_sources('product') -}}
select
    products.crm,
    products.product_id,
    products._loaded_at,
    {{ custom_field_names(fields) }}
    users.name as owner_name
from {{ ref('int_products') }} as products
left join {{ ref('int_users') }} as users on products.crm = users.crm and products.owner_id = users.user_id
{{ custom_field_joins(fields, 'product') }}
