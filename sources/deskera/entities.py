"""What Deskera holds, as far as its API shows it: activities, and the records that stand within them.

Source: Deskera's document of the activity API (see API.md beside this file for what is documented and what is assumed).
Field order is the API's. Records within activities have a table of their own each, but no list: of them is known what
the latest activity showed, and since when (`seen_at`, that activity's update time).
"""

from sources.deskera.embedded import mentions
from sources.deskera.shapes import ACTIVITY, DEAL
from sources.entity import Embedded, Entity, Listing, fields

PAGE_SIZE = 100
WITHIN = Embedded("activities")
CONTACT = fields(
    "id int, name text, email text, phone text, country_code text, address text, type text, organization_id int,"
    "label_id int, label json, logo text, seen_at time"
)

ACTIVITIES = Entity(
    "activities",
    description="Calls, meetings, tasks and the like, done and planned.",
    lists=(
        Listing(
            "/v1/crm/activities",
            1,
            {"sortBy": "updated_at", "sortDir": "DESC"},
            paging="pages",
            page_size=PAGE_SIZE,
            size_param="pageSize",
        ),
    ),
    single="/v1/crm/activities/{id}",
    watermark="updated_at",
    whole_every=7,
    shape=ACTIVITY,
    mentions=mentions,
    fields=fields(
        "id int, name text, activity_type text, duration text, duration_minutes int, notes text,"
        "visibility_type text, is_availability bool, is_send_invitation bool, is_send_contacts_invitation bool,"
        "assigned_to text, assignee_ids json, assignee_details json, contact_ids json, contact_details json,"
        "organization_ids json, organization_details json, linked_to int, deal_details json, owner_id int,"
        "owner_details json, tenant_id int, is_status bool, created_at time, updated_at time, created_by int,"
        "updated_by int, is_deleted bool, email_sent text, consumer_id text, scheduled_status text,"
        "batch_id text, cron_status text, notification_error text, source text, source_id text,"
        "user_timezone text, start time, end time"
    ),
)

CONTACTS = Entity(
    "contacts",
    description="People that an activity or its deal names.",
    lists=(),
    embedded=WITHIN,
    watermark="seen_at",
    fields=CONTACT,
)

ORGANIZATIONS = Entity(
    "organizations",
    description="Companies that an activity or its deal names.",
    lists=(),
    embedded=WITHIN,
    watermark="seen_at",
    fields=CONTACT,
)

USERS = Entity(
    "users",
    description="Colleagues who own an activity or a deal, or are assigned to an activity.",
    lists=(),
    embedded=Embedded("activities", sometimes=frozenset({"time_zone"})),
    watermark="seen_at",
    fields=fields(
        "id int, first_name text, last_name text, email text, country_code text, contact text, profile_url text,"
        "time_zone text, seen_at time"
    ),
)

DEALS = Entity(
    "deals",
    description="Deals that an activity is linked to.",
    lists=(),
    embedded=WITHIN,
    watermark="seen_at",
    shape=DEAL,
    fields=fields(
        "id int, name text, pipeline_id int, stage_id int, contact_id int, organization_id int, mobile text,"
        "email text, currency_code text, amount decimal, closing_date time, status int, activity_id int,"
        "order int, stage_name text, deal_probability float, rotting_days int, owner_id int, is_deleted bool,"
        "reason text, custom_field json, created_at time, seen_at time"
    ),
)

STAGES = Entity(
    "stages",
    description="Stages of the deals that an activity is linked to.",
    lists=(),
    embedded=WITHIN,
    watermark="seen_at",
    fields=fields(
        "id int, pipeline_id int, order int, name text, deal_probability float, rotting_days int,"
        "help_text text, system_generated bool, won_lost_status text, seen_at time"
    ),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity for entity in (ACTIVITIES, CONTACTS, ORGANIZATIONS, USERS, DEALS, STAGES)
}
"""Every entity."""
