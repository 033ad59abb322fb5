{# Deskera's values in the shape that staging models share. #}

{# The first id of a JSON list of ids; null when there is none, or none that can be read. 0 means none. #}
{% macro first_id(column) -%}
    nullif(
        cast(
            case
                when cast({{ column }} as varchar) ~ '^\[ *[0-9]{1,18} *[],]'
                    then trim(split_part(split_part(substring(cast({{ column }} as varchar), 2), ',', 1), ']', 1))
            end as bigint
        ), 0
    )
{%- endmacro %}

{# A JSON list of ids as a list of participants; one that holds anything else is none. #}
{% macro persons_of_ids(column) -%}
    cast(
        case
            when cast({{ column }} as varchar) ~ '^\[[0-9, ]+\]$'
                then regexp_replace(cast({{ column }} as varchar), '([0-9]+)', '{"person_id":\1}', 'g')
        end as json
    )
{%- endmacro %}

{# Minutes as 'HH:MM'. #}
{% macro hours_and_minutes(minutes) -%}
    case
        when {{ minutes }} >= 0
            then cast(cast(({{ minutes }} - {{ minutes }} % 60) / 60 as bigint) as varchar)
                || ':' || right('0' || cast({{ minutes }} % 60 as varchar), 2)
    end
{%- endmacro %}

{# A JSON object of one text; null when the text is empty. #}
{% macro json_of_one(member, text) -%}
    cast(
        case
            when {{ text }} != '' then '{"{{ member }}":' || cast(to_json(cast({{ text }} as varchar)) as varchar) || '}'
        end as json
    )
{%- endmacro %}

{# A JSON list of one address, as persons have several. #}
{% macro list_of_one(text) -%}
    cast(
        case
            when {{ text }} != ''
                then '[{"value":' || cast(to_json(cast({{ text }} as varchar)) as varchar) || ',"primary":true}]'
        end as json
    )
{%- endmacro %}

{# A phone number with the code of its country before it, unless it has one. #}
{% macro with_country_code(phone, code) -%}
    case
        when {{ phone }} != '' and {{ phone }} !~ '^ *([+]|00)' and {{ code }} != '' then {{ code }} || ' ' || {{ phone }}
        else {{ phone }}
    end
{%- endmacro %}
