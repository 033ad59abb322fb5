{# How records of several CRMs are found to be the same. #}

{#
    An e-mail address as it is compared: without blanks around it, in small letters; null when it is none. What follows a
    "+" stays: sales+ann and sales+bob may be two people.
#}
{% macro comparable_email(text) -%}
    case when lower(trim({{ text }})) ~ '^[^@ ]+@[^@ ]+[.][^@ ]+$' then lower(trim({{ text }})) end
{%- endmacro %}

{#
    A phone number as it is compared: "+" and digits, without extension and without the (0) of numbers abroad; a number
    of no country gets the variable default_country_code, else stays as it is. Less than seven digits are none.
#}
{% macro comparable_phone(text) -%}
    {%- set kept = "replace(regexp_replace(lower(" ~ text ~ "), '(ext|x|#|;|,).*$', ''), '(0)', '')" -%}
    {%- set digits = "regexp_replace(" ~ kept ~ ", '[^0-9]', '', 'g')" -%}
    case
        when length({{ digits }}) < 7 then null
        when {{ kept }} ~ '^[^0-9]*[+]' then '+' || {{ digits }}
        when {{ digits }} like '00%' then '+' || substring({{ digits }}, 3)
        {% if var('default_country_code') -%}
            else {{ literals(['+' ~ var('default_country_code')]) }} || ltrim({{ digits }}, '0')
        {%- else -%}
            else {{ digits }}
        {%- endif %}
    end
{%- endmacro %}

{# Whether there is anything to match. #}
{% macro has_several_crms() %}{{ return(var('crms') | length > 1) }}{% endmacro %}

{# Records of two CRMs that alone have a value there: pairs, once from each side. #}
{% macro matched_one_to_one(records, key, value) -%}
    with
    valued as (

        select
            crm,
            {{ key }},
            {{ value }} as matched_value
        from {{ records }}
        where not is_deleted

    ),

    held as (

        select
            crm,
            matched_value,
            min({{ key }}) as {{ key }}
        from valued
        where matched_value != ''
        group by crm, matched_value
        having count(*) = 1

    )

    select
        here.crm,
        here.{{ key }},
        there.crm as other_crm,
        there.{{ key }} as other_{{ key }},
        here.matched_value
    from held as here
    inner join held as there on here.matched_value = there.matched_value and here.crm != there.crm
{%- endmacro %}
