with
listed as (

    select
        *,
        row_number() over (
            partition by crm, activity_type
            order by is_deleted asc, is_active desc, activity_type_id asc
        ) as choice
    from {{ ref('int_activity_types') }}
    where activity_type != ''

),

used as (

    select distinct
        crm,
        activity_type
    from {{ ref('fct_activity') }}

),

types as (

    select
        crm,
        activity_type
    from used
    union
    select
        crm,
        activity_type
    from listed

)

select
    types.crm,
    types.activity_type,
    listed.activity_type_id,
    case
        when listed.activity_type is not null then listed.name
        when types.activity_type = '' then '(none)'
        else types.activity_type
    end as name,
    listed.sort_order,
    {{ is_among('types.activity_type', var('touch_types')) }} as is_touch,
    listed.activity_type is not null as is_listed,
    coalesce(listed.is_active, false) as is_active,
    coalesce(listed.is_custom, false) as is_custom,
    coalesce(listed.is_deleted, false) as is_deleted
from types
left join listed
    on types.crm = listed.crm and types.activity_type = listed.activity_type and listed.choice = 1
