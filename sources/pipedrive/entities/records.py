"""The records that people work with: activities, deals, persons, organizations and products."""

from sources.entity import Entity, fields
from sources.pipedrive import legacy_v1, scopes
from sources.pipedrive.entities.lists import changes, collection

EVERY_DEAL = {"status": "open,won,lost,deleted", "include_fields": "source_lead_id,first_won_time"}

ACTIVITIES = Entity(
    "activities",
    description="Calls, meetings, tasks and the like, done and planned.",
    scopes=scopes.ACTIVITIES,
    lists=(changes("activities", {"include_fields": "attendees"}),),
    legacy=(collection("activities"),),
    legacy_lacks=legacy_v1.LACKS["activities"],
    watermark="update_time",
    deletion="recents",
    recents_item="activity",
    partitions=({"done": "true"}, {"done": "false"}),
    links={"deal_id": "deals", "person_id": "persons", "org_id": "organizations"},
    by_id=True,
    fields=fields(
        "id int, subject text, type text, owner_id int, creator_user_id int, is_deleted bool, add_time time,"
        "update_time time, deal_id int, lead_id text, person_id int, org_id int, project_id int, due_date date,"
        "due_time text, duration text, busy bool, done bool, marked_as_done_time time, location json,"
        "participants json, attendees json, conference_meeting_client text, conference_meeting_url text,"
        "conference_meeting_id text, public_description text, priority int, outcome int, note text, private bool"
    ),
)

DEALS = Entity(
    "deals",
    description="Deals of every status, deleted and archived ones included.",
    scopes=scopes.DEALS,
    lists=(
        changes("deals", EVERY_DEAL, holds="not is_archived"),
        changes("deals/archived", EVERY_DEAL, cost=20, holds="is_archived"),
    ),
    # v1 lists deleted deals only when asked for nothing else, and knows no archive.
    legacy=(
        collection("deals"),
        collection("deals", status="deleted"),
        changes("deals/archived", EVERY_DEAL, cost=20),
    ),
    legacy_lacks=legacy_v1.LACKS["deals"],
    watermark="update_time",
    deletion="listed",
    links={"person_id": "persons", "org_id": "organizations"},
    by_id=True,
    fields=fields(
        "id int, title text, creator_user_id int, owner_id int, value decimal, person_id int, org_id int,"
        "stage_id int, pipeline_id int, currency text, archive_time time, add_time time, update_time time,"
        "stage_change_time time, status text, is_archived bool, is_deleted bool, probability float,"
        "lost_reason text, visible_to int, close_time time, won_time time, lost_time time, first_won_time time,"
        "local_won_date date, local_lost_date date, local_close_date date, expected_close_date date,"
        "label_ids json, origin text,"
        "origin_id text, channel int, channel_id text, source_lead_id text, acv decimal, arr decimal,"
        "mrr decimal, custom_fields json"
    ),
)

PERSONS = Entity(
    "persons",
    description="Contacts.",
    scopes=scopes.CONTACTS,
    lists=(changes("persons", {}),),
    legacy=(collection("persons"),),
    legacy_lacks=legacy_v1.LACKS["persons"],
    watermark="update_time",
    deletion="recents",
    recents_item="person",
    links={"org_id": "organizations"},
    by_id=True,
    fields=fields(
        "id int, name text, first_name text, last_name text, owner_id int, org_id int, add_time time,"
        "update_time time, emails json, phones json, is_deleted bool, visible_to int, label_ids json,"
        "picture_id int, custom_fields json, notes text, im json, birthday date, job_title text,"
        "postal_address json"
    ),
)

ORGANIZATIONS = Entity(
    "organizations",
    description="Companies.",
    scopes=scopes.CONTACTS,
    lists=(changes("organizations", {}),),
    legacy=(collection("organizations"),),
    legacy_lacks=legacy_v1.LACKS["organizations"],
    watermark="update_time",
    deletion="recents",
    recents_item="organization",
    by_id=True,
    fields=fields(
        "id int, name text, owner_id int, org_id int, add_time time, update_time time, address json,"
        "is_deleted bool, visible_to int, label_ids json, website text, linkedin text, industry int,"
        "annual_revenue decimal, employee_count int, custom_fields json"
    ),
)

PRODUCTS = Entity(
    "products",
    description="The product catalogue with its prices.",
    scopes=scopes.PRODUCTS,
    lists=(changes("products", {}, until=""),),
    watermark="update_time",
    deletion="recents",
    recents_item="product",
    by_id=True,
    fields=fields(
        "id int, name text, code text, description text, unit text, tax decimal, category text,"
        "is_linkable bool, is_deleted bool, visible_to int, owner_id int, add_time time, update_time time,"
        "billing_frequency text, billing_frequency_cycles int, prices json, custom_fields json"
    ),
)
