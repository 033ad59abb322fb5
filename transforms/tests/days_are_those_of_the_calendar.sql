-- Days that are missing, doubled or misnamed: whole years, each beginning where the one before ends.
with
days as (

    select * from {{ ref('dim_date') }}

),

compared as (

    select
        date_day,
        year,
        month_name,
        day_name,
        iso_week,
        week_start_date,
        lag(date_day) over (order by date_day) as day_before,
        lag(day_of_week) over (order by date_day) as day_of_week_before,
        day_of_week,
        first_value(date_day) over (order by date_day) as first_day
    from days

)

select *
from compared
where
    date_day - day_before != 1
    or day_of_week != day_of_week_before % 7 + 1
    or date_day - week_start_date != day_of_week - 1
    or first_day != cast(date_trunc('year', first_day) as date)
    or (date_day = cast('2026-01-01' as date) and (day_name != 'Thursday' or month_name != 'January' or iso_week != 1))
    or month_name = ''
    or day_name = ''
