with
matches as (

    select * from {{ ref('int_contacts_matched') }}

)

select
    crm,
    person_id,
    other_crm,
    other_person_id,
    matched_by,
    matched_value
from matches
