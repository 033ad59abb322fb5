with
activities as (

    select * from {{ ref('stg_pipedrive__activities') }}

),

entries as (

    select
        activity_id,
        _loaded_at,
        {{ json_elements('participants') }} as entry
    from activities

),

named as (

    select
        activity_id,
        _loaded_at,
        {{ json_id('entry', 'person_id') }} as person_id,
        {{ json_flag('entry', 'primary') }} or {{ json_flag('entry', 'primary_flag') }} as is_primary
    from entries

    union all

    select
        activity_id,
        _loaded_at,
        person_id,
        true as is_primary
    from activities

)

select
    activity_id,
    person_id,
    max(case when is_primary then 1 else 0 end) = 1 as is_primary,
    max(_loaded_at) as _loaded_at
from named
where person_id is not null
group by activity_id, person_id
