{{ require_default_time_zone() }}
with
users as (

    select * from {{ ref('int_users') }}

),

known_zones as (

    select lower(name) as time_zone from {{ known_time_zones() }}

)

select
    users.crm,
    users.user_id,
    users.role_id,
    users.name,
    users.email,
    users.default_currency,
    -- A name that this database does not know would stop the whole build.
    case
        when known_zones.time_zone is not null then users.time_zone
        else {{ default_time_zone() }}
    end as time_zone,
    users.created_at,
    users.last_login_at,
    users.is_active,
    users.is_deleted
from users
left join known_zones on lower(users.time_zone) = known_zones.time_zone
