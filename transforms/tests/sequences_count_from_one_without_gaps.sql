-- Deals whose activities are not numbered 1, 2, 3 ...: what an incremental build would leave behind first.
select
    crm,
    deal_id,
    count(*) as activities,
    count(distinct sequence_on_deal) as numbers,
    min(sequence_on_deal) as first_number,
    max(sequence_on_deal) as last_number
from {{ ref('fct_activity') }}
where sequence_on_deal is not null
group by crm, deal_id
having
    count(*) != count(distinct sequence_on_deal)
    or min(sequence_on_deal) != 1
    or max(sequence_on_deal) != count(*)
