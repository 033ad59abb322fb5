-- A part is never larger than the whole it is told as a share of.
select
    crm,
    owner_id,
    week_start_date,
    planned,
    planned_done,
    done,
    done_timed,
    done_on_time,
    touches,
    deals_touched
from {{ ref('agg_owner_week') }}
where
    planned_done > planned
    or done_timed > done
    or done_on_time > done_timed
    or deals_touched > touches
    or touches > done
