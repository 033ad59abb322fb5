{{ matched_one_to_one(ref('int_organizations'), 'organization_id', 'lower(trim(name))') }}
