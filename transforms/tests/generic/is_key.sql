{# Unique and never null, of one column or several, in one query: the offending keys. #}
{% test is_key(model, column_name=none, columns=none) %}
    {%- set key = columns or [column_name] %}

    select
        {{ key | join(', ') }},
        count(*) as occurrences
    from {{ model }}
    group by {{ key | join(', ') }}
    having count(*) > 1 or {{ key | join(' is null or ') }} is null

{% endtest %}
