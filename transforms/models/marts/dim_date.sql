with
as_of as (

    select * from {{ ref('int_as_of') }}

),

first_records as (

    select min(added_at) as created_at from {{ ref('fct_activity') }}
    union all
    select min(created_at) as created_at from {{ ref('int_deals') }}

),

bounds as (

    select
        as_of.as_of_date,
        coalesce(min({{ local_date('first_records.created_at', "'UTC'") }}), as_of.as_of_date) as first_date
    from as_of
    cross join first_records
    group by as_of.as_of_date

),

span as (

    select
        greatest(cast(date_trunc('year', first_date) as date), cast('2000-01-01' as date)) as first_day,
        cast(date_trunc('year', as_of_date) + interval '2 years' as date) as end_day
    from bounds

),

digits as (

    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)

),

numbers as (

    select ones.digit + tens.digit * 10 + hundreds.digit * 100 + thousands.digit * 1000 + ages.digit * 10000 as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ages

),

days as (

    select span.first_day + numbers.number as date_day
    from span
    inner join numbers on span.first_day + numbers.number < span.end_day

),

parts as (

    select
        date_day,
        cast(extract(year from date_day) as integer) as year,
        cast(extract(quarter from date_day) as integer) as quarter,
        cast(extract(month from date_day) as integer) as month,
        cast(extract(week from date_day) as integer) as iso_week,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(extract(isodow from date_day) as integer) as day_of_week
    from days

)

select
    date_day,
    year,
    quarter,
    month,
    split_part(
        'January,February,March,April,May,June,July,August,September,October,November,December', ',', month
    ) as month_name,
    iso_week,
    week_start_date,
    day_of_week,
    split_part('Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday', ',', day_of_week) as day_name,
    day_of_week in (6, 7) as is_weekend
from parts
