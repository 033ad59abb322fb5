{# A table, so that the whole build has one answer. #}
{{ config(materialized='table') }}

with
loads as (

    select max(window_until) as read_until
    from {{ ref('stg_ops__entity_loads') }}
    where {{ is_among('crm', var('crms')) }}

),

chosen as (

    select
        {% if var('as_of') %}
            cast({{ literals([var('as_of')]) }} as timestamp with time zone) as as_of
        {% else %}
            coalesce(read_until, current_timestamp) as as_of
        {% endif %}
    from loads

)

select
    as_of,
    {{ local_date('as_of', "'UTC'") }} as as_of_date
from chosen
