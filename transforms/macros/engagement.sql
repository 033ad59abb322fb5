{# What the engagement tables of deals, persons and organizations have in common. #}

{# The types with columns of their own, and "other": a list of (column prefix, condition on activity_type). #}
{% macro activity_buckets() %}
    {%- set buckets, taken = [], ['other', 'activities', 'minutes', 'planned'] -%}
    {%- for type in var('column_types') -%}
        {%- set prefix = column_prefix(type) -%}
        {%- if prefix in taken -%}
            {{ exceptions.raise_compiler_error(
                "The variable column_types gives '" ~ type ~ "' columns called " ~ prefix ~ "_done and so on, but these"
                ~ " names are taken. Leave it out: such activities are counted as \"other\"."
            ) }}
        {%- endif -%}
        {%- do taken.append(prefix) -%}
        {%- do buckets.append((prefix, "activity_type = " ~ literals([type]))) -%}
    {%- endfor -%}
    {%- do buckets.append(('other', "not " ~ is_among('activity_type', var('column_types')))) -%}
    {{ return(buckets) }}
{% endmacro %}

{# What the columns of a type begin with: its key, as far as that is an SQL name. #}
{% macro column_prefix(type) %}
    {%- set letters = ['type_'] if (type | string)[:1] in '0123456789' else [] -%}
    {%- for letter in type | string | lower -%}
        {%- do letters.append(letter if letter in 'abcdefghijklmnopqrstuvwxyz0123456789_' else '_') -%}
    {%- endfor -%}
    {{ return(letters | join) }}
{% endmacro %}

{# What does not change as time goes by, over activities that are not deleted. #}
{% macro activity_counts() -%}
    count(*) as activities_total,
    count(*) filter (where is_done) as activities_done,
    count(*) filter (where not is_done) as activities_open,
    {%- for name, condition in activity_buckets() %}
    count(*) filter (where {{ condition }}) as {{ name }}_total,
    count(*) filter (where {{ condition }} and is_done) as {{ name }}_done,
    count(*) filter (where {{ condition }} and not is_done) as {{ name }}_open,
    {%- endfor %}
    cast(coalesce(sum(duration_minutes) filter (where is_done), 0) as bigint) as minutes_done,
    count(*) filter (where is_touch) as touches,
    min(touched_at) as first_touch_at,
    max(touched_at) as last_touch_at
{%- endmacro %}

{# What changes as time goes by, over open activities. #}
{% macro overdue_counts() -%}
    count(*) filter (where is_overdue) as activities_overdue
    {%- for name, condition in activity_buckets() %},
    count(*) filter (where {{ condition }} and is_overdue) as {{ name }}_overdue
    {%- endfor %}
{%- endmacro %}

{# The first activity to come of each record: the CTE `upcoming`, out of the CTE `left_open`. #}
{% macro first_to_come(key) -%}
    select
        crm,
        {{ key }},
        activity_id,
        activity_type,
        due_date,
        row_number() over (partition by crm, {{ key }} order by due_date, due_or_midnight_at, activity_id) as place
    from left_open
    where not is_overdue and due_date is not null
{%- endmacro %}

{# The shared columns of a record, from the CTEs counted, overdue and upcoming. #}
{% macro engagement_counts() -%}
    coalesce(counted.activities_total, 0) as activities_total,
    coalesce(counted.activities_done, 0) as activities_done,
    coalesce(counted.activities_open, 0) as activities_open,
    coalesce(overdue.activities_overdue, 0) as activities_overdue,
    {%- for name, condition in activity_buckets() %}
    {%- for state in ['total', 'done', 'open'] %}
    coalesce(counted.{{ name }}_{{ state }}, 0) as {{ name }}_{{ state }},
    {%- endfor %}
    coalesce(overdue.{{ name }}_overdue, 0) as {{ name }}_overdue,
    {%- endfor %}
    coalesce(counted.minutes_done, 0) as minutes_done,
    coalesce(counted.touches, 0) as touches,
    counted.first_touch_at,
    counted.last_touch_at,
    {{ days_since_last_touch('counted.last_touch_at', 'as_of.as_of') }} as days_since_last_touch
{%- endmacro %}

{# Full days since the last touch; 0 when it lies ahead. #}
{% macro days_since_last_touch(last_touch_at, as_of) -%}
    case -- not greatest() alone, which passes over nulls
        when {{ last_touch_at }} is not null then greatest({{ full_days(last_touch_at, as_of) }}, 0)
    end
{%- endmacro %}

{# The next activity of a record, from the CTE upcoming. #}
{% macro next_activity() -%}
    upcoming.activity_id as next_activity_id,
    upcoming.activity_type as next_activity_type,
    upcoming.due_date as next_activity_due_date,
    upcoming.activity_id is not null as has_next_activity
{%- endmacro %}
