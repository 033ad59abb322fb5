-- No join and no incremental build may lose or double a record: the tables with more or fewer rows than the CRM.
{% set pairs = [
    ('dim_user', 'users'),
    ('dim_pipeline', 'pipelines'),
    ('dim_stage', 'stages'),
    ('dim_deal', 'deals'),
    ('dim_person', 'persons'),
    ('dim_organization', 'organizations'),
    ('dim_product', 'products'),
    ('fct_activity', 'activities'),
    ('fct_deal_engagement', 'deals'),
    ('fct_person_engagement', 'persons'),
    ('fct_organization_engagement', 'organizations'),
] %}

with
counted as (

    {% for crm in var('crms') %}
        {%- set last_crm = loop.last %}
        {% for mart, entity in pairs %}
            select
                '{{ crm }}' as crm,
                '{{ mart }}' as mart,
                (select count(*) from {{ ref(mart) }} where crm = '{{ crm }}') as rows_there,
                (select count(*) from {{ ref('stg_' ~ crm ~ '__' ~ entity) }}) as records
            {{ "union all" if not (loop.last and last_crm) }}
        {% endfor %}
    {% endfor %}

)

select
    crm,
    mart,
    rows_there,
    records
from counted
where rows_there != records
