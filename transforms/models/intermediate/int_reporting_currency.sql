{% if var('reporting_currency') %}
    select {{ literals([var('reporting_currency')]) }} as currency
{% else %}
    with
    deals as (

        select * from {{ ref('int_deals') }}

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

    select coalesce(max(currency), '') as currency
    from ranked
    where place = 1
{% endif %}
