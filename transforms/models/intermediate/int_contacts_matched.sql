select
    crm,
    person_id,
    other_crm,
    other_person_id,
    matched_by,
    matched_value
from {{ ref('int_contacts_compared') }}
where other_person_id is not null
