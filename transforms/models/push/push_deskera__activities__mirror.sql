-- The half of the mirror that writes to Deskera; push_pipedrive__activities__mirror is the other, and both belong
-- together. What they do:
--
-- Created there, created here: each activity of Pipedrive that is not deleted and is itself no copy gets one copy in
-- Deskera, under the push key pipedrive-<id>. What people make of either one later stays as it is, but for:
-- Done there, done here: as soon as one of the two is done, both are, and stay so. Whoever reopens one has to reopen
-- both before the next push.
-- A deletion is not carried over: a copy that somebody deletes is not made again, one whose original is deleted stays.
-- Never in a loop: what the push created is known from its own record (ops.push_state), not from what it looks like. A
-- create that was never answered is settled before anything that may be its record is taken for somebody's own.
--
-- People go by int_contacts_matched, owners by e-mail address, organizations by name; who has no match stays out, and
-- the owner is then whom the token belongs to.
with
originals as (

    select * from {{ ref('int_activities_mirrorable') }}

),

details as (

    select
        activity_id,
        note
    from {{ ref('stg_pipedrive__activities') }}

),

participants as (

    select
        taking_part.activity_id,
        array_agg(matches.other_person_id order by taking_part.is_primary desc, matches.other_person_id asc)
            as contact_ids
    from {{ ref('bridge_activity_participant') }} as taking_part
    inner join {{ ref('int_contacts_matched') }} as matches
        on
            taking_part.crm = matches.crm
            and taking_part.person_id = matches.person_id
            and matches.other_crm = 'deskera'
    where taking_part.crm = 'pipedrive'
    group by taking_part.activity_id

),

users as (

    select * from {{ ref('int_users_matched') }} where crm = 'pipedrive' and other_crm = 'deskera'

),

organizations as (

    select * from {{ ref('int_organizations_matched') }} where crm = 'pipedrive' and other_crm = 'deskera'

),

created as (

    select
        originals.activity_id,
        originals.subject,
        case
            when {{ is_among('originals.activity_type', ['call', 'meeting', 'task', 'deadline', 'email', 'lunch']) }}
                then originals.activity_type
            else 'task'
        end as activity_type,
        originals.due_or_midnight_at,
        originals.due_or_midnight_at + coalesce(originals.duration_minutes, 0) * interval '1 minute' as ends_at,
        details.note,
        participants.contact_ids,
        case
            when organizations.other_organization_id is not null then array[organizations.other_organization_id]
        end as organization_ids,
        users.other_user_id as owner_id,
        originals.owner_time_zone,
        originals.is_done or originals.is_copy_done as is_done
    from originals
    inner join details on originals.activity_id = details.activity_id
    left join participants on originals.activity_id = participants.activity_id
    left join users on originals.owner_id = users.user_id
    left join organizations on originals.organization_id = organizations.organization_id
    where originals.crm = 'pipedrive' and not originals.is_copy_deleted

),

done_there as (

    select activity_id
    from originals
    where crm = 'deskera' and is_copy_done and not is_done

)

select
    'pipedrive-' || activity_id as push_key,
    cast(null as bigint) as id,
    subject as name,
    activity_type,
    due_or_midnight_at as start,
    ends_at as "end",
    note as notes,
    contact_ids,
    organization_ids,
    owner_id,
    owner_time_zone as user_timezone,
    is_done as is_status
from created
union all
select
    'done-' || activity_id as push_key,
    activity_id as id,
    null as name,
    null as activity_type,
    null as start,
    null as "end",
    null as notes,
    null as contact_ids,
    null as organization_ids,
    null as owner_id,
    null as user_timezone,
    true as is_status
from done_there
