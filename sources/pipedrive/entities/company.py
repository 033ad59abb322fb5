"""How a company has set up its Pipedrive: users, rights, pipelines, types, fields, and the like."""

from sources.entity import Entity, Listing, fields
from sources.pipedrive import scopes, shapes
from sources.pipedrive.entities.lists import whole

PIPELINES = Entity(
    "pipelines",
    description="Sales pipelines.",
    scopes=scopes.PIPELINES,
    lists=(Listing("/api/v2/pipelines", 5, sortable=True),),
    fields=fields(
        "id int, name text, order_nr int, is_deleted bool, is_deal_probability_enabled bool, add_time time,"
        "update_time time"
    ),
)

STAGES = Entity(
    "stages",
    description="The stages of each pipeline, in order.",
    scopes=scopes.PIPELINES,
    lists=(Listing("/api/v2/stages", 5, sortable=True),),
    fields=fields(
        "id int, order_nr int, name text, is_deleted bool, deal_probability float, pipeline_id int,"
        "is_deal_rot_enabled bool, days_to_rotten int, add_time time, update_time time"
    ),
)

USERS = Entity(
    "users",
    description="The company's users, inactive ones included.",
    scopes=scopes.USERS,
    lists=(whole("users", 20),),
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
    scopes=scopes.ACTIVITY_TYPES,
    lists=(whole("activityTypes", 20),),
    fields=fields(
        "id int, order_nr int, name text, key_string text, icon_key text, active_flag bool, color text,"
        "is_custom_flag bool, add_time time, update_time time"
    ),
)

CURRENCIES = Entity(
    "currencies",
    description="Currencies, the company's own included.",
    scopes=scopes.BASE,
    lists=(whole("currencies", 20),),
    fields=fields(
        "id int, code text, name text, decimal_points int, symbol text, active_flag bool, is_custom_flag bool"
    ),
)


def _field_list(owner: str, path: str, enough: tuple[str, ...], *, optional: bool = False) -> Entity:
    """The field definitions of one kind of record: names, types and options, custom fields included."""
    return Entity(
        f"{owner}_fields",
        description=f"Fields of {owner} records; custom ones have a 40-character `field_code`.",
        scopes=enough,
        lists=(Listing(f"/api/v2/{path}", 10),),
        primary_key="field_code",
        optional=optional,
        fields=fields(
            "field_code text, field_name text, description text, field_type text, options json, subfields json,"
            "is_custom_field bool, is_optional_response_field bool, ui_visibility json, important_fields json,"
            "required_fields json"
        ),
    )


FIELD_LISTS = (
    # The documents disagree whether it takes `admin`; an app need not have that for a list which nothing depends on.
    _field_list("activity", "activityFields", scopes.ACTIVITY_TYPES, optional=True),
    _field_list("deal", "dealFields", scopes.DEAL_FIELDS),
    _field_list("person", "personFields", scopes.CONTACT_FIELDS),
    _field_list("organization", "organizationFields", scopes.CONTACT_FIELDS),
    _field_list("product", "productFields", scopes.PRODUCT_FIELDS),
)

NOTE_FIELDS = Entity(
    "note_fields",
    description="Fields of notes.",
    scopes=scopes.NOTES,
    lists=(whole("noteFields", 20),),
    primary_key="key",
    default=False,
    fields=fields(
        "id int, key text, name text, field_type text, active_flag bool, edit_flag bool, bulk_edit_allowed bool,"
        "mandatory_flag json, options json"
    ),
)

FILTERS = Entity(
    "filters",
    description="Saved filters, without their conditions.",
    scopes=scopes.ATTACHED,
    lists=(whole("filters", 20),),
    default=False,
    fields=fields(
        "id int, name text, filter_code text, is_editable bool, active_flag bool, type text, temporary_flag bool,"
        "user_id int, add_time time, update_time time, visible_to text, last_used_time time, custom_view_id int"
    ),
)

GOALS = Entity(
    "goals",
    description="Goals of users, teams and the company; their progress is no part of them.",
    scopes=scopes.GOALS,
    lists=(Listing("/v1/goals/find", 20, paging="none", adapt=shapes.goals),),
    default=False,
    optional=True,
    fields=fields(
        "id text, owner_id int, title text, type json, assignee json, interval text, duration json,"
        "expected_outcome json, is_active bool, report_ids json"
    ),
)

WEBHOOKS = Entity(
    "webhooks",
    description="Webhooks, without their passwords and what follows a `?` in their addresses; admins only.",
    scopes=scopes.ADMIN,
    lists=(Listing("/v1/webhooks", 10, paging="none", adapt=shapes.webhooks),),
    default=False,
    optional=True,
    fields=fields(
        "id int, company_id int, owner_id int, user_id int, event_action text, event_object text,"
        "subscription_url text, version text, is_active int, add_time time, remove_time time, type text,"
        "remove_reason text, last_delivery_time time, last_http_status int, admin_id int, name text"
    ),
)

USER_CONNECTIONS = Entity(
    "user_connections",
    description="Which outer services the token's user has connected.",
    scopes=scopes.BASE,
    lists=(Listing("/v1/userConnections", 20, paging="none", adapt=shapes.user_connections),),
    primary_key="service",
    default=False,
    fields=fields("service text, connection_id text"),
)

BILLING_ADDONS = Entity(
    "billing_addons",
    description="Add-ons that the company has subscribed to.",
    scopes=scopes.USERS,
    lists=(whole("billing/subscriptions/addons", 20),),
    primary_key="code",
    default=False,
    optional=True,
    fields=fields("code text"),
)
