-- No join and no incremental build may lose or double a record: the tables with more or fewer rows than the CRM.
{% set pairs = [
    ('dim_user', 'stg_pipedrive__users'),
    ('dim_pipeline', 'stg_pipedrive__pipelines'),
    ('dim_stage', 'stg_pipedrive__stages'),
    ('dim_deal', 'stg_pipedrive__deals'),
    ('dim_person', 'stg_pipedrive__persons'),
    ('dim_organization', 'stg_pipedrive__organizations'),
    ('dim_product', 'stg_pipedrive__products'),
    ('fct_activity', 'stg_pipedrive__activities'),
    ('fct_deal_engagement', 'stg_pipedrive__deals'),
    ('fct_person_engagement', 'stg_pipedrive__persons'),
    ('fct_organization_engagement', 'stg_pipedrive__organizations'),
] %}

with
counted as (

    {% for mart, staged in pairs %}
        select
            '{{ mart }}' as mart,
            (select count(*) from {{ ref(mart) }}) as rows_there,
            (select count(*) from {{ ref(staged) }}) as records
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    mart,
    rows_there,
    records
from counted
where rows_there != records
