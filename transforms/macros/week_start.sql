{# The Monday of a date's week. #}
{% macro week_start(day) %}cast(date_trunc('week', cast({{ day }} as timestamp)) as date){% endmacro %}
