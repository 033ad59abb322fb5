{# Of an engagement table: its counts agree with each other; the rows where they do not. #}
{% test engagement_adds_up(model) %}
    {%- set types = activity_buckets() | map(attribute=0) | list %}

    select *
    from {{ model }}
    where
        activities_total != activities_done + activities_open
        {%- for state in ['total', 'done', 'open', 'overdue'] %}
            or activities_{{ state }} != {{ types | join('_' ~ state ~ ' + ') }}_{{ state }}
        {%- endfor %}
        or activities_overdue > activities_open
        or touches > activities_done
        or minutes_done < 0
        or (touches = 0) != (first_touch_at is null)
        or (touches = 0) != (days_since_last_touch is null)
        or first_touch_at > last_touch_at
        or has_next_activity != (next_activity_due_date is not null)
        or (has_next_activity and activities_open = activities_overdue)

{% endtest %}
