{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ forget_stale_custom_fields("person_id", source("raw_pipedrive", "persons")) }}',
    post_hook='{{ gather_statistics() }}',
    indexes=key_indexes(['person_id']),
) }}

{{ staged_custom_fields('persons', 'person_id', source('raw_pipedrive', 'persons'), recipe()) }}
