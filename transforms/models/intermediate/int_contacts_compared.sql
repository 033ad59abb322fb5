{#
    By e-mail address first, then by phone number among those whom no address matches. A value links two people when each
    is the only one of their CRM who has it, and a person to one person of another CRM only: whoever would be linked to
    two, is linked to nobody. So two people of one CRM are never taken for one.
#}
{{ config(materialized='table') }}

{% if not has_several_crms() -%}
    -- depends_on: {{ ref('int_persons') }}
    select
        cast(null as varchar) as crm,
        cast(null as bigint) as person_id,
        cast(null as varchar) as other_crm,
        cast(null as bigint) as other_person_id,
        cast(null as varchar) as matched_by,
        cast(null as varchar) as matched_value
    where false
{%- else -%}
    with
    persons as (

        select
            crm,
            person_id,
            emails,
            phones
        from {{ ref('int_persons') }}
        where not is_deleted

    ),

    entries as (

        select
            crm,
            person_id,
            'email' as kind,
            {{ json_elements('emails') }} as entry
        from persons
        union all
        select
            crm,
            person_id,
            'phone' as kind,
            {{ json_elements('phones') }} as entry
        from persons

    ),

    texts as (

        select
            crm,
            person_id,
            kind,
            {{ json_text('entry', 'value') }} as written
        from entries

    ),

    addresses as (

        select distinct
            crm,
            person_id,
            kind,
            case
                when kind = 'email' then {{ comparable_email('written') }}
                else {{ comparable_phone('written') }}
            end as address
        from texts

    ),

    held as (

        select
            kind,
            address,
            crm,
            count(*) as holders,
            min(person_id) as person_id
        from addresses
        where address is not null
        group by kind, address, crm

    ),

    links as (

        select
            here.kind,
            here.crm,
            here.person_id,
            there.crm as other_crm,
            there.person_id as other_person_id,
            min(here.address) as address
        from held as here
        inner join held as there
            on here.kind = there.kind and here.address = there.address and here.crm != there.crm
        where here.holders = 1 and there.holders = 1
        group by here.kind, here.crm, here.person_id, there.crm, there.person_id

    ),

    email_links as (

        select
            *,
            count(*) over (partition by crm, person_id, other_crm) as candidates,
            count(*) over (partition by other_crm, other_person_id, crm) as other_candidates
        from links
        where kind = 'email'

    ),

    email_matches as (

        select *
        from email_links
        where candidates = 1 and other_candidates = 1

    ),

    phone_links as (

        select
            links.*,
            count(*) over (partition by links.crm, links.person_id, links.other_crm) as candidates,
            count(*) over (partition by links.other_crm, links.other_person_id, links.crm) as other_candidates
        from links
        left join email_matches as taken
            on links.crm = taken.crm and links.person_id = taken.person_id and links.other_crm = taken.other_crm
        left join email_matches as other_taken
            on
                links.crm = other_taken.crm
                and links.other_crm = other_taken.other_crm
                and links.other_person_id = other_taken.other_person_id
        where links.kind = 'phone' and taken.person_id is null and other_taken.person_id is null

    ),

    matches as (

        select
            crm,
            person_id,
            other_crm,
            other_person_id,
            kind,
            address
        from email_matches
        union all
        select
            crm,
            person_id,
            other_crm,
            other_person_id,
            kind,
            address
        from phone_links
        where candidates = 1 and other_candidates = 1

    ),

    acquainted as (

        select distinct
            addresses.crm,
            addresses.person_id,
            held.crm as other_crm
        from addresses
        inner join held
            on addresses.kind = held.kind and addresses.address = held.address and addresses.crm != held.crm

    )

    select
        acquainted.crm,
        acquainted.person_id,
        acquainted.other_crm,
        matches.other_person_id,
        cast(matches.kind as varchar) as matched_by,
        cast(matches.address as varchar) as matched_value
    from acquainted
    left join matches
        on
            acquainted.crm = matches.crm
            and acquainted.person_id = matches.person_id
            and acquainted.other_crm = matches.other_crm
{%- endif %}
