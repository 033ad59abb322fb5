-- Read where it is needed: made once, with all its texts, it would take longer than the checks themselves.
with
activities as not materialized (

    select
        crm,
        activity_id,
        owner_id,
        deal_id,
        lead_id,
        person_id,
        activity_type,
        subject,
        due_date,
        due_at,
        done_at,
        is_done
    from {{ ref('fct_activity') }}
    where not is_deleted

),

participants as (

    select
        crm,
        activity_id
    from {{ ref('bridge_activity_participant') }}

),

deals as (

    select * from {{ ref('dim_deal') }} where not is_deleted

),

persons as (

    select * from {{ ref('dim_person') }} where not is_deleted

),

without_primary as (

    select
        staged.crm,
        staged.person_id,
        staged.emails,
        staged.phones
    from {{ ref('int_persons') }} as staged
    inner join persons on staged.crm = persons.crm and staged.person_id = persons.person_id
    where persons.primary_email is null and persons.primary_phone is null

),

contacts as (

    select
        crm,
        person_id,
        {{ json_elements('emails') }} as entry
    from without_primary
    union all
    select
        crm,
        person_id,
        {{ json_elements('phones') }} as entry
    from without_primary

),

reachable as (

    select distinct
        crm,
        person_id
    from contacts
    where {{ json_text('entry', 'value') }} != ''

),

lists as (

    select
        crm,
        entity,
        max(window_until) as read_until
    from {{ ref('stg_ops__entity_loads') }}
    where
        {{ is_among('crm', var('crms')) }}
        and entity in ('activities', 'deals', 'persons', 'contacts', 'organizations')
        and window_until is not null
    group by crm, entity

),

as_of as (

    select as_of from {{ ref('int_as_of') }}

),

compared as (

    select * from {{ ref('int_contacts_compared') }}

),

activity_types as (

    select * from {{ ref('dim_activity_type') }} where not is_deleted

),

active_owners as (

    select
        crm,
        user_id
    from {{ ref('dim_user') }}
    where is_active and not is_deleted

),

-- What says nothing is equal to nothing here; no id is below zero.
repeatable as not materialized (

    select
        crm,
        activity_id,
        activity_type,
        coalesce(subject, '') as subject,
        coalesce(owner_id, -1) as owner_id,
        coalesce(deal_id, -1) as deal_id,
        -- Owner and date being the same, the same due_at is the same due time, or none.
        coalesce(due_date, date '0001-01-01') as due_date,
        coalesce(due_at, timestamp with time zone '0001-01-01 00:00:00+00') as due_at
    from activities

),

repeated as (

    select
        crm,
        activity_type,
        subject,
        owner_id,
        deal_id,
        due_date,
        due_at,
        min(activity_id) as first_id
    from repeatable
    group by crm, activity_type, subject, owner_id, deal_id, due_date, due_at
    having count(*) > 1

),

duplicates as (

    select
        repeatable.crm,
        repeatable.activity_id
    from repeatable
    inner join repeated
        on
            repeatable.crm = repeated.crm
            and repeatable.activity_type = repeated.activity_type
            and repeatable.subject = repeated.subject
            and repeatable.owner_id = repeated.owner_id
            and repeatable.deal_id = repeated.deal_id
            and repeatable.due_date = repeated.due_date
            and repeatable.due_at = repeated.due_at
    where repeatable.activity_id > repeated.first_id

),

populations as (

    {% for population, table, condition in [
        ('activities', 'activities', 'true'),
        ('done_activities', 'activities', 'is_done'),
        ('open_activities', 'activities', 'not is_done'),
        ('activity_types', 'activity_types', 'true'),
        ('deals', 'deals', 'true'),
        ('open_deals', 'deals', 'is_open'),
        ('persons', 'persons', 'true'),
        ('lists', 'lists', 'true'),
    ] %}
        select
            crm,
            '{{ population }}' as population,
            count(*) filter (where {{ condition }}) as records
        from {{ table }}
        group by crm
        {{ "union all" if not loop.last }}
    {% endfor %}

),

crms as (

    {% for crm in var('crms') %}
        select cast('{{ crm }}' as varchar) as crm
        {{ "union all" if not loop.last }}
    {% endfor %}

),

