{# What DuckDB and Postgres write differently, or what must not fail on a CRM's odd values: one macro each. #}

{# The elements of a JSON array, one row each; stands in a select list. Anything but an array has none. #}
{% macro json_elements(column) %}{{ return(adapter.dispatch('json_elements')(column)) }}{% endmacro %}

{% macro default__json_elements(column) %}unnest(json_extract({{ column }}, '$[*]')){% endmacro %}

{% macro postgres__json_elements(column) -%}
    json_array_elements(case when json_typeof({{ column }}) = 'array' then {{ column }} end)
{%- endmacro %}

{# The places of the elements of a JSON array, from 1, beside json_elements of the same column. #}
{% macro json_positions(column) %}{{ return(adapter.dispatch('json_positions')(column)) }}{% endmacro %}

{% macro default__json_positions(column) %}cast(unnest(range(1, {{ json_length(column) }} + 1)) as integer){% endmacro %}

{% macro postgres__json_positions(column) %}generate_series(1, {{ json_length(column) }}){% endmacro %}

{# How many elements a JSON array has: 0 when it is anything else. #}
{% macro json_length(column) %}{{ return(adapter.dispatch('json_length')(column)) }}{% endmacro %}

{% macro default__json_length(column) %}cast(coalesce(json_array_length({{ column }}), 0) as integer){% endmacro %}

{% macro postgres__json_length(column) -%}
    coalesce(json_array_length(case when json_typeof({{ column }}) = 'array' then {{ column }} end), 0)
{%- endmacro %}

{# The `value` of the element flagged primary, else of the first: emails, phones. #}
{% macro json_primary_value(column) %}{{ return(adapter.dispatch('json_primary_value')(column)) }}{% endmacro %}

{% macro default__json_primary_value(column) -%}
    {# Mostly the first is the primary one, and no list need be made to find it. #}
    case
        when json_extract_string({{ column }}, '$[0].primary') = 'true'
            then json_extract_string({{ column }}, '$[0].value')
        else
            list_first(list_sort(
                list_transform(
                    from_json({{ column }}, '[{"value": "VARCHAR", "primary": "BOOLEAN"}]'),
                    lambda entry, position: {
                        'later': not coalesce(entry."primary", false), 'position': position, 'value': entry."value"
                    }
                )
            )).value
    end
{%- endmacro %}

{% macro postgres__json_primary_value(column) -%}
    (
        select entries.entry ->> 'value'
        from {{ json_elements(column) }} with ordinality as entries (entry, position)
        order by coalesce(entries.entry ->> 'primary', 'false') != 'true', entries.position
        limit 1
    )
{%- endmacro %}

{#
    JSON that can be read: Postgres reads none with an escaped NUL or half of an escaped surrogate pair in it, which go
    (not `\\u0000`: that is text).
#}
{% macro json_readable(column) %}{{ return(adapter.dispatch('json_readable')(column)) }}{% endmacro %}

{% macro default__json_readable(column) %}{{ column }}{% endmacro %}

{% macro postgres__json_readable(column) -%}
    case
        when position('\u' in cast({{ column }} as text)) > 0 and cast({{ column }} as text) ~ '\\u(0000|[dD][89a-fA-F])'
            then cast(regexp_replace(
                cast({{ column }} as text),
                '(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})',
                '\1', 'g'
            ) as json)
        else {{ column }}
    end
{%- endmacro %}

{# A text member of a JSON object; null when the member, or the object, is not there. #}
{% macro json_text(column, member) %}({{ column }} ->> '{{ member }}'){% endmacro %}

{#
    JSON taken apart once, for the texts at many paths (lists of keys); json_unpacked_text has them one by one. The keys
    are the CRM's: what it calls a field must not become SQL.
#}
{% macro json_unpacked(column, paths) %}{{ return(adapter.dispatch('json_unpacked')(column, paths)) }}{% endmacro %}

{% macro default__json_unpacked(column, paths) -%}
    json_extract_string({{ column }}, cast([
        {%- for path in paths %}'${% for key in path %}."{{ key | replace('"', '\\"') | replace("'", "''") }}"{% endfor %}'{{ ", " if not loop.last }}{% endfor -%}
    ] as varchar[]))
{%- endmacro %}

{% macro postgres__json_unpacked(column, paths) %}cast({{ json_readable(column) }} as jsonb){% endmacro %}

{# The text at one of these paths; null when there is none. #}
{% macro json_unpacked_text(unpacked, paths, path) %}{{ return(adapter.dispatch('json_unpacked_text')(unpacked, paths, path)) }}{% endmacro %}

{% macro default__json_unpacked_text(unpacked, paths, path) %}{{ unpacked }}[{{ paths.index(path) + 1 }}]{% endmacro %}

{% macro postgres__json_unpacked_text(unpacked, paths, path) -%}
    ({{ unpacked }}{% for key in path %} {{ '->>' if loop.last else '->' }} '{{ key | replace("'", "''") }}'{% endfor %})
{%- endmacro %}

{# An id out of JSON; what is not a whole number is null, so that one odd value stops nothing. #}
{% macro json_id(column, member) -%}
    cast(case when {{ json_text(column, member) }} ~ '^[0-9]{1,18}$' then {{ json_text(column, member) }} end as bigint)
{%- endmacro %}

{# A flag out of JSON; absent is false. #}
{% macro json_flag(column, member) %}coalesce({{ json_text(column, member) }} in ('true', '1'), false){% endmacro %}

{# The names of the time zones that the database knows. #}
{% macro known_time_zones() %}{{ return(adapter.dispatch('known_time_zones')()) }}{% endmacro %}

{% macro default__known_time_zones() %}pg_timezone_names(){% endmacro %}

{% macro postgres__known_time_zones() %}pg_timezone_names{% endmacro %}

{# The time zone of users who have none, as a literal. #}
{% macro default_time_zone() %}{{ literals([var('default_time_zone')]) }}{% endmacro %}

{# Stops the build here when the database does not know the default time zone, instead of in every model that uses it. #}
{% macro require_default_time_zone() %}
    {%- if execute -%}
        {%- set asked = "select 1 from " ~ known_time_zones() ~ " where lower(name) = lower(" ~ default_time_zone() ~ ")" -%}
        {%- if run_query(asked).rows | length == 0 -%}
            {{ exceptions.raise_compiler_error(
                "The variable default_time_zone is " ~ default_time_zone() ~ ", which this database does not know."
                ~ " Set it to an IANA name, such as Europe/Berlin."
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# A time of day out of text, 'HH:MM' or 'HH:MM:SS'; anything else is none. #}
{% macro clock_time(column) -%}
    cast(case when {{ column }} ~ '^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' then {{ column }} end as time)
{%- endmacro %}

{# Whole minutes out of 'HH:MM' or 'HH:MM:SS'; anything else is none. #}
{% macro duration_minutes(column) -%}
    case
        when {{ column }} ~ '^[0-9]{1,4}:[0-5][0-9](:[0-5][0-9])?$'
            then cast(split_part({{ column }}, ':', 1) as integer) * 60 + cast(split_part({{ column }}, ':', 2) as integer)
    end
{%- endmacro %}

{# The date of an instant where the zone is. #}
{% macro local_date(instant, zone) %}cast(({{ instant }} at time zone {{ zone }}) as date){% endmacro %}

{# The instant at which a date begins where the zone is. #}
{% macro local_midnight(day, zone) %}(cast({{ day }} as timestamp) at time zone {{ zone }}){% endmacro %}

{# Full days of 24 hours from one instant to another; negative before it. #}
{% macro full_days(since, until) %}{{ return(adapter.dispatch('full_days')(since, until)) }}{% endmacro %}

{% macro default__full_days(since, until) -%}
    cast(floor(extract(epoch from {{ until }} - {{ since }}) / 86400) as integer)
{%- endmacro %}

{# DuckDB counts the months and days between two moments of a zone first, which takes thirty times as long. #}
{% macro duckdb__full_days(since, until) -%}
    cast(floor((epoch_us({{ until }}) - epoch_us({{ since }})) / 86400000000.0) as integer)
{%- endmacro %}

{# Texts as SQL literals with commas between. #}
{% macro literals(texts) -%}
    {%- for text in texts %}'{{ text | string | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro %}

{# Whether a column is one of some texts; of none it is not, which `in ()` cannot say. #}
{% macro is_among(column, texts) -%}
    {% if texts %}{{ column }} in ({{ literals(texts) }}){% else %}false{% endif %}
{%- endmacro %}

{# Money in another currency: exact decimals, rates below 10^8. 10^15 and more would not fit, and stays unconverted. #}
{% macro money_at_rate(column, rate) -%}
    cast(
        cast(case when abs({{ column }}) <= 999999999999999 then {{ column }} end as numeric(20, 5))
        * cast({{ rate }} as numeric(18, 10)) as numeric(38, 9)
    )
{%- endmacro %}
