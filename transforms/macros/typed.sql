{# A text, as a CRM sends it, as what it should be. What it cannot be is null, so that one odd value stops nothing. #}

{# By the kinds that pipelines/fields/planning.py gives columns. #}
{% macro typed(kind, text) -%}
    {%- if kind == 'int' %}{{ whole_number(text) }}
    {%- elif kind == 'ints' %}{{ whole_numbers(text) }}
    {%- elif kind == 'double' %}{{ floating_number(text) }}
    {%- elif kind == 'decimal' %}{{ decimal_number(text) }}
    {%- elif kind == 'date' %}{{ calendar_date(text) }}
    {%- elif kind == 'time' %}{{ clock_time(text) }}
    {%- elif kind == 'boolean' %}{{ truth(text) }}
    {%- else %}cast(nullif({{ without_nul(text) }}, '') as varchar)
    {%- endif %}
{%- endmacro %}

{# What Postgres cannot hold, DuckDB shall not either. #}
{% macro without_nul(text) %}{{ return(adapter.dispatch('without_nul')(text)) }}{% endmacro %}

{% macro default__without_nul(text) %}replace({{ text }}, chr(0), ''){% endmacro %}

{% macro postgres__without_nul(text) %}{{ text }}{% endmacro %}

{% macro whole_number(text) -%}
    cast(case when {{ text }} ~ '^-?[0-9]{1,18}([.]0+)?$' then split_part({{ text }}, '.', 1) end as bigint)
{%- endmacro %}

{# Out of a JSON list. #}
{% macro whole_numbers(text) -%}
    cast(string_to_array(
        case
            when {{ text }} ~ '^\[ *"?[0-9]{1,18}"?( *, *"?[0-9]{1,18}"?)* *\]$'
                then regexp_replace({{ text }}, '[^0-9,]', '', 'g')
        end, ','
    ) as bigint[])
{%- endmacro %}

{# Digits, a fraction, an exponent of two digits; nothing that any number type would refuse. #}
{% macro is_number(text) -%}
    ({{ text }} ~ '^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]{1,2})?$' and length({{ text }}) <= 200)
{%- endmacro %}

{% macro floating_number(text) -%}
    cast(case when {{ is_number(text) }} then {{ text }} end as double precision)
{%- endmacro %}

{# As raw tables hold money; 10^28 and more does not fit. #}
{% macro decimal_number(text) %}{{ return(adapter.dispatch('decimal_number')(text)) }}{% endmacro %}

{% macro default__decimal_number(text) -%}
    cast(try_cast(case when {{ is_number(text) }} then {{ text }} end as decimal(37, 9)) as decimal(38, 9))
{%- endmacro %}

{% macro postgres__decimal_number(text) -%}
    cast(
        case
            when {{ is_number(text) }}
                then case when abs(cast({{ text }} as numeric)) < 1e28 then cast({{ text }} as numeric) end
        end as numeric(38, 9)
    )
{%- endmacro %}

{# 'YYYY-MM-DD', if there is such a day. #}
{% macro calendar_date(text) -%}
    cast(
        case
            when
                {{ text }} ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' and {{ text }} >= '0001'
                then case
                    when
                        cast(right({{ text }}, 2) as integer) <= extract(
                            day from cast(left({{ text }}, 8) || '01' as date) + interval '1 month' - interval '1 day'
                        )
                        then {{ text }}
                end
        end as date
    )
{%- endmacro %}

{% macro truth(text) -%}
    case when lower({{ text }}) in ('true', '1') then true when lower({{ text }}) in ('false', '0') then false end
{%- endmacro %}
