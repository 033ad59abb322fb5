{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_custom_fields("deal_id", source("raw_pipedrive", "deals")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['deal_id']),
) }}

{{ staged_custom_fields('deals', 'deal_id', source('raw_pipedrive', 'deals'), recipe()) }}
