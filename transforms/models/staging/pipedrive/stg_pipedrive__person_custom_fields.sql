{{ staged_custom_fields('persons', 'person_id', source('raw_pipedrive', 'persons')) }}
