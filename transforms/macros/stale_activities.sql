{# A deal's status when an activity was done: the later of won and lost decides; open before both. #}
{% macro deal_status_at(done_at) -%}
    case
        when {{ done_at }} is null or deals.deal_id is null then null
        when deals.won_at <= {{ done_at }} and (deals.lost_at is null or deals.lost_at > {{ done_at }} or deals.lost_at < deals.won_at)
            then 'won'
        when deals.lost_at <= {{ done_at }} and (deals.won_at is null or deals.won_at > {{ done_at }} or deals.won_at < deals.lost_at)
            then 'lost'
        when deals.won_at <= {{ done_at }} then case when deals.status = 'lost' then 'lost' else 'won' end
        else 'open'
    end
{%- endmacro %}

{#
    Of fct_activity: rows that were written again, vanished, or whose owner's zone or deal's outcome is another; and all
    rows of the deals that these or new activities belong to or belonged to, for their sequence is counted anew.
#}
{% macro forget_stale_activities() -%}
    {% if is_incremental() %}
        with
        changed as (

            select
                coalesce(held.crm, found.crm) as crm,
                held.activity_id,
                held.deal_id as former_deal_id,
                found.deal_id
            from {{ this }} as held
            full join {{ ref('int_activities') }} as found
                on held.crm = found.crm and held.activity_id = found.activity_id
            left join {{ ref('dim_user') }} as users on found.crm = users.crm and found.owner_id = users.user_id
            left join {{ ref('int_deals') }} as deals on found.crm = deals.crm and found.deal_id = deals.deal_id
            where
                held._loaded_at is distinct from found._loaded_at
                or held.owner_time_zone is distinct from coalesce(users.time_zone, {{ default_time_zone() }})
                or held.deal_status_when_done is distinct from {{ deal_status_at('held.done_at') }}

        ),

        deals_concerned as (

            select
                crm,
                former_deal_id as deal_id
            from changed
            union
            select
                crm,
                deal_id
            from changed

        ),

        forgotten as (

            select
                crm,
                activity_id
            from changed
            union
            select
                held.crm,
                held.activity_id
            from {{ this }} as held
            inner join deals_concerned on held.crm = deals_concerned.crm and held.deal_id = deals_concerned.deal_id

        )

        delete from {{ this }}
        where (crm, activity_id) in (select crm, activity_id from forgotten)
    {% endif %}
{%- endmacro %}

{# Of fct_activity: what only time changes, in the rows that stay. #}
{% macro tell_overdue_anew() -%}
    {% if is_incremental() %}
        update {{ this }}
        set
            is_overdue = not is_overdue,
            _built_at = {{ built_at() }}
        where
            not is_done
            and not is_deleted
            and is_overdue != (select {{ overdue_at('as_of') }} from {{ ref('int_as_of') }})
    {% endif %}
{%- endmacro %}

{# Whether an open activity is overdue at an instant: all-day ones on the day after, where the owner is. #}
{% macro overdue_at(instant) -%}
    coalesce(
        case
            when is_all_day then due_date < {{ local_date(instant, 'owner_time_zone') }}
            else due_at < {{ instant }}
        end,
        false
    )
{%- endmacro %}

{# Of a table made of activities' own content: rows of activities that were written again or vanished. #}
{% macro forget_stale_rows() -%}
    {% if is_incremental() %}
        delete from {{ this }} as held
        where not exists (
            select 1
            from {{ ref('int_activities') }} as found
            where held.crm = found.crm and held.activity_id = found.activity_id and held._loaded_at = found._loaded_at
        )
    {% endif %}
{%- endmacro %}
