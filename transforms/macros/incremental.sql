{#
    How the large tables follow their sources: each build first forgets the rows that are no longer right, then appends
    what is missing. What is right is judged by content, never by "later than the last": so a build finds what changed
    also after a failed build, a restored warehouse, or raw tables read anew.
#}

{# Changes whenever the SQL, the variables or the macros behind a table do. Such a table selects it as _recipe. #}
{% macro recipe() %}
    {%- if not execute %}{{ return("''") }}{% endif -%}
    {%- set ingredients = [
        model.raw_code,
        activity_counts(), deal_status_at('x'),
        json_elements('x'), json_positions('x'), json_length('x'), json_id('x', 'x'), json_flag('x', 'x'),
        json_readable('x'), json_text('x', 'x'), json_primary_value('x'),
        clock_time('x'), duration_minutes('x'), local_date('x', 'x'), local_midnight('x', 'x'),
        literals(var('touch_types')), var('default_time_zone'), literals(var('crms')),
        money_at_rate('x', 1), tojson(var('currency_rates')),
    ] -%}
    {%- if 'custom_fields' in model.raw_code -%}
        {%- set record = (model.name.split('__') | last).removeprefix('dim_').split('_')[0] -%}
        {%- do ingredients.append(custom_fields_recipe(record ~ 's')) -%}
    {%- endif -%}
    {%- if 'engagement_counts()' in model.raw_code -%}
        {%- do ingredients.extend([engagement_counts(), overdue_counts(), first_to_come('x'), next_activity()]) -%}
    {%- endif -%}
    {%- do ingredients.extend(views_behind(model)) -%}
    {{ return("'" ~ local_md5(ingredients | join('\n'))[:12] ~ "'") }}
{% endmacro %}

{# The SQL of the views that a model is made of, and of those that these are made of. #}
{% macro views_behind(node) %}
    {%- set found = [] -%}
    {%- for name in node.depends_on.nodes | sort if name in graph.nodes -%}
        {%- if graph.nodes[name].config.materialized == 'view' -%}
            {%- do found.append(graph.nodes[name].raw_code) -%}
            {%- do found.extend(views_behind(graph.nodes[name])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# As dbt has it, and also when a table was made by another recipe, or before there were several CRMs. #}
{% macro should_full_refresh() %}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none %}{{ return(configured) }}{% endif -%}
    {%- if flags.FULL_REFRESH or not execute %}{{ return(flags.FULL_REFRESH) }}{% endif -%}
    {%- set table = adapter.get_relation(this.database, this.schema, this.table) -%}
    {%- if table is none %}{{ return(false) }}{% endif -%}
    {%- set row = run_query("select * from " ~ table ~ " limit 1") -%}
    {%- if 'recipe()' not in model.raw_code -%}
        {{ return('crm' in model.raw_code and 'crm' not in row.column_names) }}
    {%- endif -%}
    {{ return(
        '_recipe' not in row.column_names or row.rows | length == 0 or "'" ~ row.rows[0]['_recipe'] ~ "'" != recipe()
    ) }}
{% endmacro %}

{# When a row was built: later than any row of the table before, whatever the clock says. #}
{% macro built_at(column='_built_at') -%}
    {% if is_incremental() -%}
        greatest(current_timestamp, (select max({{ column }}) + interval '1 microsecond' from {{ this }}))
    {%- else -%}
        current_timestamp
    {%- endif %}
{%- endmacro %}

{# An index for what is looked up by key; DuckDB scans faster than it keeps one. #}
{% macro key_indexes(key, others=[]) %}
    {%- set indexes = [] -%}
    {%- if target.type == 'postgres' -%}
        {%- do indexes.append({'columns': key, 'unique': true}) -%}
        {%- for columns in others %}{% do indexes.append({'columns': columns}) %}{% endfor -%}
    {%- endif -%}
    {{ return(indexes) }}
{% endmacro %}

{# Fresh statistics for the planner, which would wait for autovacuum; DuckDB needs none. #}
{% macro gather_statistics() -%}
    {% if target.type == 'postgres' %}analyze {{ this }}{% endif %}
{%- endmacro %}

{# Of a table that counts activities by a key: the keys whose set of activities, or one of them, is another. #}
{% macro forget_stale_counts(key) -%}
    {% if is_incremental() %}
        with
        found as (

            select
                crm,
                {{ key }},
                count(*) as activities_total,
                max(_built_at) as _built_at
            from
            {% if key == 'person_id' %}
                (
                    select
                        participants.crm,
                        participants.person_id,
                        activities._built_at
                    from {{ ref('bridge_activity_participant') }} as participants
                    inner join {{ ref('fct_activity') }} as activities
                        on participants.crm = activities.crm and participants.activity_id = activities.activity_id
                    where not activities.is_deleted
                ) as taking_part
            {% else %}
                {{ ref('fct_activity') }}
                where not is_deleted and {{ key }} is not null
            {% endif %}
            group by crm, {{ key }}

        )

        delete from {{ this }} as held
        where not exists (
            select 1
            from found
            {% if key == 'deal_id' %}
                left join {{ ref('int_deals') }} as deals on found.crm = deals.crm and found.deal_id = deals.deal_id
            {% endif %}
            where
                held.crm = found.crm
                and held.{{ key }} = found.{{ key }}
                and held.activities_total = found.activities_total
                and held._built_at = found._built_at
                {% if key == 'deal_id' %}
                    and held._won_at is not distinct from deals.won_at
                    and held._lost_at is not distinct from deals.lost_at
                {% endif %}
        )
    {% endif %}
{%- endmacro %}

{# Of an engagement table: rows of records that were built anew or are gone, or whose activities were counted anew. #}
{% macro forget_stale_engagement(key, records, counted) -%}
    {% if is_incremental() %}
        delete from {{ this }} as held
        where not exists (
            select 1
            from {{ records }} as records
            left join {{ counted }} as counted on records.crm = counted.crm and records.{{ key }} = counted.{{ key }}
            where
                held.crm = records.crm
                and held.{{ key }} = records.{{ key }}
                and held._record_built_at = records._built_at
                and held._counted_at is not distinct from counted._counted_at
        )
    {% endif %}
{%- endmacro %}

{# Of an engagement table: what only time changes, in the rows that stay. Readers are told apart from what was built. #}
{% macro tell_days_since_last_touch_anew() -%}
    {% if is_incremental() %}
        {%- set days = days_since_last_touch('last_touch_at', '(select as_of from ' ~ ref('int_as_of') ~ ')') %}
        update {{ this }}
        set days_since_last_touch = {{ days }}
        where days_since_last_touch is distinct from {{ days }}
    {% endif %}
{%- endmacro %}

{#
    Of a table of records: those that were written again or vanished, and those that name others which are called
    otherwise by now. `names` is the view of what they name.
#}
{% macro forget_stale_records(key, names) -%}
    {% if is_incremental() %}
        delete from {{ this }} as held
        where not exists (
            select 1
            from {{ names }} as found
            where
                held.crm = found.crm
                and held.{{ key }} = found.{{ key }}
                and held._loaded_at = found._loaded_at
                {%- for column in adapter.get_columns_in_relation(names) if column.name not in ['crm', key, '_loaded_at'] %}
                    and held.{{ adapter.quote(column.name) }} is not distinct from found.{{ adapter.quote(column.name) }}
                {%- endfor %}
        )
    {% endif %}
{%- endmacro %}
