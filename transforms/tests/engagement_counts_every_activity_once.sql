-- The sums over deals, contacts and organizations are those over activities: the tables where they are not.
with
activities as (

    select * from {{ ref('fct_activity') }}
    where not is_deleted

),

participants as (

    select * from {{ ref('bridge_activity_participant') }}

),

deals as (

    select * from {{ ref('fct_deal_engagement') }}

),

persons as (

    select * from {{ ref('fct_person_engagement') }}

),

organizations as (

    select * from {{ ref('fct_organization_engagement') }}

),

{% for plural, key in [('deals', 'deal_id'), ('organizations', 'organization_id')] %}
    of_{{ plural }} as (

        select
            count(*) as activities_total,
            count(*) filter (where activities.is_touch) as touches,
            count(*) filter (where activities.is_overdue) as activities_overdue
        from activities
        inner join {{ plural }}
            on activities.crm = {{ plural }}.crm and activities.{{ key }} = {{ plural }}.{{ key }}

    ),
{% endfor %}

of_persons as (

    select
        count(*) as activities_total,
        count(*) filter (where activities.is_touch) as touches,
        count(*) filter (where activities.is_overdue) as activities_overdue
    from activities
    inner join participants on activities.crm = participants.crm and activities.activity_id = participants.activity_id
    inner join persons on participants.crm = persons.crm and participants.person_id = persons.person_id

),

compared as (

    {% for plural in ['deals', 'persons', 'organizations'] %}
        select
            '{{ plural }}' as told_by,
            of_{{ plural }}.activities_total as expected_total,
            coalesce(sum({{ plural }}.activities_total), 0) as activities_total,
            of_{{ plural }}.touches as expected_touches,
            coalesce(sum({{ plural }}.touches), 0) as touches,
            of_{{ plural }}.activities_overdue as expected_overdue,
            coalesce(sum({{ plural }}.activities_overdue), 0) as activities_overdue
        from of_{{ plural }}
        left join {{ plural }} on true
        group by
            of_{{ plural }}.activities_total,
            of_{{ plural }}.touches,
            of_{{ plural }}.activities_overdue
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    told_by,
    expected_total,
    activities_total,
    expected_touches,
    touches,
    expected_overdue,
    activities_overdue
from compared
where
    expected_total != activities_total
    or expected_touches != touches
    or expected_overdue != activities_overdue
