{%- set fields = custom_fields('persons') -%}
with
persons as (

    select * from {{ ref('int_persons') }}

),

organizations as (

    select * from {{ ref('int_organizations') }}

),

users as (

    select * from {{ ref('int_users') }}

),

custom as (

    {{ custom_fields_of('person') }}

)

select
    persons.crm,
    persons.person_id,
    persons.organization_id,
    persons.owner_id,
    persons.name,
    persons.first_name,
    persons.last_name,
    organizations.name as organization_name,
    users.name as owner_name,
    nullif({{ json_primary_value('persons.emails') }}, '') as primary_email,
    nullif({{ json_primary_value('persons.phones') }}, '') as primary_phone,
    persons.job_title,
    persons.created_at,
    persons.updated_at,
    persons.deleted_at,
    persons.is_deleted,
    -- custom fields
    {{ custom_field_columns(fields) }}
    custom._unreadable
from persons
left join organizations on persons.crm = organizations.crm and persons.organization_id = organizations.organization_id
left join users on persons.crm = users.crm and persons.owner_id = users.user_id
left join custom on persons.crm = custom.crm and persons.person_id = custom.person_id
{{ custom_field_joins(fields) }}
