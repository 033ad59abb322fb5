{# Which days of rpt_deal_coverage are told anew: the latest, those from the build's own day on, and those told by another rule. #}
{% macro forget_coverage_days() -%}
    {% if is_incremental() -%}
        delete from {{ this }}
        where
            snapshot_date >= (select as_of_date from {{ ref('int_as_of') }})
            or snapshot_date = (select max(snapshot_date) from {{ this }})
            or (select max(_at_risk_days) from {{ this }}) <> {{ var('at_risk_days') }}
    {%- endif %}
{%- endmacro %}
