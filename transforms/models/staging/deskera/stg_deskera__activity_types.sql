-- Deskera has no list of them; these are the ones it documents.
select
    cast('deskera' as varchar) as crm,
    {{ not_told('activity_types', ['activity_type_id']) }},
    cast(listed.activity_type as varchar) as activity_type,
    cast(listed.name as varchar) as name,
    cast(listed.sort_order as bigint) as sort_order,
    true as is_active,
    false as is_custom,
    false as is_deleted
from (
    values
    ('call', 'Call', 1),
    ('meeting', 'Meeting', 2),
    ('task', 'Task', 3),
    ('deadline', 'Deadline', 4),
    ('email', 'Email', 5),
    ('lunch', 'Lunch', 6)
) as listed (activity_type, name, sort_order)
