{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_custom_fields("product_id", source("raw_pipedrive", "products")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['product_id']),
) }}

{{ staged_custom_fields('products', 'product_id', source('raw_pipedrive', 'products'), recipe()) }}
