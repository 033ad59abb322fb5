{# Before a snapshot adds its day: an earlier build of the same day goes, also when nothing takes its place. #}
{% macro forget_snapshot_day() -%}
    {% if is_incremental() -%}
        delete from {{ this }} where snapshot_date = (select as_of_date from {{ ref('int_as_of') }})
    {%- endif %}
{%- endmacro %}
