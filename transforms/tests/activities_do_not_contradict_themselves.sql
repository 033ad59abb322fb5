-- Activities whose columns cannot all be true.
select
    crm,
    activity_id,
    is_done,
    is_deleted,
    is_all_day,
    is_touch,
    is_overdue,
    due_at,
    due_date,
    done_at,
    touched_at,
    sequence_on_deal,
    deal_status_when_done,
    duration_minutes
from {{ ref('fct_activity') }}
where
    (is_touch and (not is_done or is_deleted or touched_at is null))
    or (not is_touch and (touched_at is not null or touched_date is not null))
    or (is_overdue and (is_done or is_deleted or due_date is null))
    or is_all_day != (due_date is not null and due_at is null)
    or (not is_done and (done_at is not null or done_date is not null))
    or (sequence_on_deal is null) != (deal_id is null or is_deleted)
    or is_first_on_deal != (coalesce(sequence_on_deal, 0) = 1)
    or (deal_status_when_done is not null and done_at is null)
    or deal_status_when_done not in ('open', 'won', 'lost')
    or duration_minutes < 0
    or participants_count < 0
    or attendees_count < 0
    or owner_time_zone is null
