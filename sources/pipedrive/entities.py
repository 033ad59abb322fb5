"""What Pipedrive holds: one block an entity. This is the file to touch when the API grows.

Source: Pipedrive's OpenAPI documents of 2026-08-18 (v2, v1) and 2026-01-14 (the v1 collections); see API.md beside this
file for what is verified and what is assumed. Field order is the API's.
"""

from collections.abc import Mapping

from sources.entity import Entity, Listing, fields
from sources.pipedrive import legacy_v1

EVERY_DEAL = {"status": "open,won,lost,deleted", "include_fields": "source_lead_id,first_won_time"}


def _changes(
    path: str, params: Mapping[str, str], *, cost: int = 10, until: str = "updated_until", holds: str = ""
) -> Listing:
    """A v2 list that can be asked for what changed."""
    return Listing(
        f"/api/v2/{path}", cost, params, since="updated_since", until=until, sortable=True, holds=holds
    )


def _collection(name: str, **params: str) -> Listing:
    """A v1 collection: global admins only, and out of support since 2026-08-01."""
    return Listing(
        f"/v1/{name}/collection",
        10,
        params,
        since="since",
        until="until",
        zoned=False,
        adapt=legacy_v1.ADAPTERS[name],
    )


def _whole(path: str, cost: int) -> Listing:
    """A v1 list that comes in one piece."""
    return Listing(f"/v1/{path}", cost, paging="none")


ACTIVITIES = Entity(
    "activities",
    description="Calls, meetings, tasks and the like, done and planned.",
    lists=(_changes("activities", {"include_fields": "attendees"}),),
    legacy=(_collection("activities"),),
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
    lists=(
        _changes("deals", EVERY_DEAL, holds="not is_archived"),
        _changes("deals/archived", EVERY_DEAL, cost=20, holds="is_archived"),
    ),
    # v1 lists deleted deals only when asked for nothing else, and knows no archive.
    legacy=(
        _collection("deals"),
        _collection("deals", status="deleted"),
        _changes("deals/archived", EVERY_DEAL, cost=20),
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
    lists=(_changes("persons", {}),),
    legacy=(_collection("persons"),),
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
    lists=(_changes("organizations", {}),),
    legacy=(_collection("organizations"),),
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
    lists=(_changes("products", {}, until=""),),
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

PIPELINES = Entity(
    "pipelines",
    description="Sales pipelines.",
    lists=(Listing("/api/v2/pipelines", 5, sortable=True),),
    fields=fields(
        "id int, name text, order_nr int, is_deleted bool, is_deal_probability_enabled bool, add_time time,"
        "update_time time"
    ),
)

STAGES = Entity(
    "stages",
    description="The stages of each pipeline, in order.",
    lists=(Listing("/api/v2/stages", 5, sortable=True),),
    fields=fields(
        "id int, order_nr int, name text, is_deleted bool, deal_probability float, pipeline_id int,"
        "is_deal_rot_enabled bool, days_to_rotten int, add_time time, update_time time"
    ),
)

USERS = Entity(
    "users",
    description="The company's users, inactive ones included.",
    lists=(_whole("users", 20),),
    fields=fields(
        "id int, name text, default_currency text, locale text, lang int, email text, phone text,"
        "activated bool, last_login time, created time, modified time, has_created_company bool, access json,"
        "active_flag bool, timezone_name text, timezone_offset text, role_id int, icon_url text, is_you bool,"
        "is_deleted bool"
    ),
)

ACTIVITY_TYPES = Entity(
    "activity_types",
    description="Standard and custom types of activities; `key_string` is what an activity's `type` holds.",
    lists=(_whole("activityTypes", 20),),
    fields=fields(
        "id int, order_nr int, name text, key_string text, icon_key text, active_flag bool, color text,"
        "is_custom_flag bool, add_time time, update_time time"
    ),
)

CURRENCIES = Entity(
    "currencies",
    description="Currencies, the company's own included.",
    lists=(_whole("currencies", 20),),
    fields=fields(
        "id int, code text, name text, decimal_points int, symbol text, active_flag bool, is_custom_flag bool"
    ),
)


def _field_list(owner: str, path: str) -> Entity:
    """The field definitions of one kind of record: names, types and options, custom fields included."""
    return Entity(
        f"{owner}_fields",
        description=f"Fields of {owner} records; custom ones have a 40-character `field_code`.",
        lists=(Listing(f"/api/v2/{path}", 10),),
        primary_key="field_code",
        fields=fields(
            "field_code text, field_name text, description text, field_type text, options json, subfields json,"
            "is_custom_field bool, is_optional_response_field bool, ui_visibility json, important_fields json,"
            "required_fields json"
        ),
    )


ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        USERS,
        PIPELINES,
        STAGES,
        ACTIVITY_TYPES,
        CURRENCIES,
        _field_list("activity", "activityFields"),
        _field_list("deal", "dealFields"),
        _field_list("person", "personFields"),
        _field_list("organization", "organizationFields"),
        _field_list("product", "productFields"),
        ORGANIZATIONS,
        PERSONS,
        PRODUCTS,
        DEALS,
        ACTIVITIES,
    )
}
"""Every entity, the small and referenced ones first."""
