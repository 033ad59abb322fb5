with
deals as (

    select * from {{ ref('stg_pipedrive__deals') }}

),

counted as (

    select
        currency,
        count(*) as deals
    from deals
    where not is_deleted and currency != ''
    group by currency

),

ranked as (

    select
        currency,
        row_number() over (order by deals desc, currency asc) as place
    from counted

)

select
    {% if var('reporting_currency') %}
        '{{ var("reporting_currency") }}' as currency
    {% else %}
        coalesce(max(currency), '') as currency
    {% endif %}
from ranked
where place = 1
