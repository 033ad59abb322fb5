-- A part is never larger than the whole it is told as a share of.
select *
from {{ ref('agg_owner_week') }}
where
    planned_done > planned
    or done_timed > done
    or done_on_time > done_timed
    or deals_touched > touches
    or touches > done
