{#
    Custom fields by name. Which there are, and what their columns are called, is read from ops.custom_fields while a
    model compiles: so a field that was added needs no change here. Without that table there are none.
#}

{# An entity's fields in the order of their columns: code, columns (name, member, kind), options (id, label). #}
{% macro custom_fields(entity, crm='pipedrive') %}
    {%- if not execute or not this or crm not in var('crms') %}{{ return([]) }}{% endif -%}
    {%- set registry = adapter.get_relation(this.database, 'ops', 'custom_fields') -%}
    {%- if registry is none %}{{ return([]) }}{% endif -%}
    {%- set asked -%}
        select field_code, cast(parts as varchar) as parts, cast(options as varchar) as options
        from {{ registry }} where crm = '{{ crm }}' and entity = '{{ entity }}'
        order by first_seen_at, column_name
    {%- endset -%}
    {%- set fields = [] -%}
    {%- for row in run_query(asked).rows -%}
        {%- do fields.append({
            'code': row['field_code'], 'columns': fromjson(row['parts']), 'options': fromjson(row['options'])
        }) -%}
    {%- endfor -%}
    {{ return(fields) }}
{% endmacro %}

{# What stands for an id: these columns are not in the value itself. #}
{% macro name_kinds() %}{{ return(['user', 'organization', 'person']) }}{% endmacro %}
{% macro linked_kinds() %}{{ return(name_kinds() + ['label', 'labels']) }}{% endmacro %}

{# In a select list: the columns of the staging model, called `custom`; names of what they refer to are in `names`. #}
{% macro custom_field_columns(fields) -%}
    {%- for field in fields %}{% for column in field.columns -%}
        {%- if column.kind in name_kinds() -%}
            names.{{ column.name }},
        {% else -%}
            custom.{{ column.name }},
        {% endif -%}
    {%- endfor %}{% endfor -%}
{%- endmacro %}

{# In a select list: the names of what custom fields refer to. #}
{% macro custom_field_names(fields) -%}
    {%- for field in fields %}{% for column in field.columns if column.kind in name_kinds() -%}
        {{ column.name }}.name as {{ column.name }},
    {% endfor %}{% endfor -%}
{%- endmacro %}

{#
    The joins for those names, to the records of a model of names. What it depends on stands in a comment there, because
    dbt reads that before any field is known.
#}
{% macro custom_field_joins(fields, record) -%}
    {%- set named = [] -%}
    {%- for field in fields %}{% for column in field.columns if column.kind in name_kinds() -%}
        {%- do named.append((field.columns[0].name, column)) -%}
    {%- endfor %}{% endfor -%}
    {%- if named %}
left join {{ ref('stg_pipedrive__' ~ record ~ '_custom_fields') }} as custom
    on {{ record }}s.crm = custom.crm and {{ record }}s.{{ record }}_id = custom.{{ record }}_id
    {%- for id, column in named %}
left join {{ ref('int_' ~ column.kind ~ 's') }} as {{ column.name }}
    on custom.crm = {{ column.name }}.crm and custom.{{ id }} = {{ column.name }}.{{ column.kind }}_id
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{# What those joins may need, for a comment. #}
{% macro custom_field_sources(record) -%}
    {%- if 'pipedrive' in var('crms') %}{% do ref('stg_pipedrive__' ~ record ~ '_custom_fields') %}{% endif -%}
    {%- for kind in name_kinds() %}{% do ref('int_' ~ kind ~ 's') %}{% endfor -%}
{%- endmacro %}
