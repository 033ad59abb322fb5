{{ staged_custom_fields('deals', 'deal_id', source('raw_pipedrive', 'deals')) }}
