-- The half of the mirror that writes to Pipedrive; push_deskera__activities__mirror tells what the two do.
with
originals as (

    select * from {{ ref('int_activities_mirrorable') }}

),

details as (

    select
        activity_id,
        notes
    from {{ ref('stg_deskera__activities') }}

),

types as (

    select activity_type
    from {{ ref('dim_activity_type') }}
    where crm = 'pipedrive' and is_listed and is_active and not is_deleted

),

participants as (

    select
        taking_part.activity_id,
        string_agg(
            '{"person_id": ' || matches.other_person_id || ', "primary": '
            || case when taking_part.is_primary then 'true' else 'false' end || '}',
            ', ' order by taking_part.is_primary desc, matches.other_person_id asc
        ) as entries
    from {{ ref('bridge_activity_participant') }} as taking_part
    inner join {{ ref('int_contacts_matched') }} as matches
        on
            taking_part.crm = matches.crm
            and taking_part.person_id = matches.person_id
            and matches.other_crm = 'pipedrive'
    where taking_part.crm = 'deskera'
    group by taking_part.activity_id

),

users as (

    select
        matches.user_id,
        matches.other_user_id
    from {{ ref('int_users_matched') }} as matches
    inner join {{ ref('dim_user') }} as others
        on matches.other_crm = others.crm and matches.other_user_id = others.user_id and others.is_active
    where matches.crm = 'deskera' and matches.other_crm = 'pipedrive'

),

organizations as (

    select * from {{ ref('int_organizations_matched') }} where crm = 'deskera' and other_crm = 'pipedrive'

),

created as (

    select
        originals.activity_id,
        originals.subject,
        coalesce(types.activity_type, 'task') as activity_type,
        users.other_user_id as owner_id,
        {{ local_date('originals.due_at', "'UTC'") }} as due_date,
        cast(date_trunc('minute', originals.due_at at time zone 'UTC') as time) as due_time,
        case when originals.duration_minutes < 1440 then {{ hours_and_minutes('originals.duration_minutes') }} end
            as duration,
        details.notes,
        '[' || participants.entries || ']' as participants,
        organizations.other_organization_id as organization_id,
        originals.is_done or originals.is_copy_done as is_done
    from originals
    inner join details on originals.activity_id = details.activity_id
    left join types on originals.activity_type = types.activity_type
    left join participants on originals.activity_id = participants.activity_id
    left join users on originals.owner_id = users.user_id
    left join organizations on originals.organization_id = organizations.organization_id
    where originals.crm = 'deskera' and not originals.is_copy_deleted

),

done_there as (

    select activity_id
    from originals
    where crm = 'pipedrive' and is_copy_done and not is_done

)

select
    'deskera-' || activity_id as push_key,
    cast(null as bigint) as id,
    activity_type as type,
    subject,
    owner_id,
    due_date,
    due_time,
    duration,
    notes as note,
    participants,
    organization_id as org_id,
    is_done as done
from created
union all
select
    'done-' || activity_id as push_key,
    activity_id as id,
    null as type,
    null as subject,
    null as owner_id,
    null as due_date,
    null as due_time,
    null as duration,
    null as note,
    null as participants,
    null as org_id,
    true as done
from done_there
