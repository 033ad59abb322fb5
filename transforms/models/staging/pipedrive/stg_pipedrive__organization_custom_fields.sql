{{ staged_custom_fields('organizations', 'organization_id', source('raw_pipedrive', 'organizations')) }}
