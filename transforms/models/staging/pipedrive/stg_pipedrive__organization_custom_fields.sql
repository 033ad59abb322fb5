{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_custom_fields("organization_id", source("raw_pipedrive", "organizations")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['organization_id']),
) }}

{{ staged_custom_fields('organizations', 'organization_id', source('raw_pipedrive', 'organizations'), recipe()) }}
