{#
    A staging model: the key, a typed column for each field or part, and the columns whose values are not of their type.
    To take JSON apart is dear, so only records that were written again are; all, when the fields or this SQL changed.
#}
{% macro staged_custom_fields(entity, key, records, recipe) %}
{%- set fields = custom_fields(entity) -%}
{%- set paths = custom_field_paths(fields) -%}
with
unpacked as materialized (

    select
        id as {{ key }},
        _loaded_at,
        {{ json_unpacked('custom_fields', paths) }} as unpacked
    from {{ records }} as found
    {% if is_incremental() %}
        where not exists (select 1 from {{ this }} as held where held.{{ key }} = found.id)
    {% endif %}

),

typed as (

    select
        {{ key }},
        _loaded_at,
        unpacked
        {%- for field in fields %}{% for column in field.columns if column.kind not in linked_kinds() %},
        {{ typed(column.kind, custom_field_text(field, column, paths)) }} as {{ column.name }}
        {%- endfor %}{% endfor %}
    from unpacked

)

select
    cast('pipedrive' as varchar) as crm,
    {{ key }},
    {%- for field in fields %}{% for column in field.columns if column.kind not in name_kinds() %}
    {{ custom_field_label(field, column) }},
    {%- endfor %}{% endfor %}
    {{ unreadable_columns(fields, paths) }} as _unreadable,
    _loaded_at,
    {{ recipe }} as _recipe
from typed
{% endmacro %}

{# Of such a model: the rows of records that were written again or vanished. #}
{% macro forget_stale_custom_fields(key, records) -%}
    {% if is_incremental() %}
        delete from {{ this }} as held
        where not exists (
            select 1
            from {{ records }} as found
            where found.id = held.{{ key }} and found._loaded_at = held._loaded_at
        )
    {% endif %}
{%- endmacro %}

{# What such a model is made of, beside its own text: the fields, and the SQL of one of each kind. #}
{% macro custom_fields_recipe(entity) %}
    {%- set fields = custom_fields(entity) -%}
    {%- set paths = custom_field_paths(fields) -%}
    {%- set ingredients = [tojson(fields), json_unpacked('x', paths), unreadable_columns(fields, paths)] -%}
    {%- for kind in ['int', 'ints', 'double', 'decimal', 'date', 'time', 'boolean', 'text'] -%}
        {%- do ingredients.append(typed(kind, 'x')) -%}
    {%- endfor -%}
    {{ return(ingredients | join('\n')) }}
{% endmacro %}

{# Where texts are in the JSON: each whole value, then each member of it. #}
{% macro custom_field_paths(fields) %}
    {%- set paths = [] -%}
    {%- for field in fields -%}
        {%- do paths.append([field.code]) -%}
        {%- for column in field.columns if column.member %}{% do paths.append([field.code, column.member]) %}{% endfor -%}
        {%- if field.columns[0].kind == 'address' -%}
            {%- do paths.append([field.code, 'formatted_address']) -%}
            {%- do paths.append([field.code, 'value']) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(paths) }}
{% endmacro %}

{% macro custom_field_text(field, column, paths) -%}
    {%- if column.kind == 'address' -%}
        coalesce(
            nullif({{ json_unpacked_text('unpacked', paths, [field.code, 'formatted_address']) }}, ''),
            {{ json_unpacked_text('unpacked', paths, [field.code, 'value']) }}
        )
    {%- else -%}
        {{ json_unpacked_text('unpacked', paths, [field.code] + ([column.member] if column.member else [])) }}
    {%- endif -%}
{%- endmacro %}

{# A column of `typed`; or, of the ids there, the labels that go with them. #}
{% macro custom_field_label(field, column) -%}
    {%- set ids = field.columns[0].name -%}
    {%- if column.kind == 'label' -%}
        cast({{ option_label(ids, field.options) }} as varchar) as {{ column.name }}
    {%- elif column.kind == 'labels' -%}
        case
            when {{ ids }} is not null
                then cast(array(
                    select {{ option_label('chosen.option_id', field.options) }}
                    from unnest({{ ids }}) with ordinality as chosen (option_id, position)
                    order by chosen.position
                ) as varchar[])
        end as {{ column.name }}
    {%- else -%}
        {{ column.name }}
    {%- endif -%}
{%- endmacro %}

{% macro option_label(option_id, options) -%}
    {%- if options -%}
        case {{ option_id }}
            {%- for option in options %} when {{ option.id }} then {{ literals([option.label]) }}{% endfor %} end
    {%- else -%}
        null
    {%- endif -%}
{%- endmacro %}

{# The names of columns that are null although the CRM has a value, with commas between. A list: functions take 100. #}
{% macro unreadable_columns(fields, paths) -%}
    {%- if fields -%}
        nullif(array_to_string(cast(array[
            {%- for field in fields %}{% set last_field = loop.last -%}
            {% for column in field.columns if column.kind not in linked_kinds() %}
            case
                when {{ column.name }} is null and {{ custom_field_given(field, column, paths) }} not in ('', '[]', '{}')
                    then '{{ column.name }}'
            end{{ "," if not (last_field and loop.last) }}
            {%- endfor %}{% endfor %}
        ] as varchar[]), ','), '')
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}

{# What the CRM has where a column comes from. The first column answers for the value as a whole. #}
{% macro custom_field_given(field, column, paths) -%}
    {%- if column.name == field.columns[0].name -%}
        {{ json_unpacked_text('unpacked', paths, [field.code]) }}
    {%- else -%}
        {{ custom_field_text(field, column, paths) }}
    {%- endif -%}
{%- endmacro %}
