{# Days before the latest are settled, unless this build is for one of them again: then all are read anew. #}
{% macro forget_settled_visits() -%}
    {% if is_incremental() -%}
        delete from {{ this }}
        where (select as_of_date from {{ ref('int_as_of') }}) <= (select max(last_seen_date) from {{ this }})
    {%- endif %}
{%- endmacro %}