checks as (

    select
        'activities_without_deal' as check_name,
        'Activities that belong to no deal and no lead.' as description,
        'activities' as population
    union all
    select
        'activities_without_person' as check_name,
        'Activities that nobody takes part in.' as description,
        'activities' as population
    union all
    select
        'done_without_time' as check_name,
        'Done activities that do not say when they were done.' as description,
        'done_activities' as population
    union all
    select
        'open_without_due_date' as check_name,
        'Open activities without a due date: they are never overdue.' as description,
        'open_activities' as population
    union all
    select
        'inactive_owner_with_open_activities' as check_name,
        'Open activities whose owner is inactive, deleted or unknown: nobody will do them.' as description,
        'open_activities' as population
    union all
    select
        'unknown_types' as check_name,
        'Types of activities that are not in the list of types; the examples are their names.' as description,
        'activity_types' as population
    union all
    select
        'duplicate_activities' as check_name,
        'Activities that repeat another one in subject, type, owner, deal, due date and time.' as description,
        'activities' as population
    union all
    select
        'deals_without_rate' as check_name,
        'Deals whose value is missing in all sums: their currency has no rate.' as description,
        'deals' as population
    union all
    select
        'open_deals_of_inactive_owners' as check_name,
        'Open deals whose owner is inactive, deleted or unknown.' as description,
        'open_deals' as population
    union all
    select
        'persons_without_contact_data' as check_name,
        'Persons with neither e-mail address nor phone number.' as description,
        'persons' as population
    union all
    select
        'ambiguous_contacts' as check_name,
        'Persons who share an e-mail address or phone number with somebody of another CRM, but not clearly with one.'
            as description,
        'persons' as population
    union all
    select
        'lists_behind' as check_name,
        'Lists that were not read up to the moment the tables tell of.' as description,
        'lists' as population

),

findings as (

    select
        'activities_without_deal' as check_name,
        crm,
        activity_id as record_id,
        cast(null as varchar) as record_key
    from activities
    where deal_id is null and coalesce(lead_id, '') = ''
    union all
    select
        'activities_without_person' as check_name,
        crm,
        activity_id as record_id,
        null as record_key
    from activities
    where
        person_id is null
        and not exists (
            select 1
            from participants
            where activities.crm = participants.crm and activities.activity_id = participants.activity_id
        )
    union all
    select
        'done_without_time' as check_name,
        crm,
        activity_id as record_id,
        null as record_key
    from activities
    where is_done and done_at is null
    union all
    select
        'open_without_due_date' as check_name,
        crm,
        activity_id as record_id,
        null as record_key
    from activities
    where not is_done and due_date is null
    union all
    select
        'inactive_owner_with_open_activities' as check_name,
        crm,
        activity_id as record_id,
        null as record_key
    from activities
    where
        not is_done
        and not exists (
            select 1
            from active_owners
            where activities.crm = active_owners.crm and activities.owner_id = active_owners.user_id
        )
    union all
    select
        'unknown_types' as check_name,
        crm,
        null as record_id,
        name as record_key
    from activity_types
    where not is_listed
    union all
    select
        'duplicate_activities' as check_name,
        crm,
        activity_id as record_id,
        null as record_key
    from duplicates
    union all
    select
        'deals_without_rate' as check_name,
        crm,
        deal_id as record_id,
        null as record_key
    from deals
    where value_reporting is null and value != 0
    union all
    select
        'open_deals_of_inactive_owners' as check_name,
        crm,
        deal_id as record_id,
        null as record_key
    from deals
    where
        is_open
        and not exists (
            select 1
            from active_owners
            where deals.crm = active_owners.crm and deals.owner_id = active_owners.user_id
        )
    union all
    select
        'persons_without_contact_data' as check_name,
        crm,
        person_id as record_id,
        null as record_key
    from without_primary
    where
        not exists (
            select 1
            from reachable
            where without_primary.crm = reachable.crm and without_primary.person_id = reachable.person_id
        )
    union all
    select distinct
        'ambiguous_contacts' as check_name,
        crm,
        person_id as record_id,
        null as record_key
    from compared
    where other_person_id is null
    union all
    select
        'lists_behind' as check_name,
        lists.crm,
        null as record_id,
        lists.entity as record_key
    from lists
    cross join as_of
    where lists.read_until < as_of.as_of - interval '1 hour'

),

findings_in_order as (

    select
        check_name,
        crm,
        coalesce(record_key, cast(record_id as varchar)) as example_id,
        row_number() over (partition by crm, check_name order by record_id, record_key collate "C") as place
    from findings

),

findings_by_check as (

    select
        check_name,
        crm,
        count(*) as records,
        string_agg(example_id, ', ' order by place) filter (where place <= 5) as example_ids
    from findings_in_order
    group by crm, check_name

)

select
    crms.crm,
    checks.check_name,
    checks.description,
    coalesce(findings_by_check.records, 0) as records,
    coalesce(populations.records, 0) as population,
    cast(coalesce(findings_by_check.records, 0) as double precision) / nullif(populations.records, 0) as share,
    coalesce(findings_by_check.example_ids, '') as example_ids
from crms
cross join checks
left join populations on crms.crm = populations.crm and checks.population = populations.population
left join findings_by_check on crms.crm = findings_by_check.crm and checks.check_name = findings_by_check.check_name
