{#
    What every CRM's staging models offer, and how the CRMs come together. models/staging/README.md tells it in words and
    how to add a CRM.
#}

{# Columns and types of each staging model, stg_<crm>__<entity>; it may have more. #}
{% macro staged_columns(entity) %}
    {%- set id, text, flag, moment, money = 'bigint', 'varchar', 'boolean', 'timestamp with time zone', 'numeric(38, 9)' -%}
    {%- set models = {
        'activities': {
            'activity_id': id, 'owner_id': id, 'creator_user_id': id, 'deal_id': id, 'lead_id': text, 'person_id': id,
            'organization_id': id, 'project_id': id, 'activity_type': text, 'subject': text, 'priority': id,
            'location': 'json', 'participants': 'json', 'attendees': 'json', 'due_date': 'date', 'due_time': 'time',
            'duration': text, 'done_at': moment, 'added_at': moment, 'updated_at': moment, 'deleted_at': moment,
            'is_done': flag, 'is_deleted': flag, '_loaded_at': moment,
        },
        'activity_types': {
            'activity_type_id': id, 'activity_type': text, 'name': text, 'sort_order': id, 'is_active': flag,
            'is_custom': flag, 'is_deleted': flag,
        },
        'deals': {
            'deal_id': id, 'owner_id': id, 'person_id': id, 'organization_id': id, 'pipeline_id': id, 'stage_id': id,
            'title': text, 'status': text, 'probability': 'double precision', 'source': text, 'channel': id,
            'lost_reason': text, 'value': money, 'currency': text, 'expected_close_date': 'date', 'created_at': moment,
            'updated_at': moment, 'stage_changed_at': moment, 'won_at': moment, 'lost_at': moment, 'closed_at': moment,
            'archived_at': moment, 'deleted_at': moment, 'is_archived': flag, 'is_deleted': flag, '_loaded_at': moment,
        },
        'organizations': {
            'organization_id': id, 'owner_id': id, 'name': text, 'address': 'json', 'website': text, 'industry': id,
            'employee_count': id, 'annual_revenue': money, 'created_at': moment, 'updated_at': moment,
            'deleted_at': moment, 'is_deleted': flag, '_loaded_at': moment,
        },
        'persons': {
            'person_id': id, 'organization_id': id, 'owner_id': id, 'name': text, 'first_name': text,
            'last_name': text, 'emails': 'json', 'phones': 'json', 'job_title': text, 'created_at': moment,
            'updated_at': moment, 'deleted_at': moment, 'is_deleted': flag, '_loaded_at': moment,
        },
        'pipelines': {
            'pipeline_id': id, 'name': text, 'sort_order': id, 'is_deal_probability_enabled': flag, 'is_deleted': flag,
        },
        'products': {
            'product_id': id, 'owner_id': id, 'name': text, 'code': text, 'description': text, 'unit': text,
            'category': text, 'tax_percent': money, 'prices': 'json', 'billing_frequency': text,
            'billing_frequency_cycles': id, 'created_at': moment, 'updated_at': moment, 'deleted_at': moment,
            'is_linkable': flag, 'is_deleted': flag, '_loaded_at': moment,
        },
        'stages': {
            'stage_id': id, 'pipeline_id': id, 'name': text, 'sort_order': id, 'deal_probability': 'double precision',
            'days_to_rotten': id, 'is_rot_enabled': flag, 'is_deleted': flag,
        },
        'users': {
            'user_id': id, 'role_id': id, 'name': text, 'email': text, 'default_currency': text, 'time_zone': text,
            'created_at': moment, 'last_login_at': moment, 'is_active': flag, 'is_deleted': flag,
        },
    } -%}
    {%- set columns = {'crm': text} -%}
    {%- do columns.update(models[entity]) -%}
    {{ return(columns) }}
{% endmacro %}

{# The records of all CRMs, as one select: those of the variable `crms`. #}
{% macro of_all_crms(entity) -%}
    {%- if not var('crms') -%}
        {{ exceptions.raise_compiler_error(
            "The variable crms is empty: name the CRMs whose raw tables are in the warehouse, such as [pipedrive]."
        ) }}
    {%- endif -%}
    {%- for crm in var('crms') -%}
        select {{ staged_columns(entity) | join(', ') }}
        from {{ ref('stg_' ~ crm ~ '__' ~ entity) }}
        {{ "union all" if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{# In the select list of a staging model: columns that the CRM does not tell. #}
{% macro not_told(entity, columns) -%}
    {%- set types = staged_columns(entity) -%}
    {%- for column in columns %}cast(null as {{ types[column] }}) as {{ column }}{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro %}

{# A staging model of what the CRM does not have at all: no row. #}
{% macro none_of(entity) -%}
    select {{ not_told(entity, staged_columns(entity)) }}
    where false
{%- endmacro %}

{# The custom fields of Pipedrive's records, the only CRM that has some here; without Pipedrive none. #}
{% macro custom_fields_of(record) -%}
    {%- if 'pipedrive' in var('crms') -%}
        select * from {{ ref('stg_pipedrive__' ~ record ~ '_custom_fields') }}
    {%- else -%}
        select
            cast(null as varchar) as crm,
            cast(null as bigint) as {{ record }}_id,
            cast(null as varchar) as _unreadable
        where false
    {%- endif -%}
{%- endmacro %}
