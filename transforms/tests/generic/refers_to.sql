{# Every value of a column is in a column of another model, for the same CRM, or null: the rows where it is not, by
    their key. #}
{% test refers_to(model, column_name, to, field, key) %}

    select distinct found.{{ ['crm', key, column_name] | unique | join(', found.') }}
    from {{ model }} as found
    left join {{ to }} as known on found.crm = known.crm and found.{{ column_name }} = known.{{ field }}
    where found.{{ column_name }} is not null and known.{{ field }} is null

{% endtest %}
