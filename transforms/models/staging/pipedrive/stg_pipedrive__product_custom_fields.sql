{{ staged_custom_fields('products', 'product_id', source('raw_pipedrive', 'products')) }}
