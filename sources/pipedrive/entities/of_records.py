"""What belongs to single deals, persons, organizations and products: a request each, for those that changed."""

from sources.entity import Entity, Listing, Parent, fields
from sources.pipedrive import scopes, shapes
from sources.pipedrive.entities.lists import by_cursor

FLOW, CHANGELOG, FOLLOWERS = 40, 20, 10
"""Tokens a request."""
LOGGED = ("time", "field_key", "old_value", "new_value", "actor_user_id")
FOLLOWED = ("time", "action", "follower_user_id", "actor_user_id")

DEAL_PRODUCTS = Entity(
    "deal_products",
    description="Products on deals, with quantity, price and discount.",
    scopes=scopes.DEAL_PRODUCTS,
    lists=(Listing("/api/v2/deals/products", 10, {"deal_ids": "{id}"}),),
    parent=Parent("deals", "deal_id", at_once=100),
    fields=fields(
        "id int, deal_id int, product_id int, product_variation_id int, name text, order_nr int, sum decimal,"
        "tax decimal, add_time time, update_time time, comments text, currency text, discount decimal,"
        "discount_type text, quantity decimal, item_price decimal, tax_method text, is_enabled bool,"
        "billing_frequency text, billing_frequency_cycles int, billing_start_date date"
    ),
)

DEAL_INSTALLMENTS = Entity(
    "deal_installments",
    description="Installments of deals; plans from Growth on.",
    scopes=scopes.DEALS,
    lists=(Listing("/api/v2/deals/installments", 10, {"deal_ids": "{id}"}),),
    parent=Parent("deals", "deal_id", at_once=100),
    default=False,
    optional=True,
    fields=fields("id int, deal_id int, amount decimal, billing_date date, description text"),
)

DEAL_DISCOUNTS = Entity(
    "deal_discounts",
    description="Discounts on whole deals.",
    scopes=scopes.DEALS,
    lists=(Listing("/api/v2/deals/{id}/discounts", 10, paging="none"),),
    parent=Parent("deals", "deal_id"),
    default=False,
    fields=fields(
        "id text, deal_id int, type text, amount decimal, description text, created_at time, created_by int,"
        "updated_at time, updated_by int"
    ),
)

DEAL_PARTICIPANTS = Entity(
    "deal_participants",
    description="Persons who take part in deals beside the main contact.",
    scopes=scopes.DEALS,
    lists=(Listing("/v1/deals/{id}/participants", 10, paging="offset", adapt=shapes.participants),),
    parent=Parent("deals", "deal_id"),
    default=False,
    fields=fields(
        "id int, deal_id int, person_id int, add_time time, active_flag bool, added_by_user_id int,"
        "related_item_type text, related_item_id int, related_item_data json"
    ),
)

DEAL_PARTICIPANT_CHANGES = Entity(
    "deal_participant_changes",
    description="Who was added to deals as a participant, or removed, when and by whom.",
    scopes=scopes.DEALS,
    lists=(Listing("/v1/deals/{id}/participantsChangelog", 10),),
    parent=Parent("deals", "deal_id", ("time", "action", "person_id", "actor_user_id")),
    default=False,
    fields=fields("id text, deal_id int, actor_user_id int, person_id int, action text, time time"),
)

PRODUCT_VARIATIONS = Entity(
    "product_variations",
    description="Variations of products, with their prices.",
    scopes=scopes.PRODUCTS,
    lists=(by_cursor("products/{id}/variations"),),
    parent=Parent("products", "product_id"),
    default=False,
    optional=True,
    fields=fields("id int, name text, product_id int, prices json"),
)

ORGANIZATION_RELATIONSHIPS = Entity(
    "organization_relationships",
    description="How organizations are related, as seen from each of the two.",
    scopes=scopes.CONTACTS,
    lists=(
        Listing(
            "/v1/organizationRelationships",
            20,
            {"org_id": "{id}"},
            paging="offset",
            adapt=shapes.relationships,
        ),
    ),
    parent=Parent("organizations", "org_id", ("relationship_id",)),
    default=False,
    fields=fields(
        "id text, org_id int, relationship_id int, type text, rel_owner_org_id json, rel_linked_org_id json,"
        "add_time time, update_time time, active_flag json, calculated_type text,"
        "calculated_related_org_id int, related_organization_name text"
    ),
)

Enough = tuple[str, ...]
"""The scopes of which any is enough."""


def _followers(owner: str, parent: str, column: str, enough: Enough) -> Entity:
    return Entity(
        f"{owner}_followers",
        description=f"Users who follow {parent}.",
        scopes=enough,
        lists=(by_cursor(f"{parent}/{{id}}/followers", FOLLOWERS),),
        parent=Parent(parent, column, ("user_id",)),
        default=False,
        fields=fields(f"id text, {column} int, user_id int, add_time time"),
    )


def _follower_changes(owner: str, parent: str, column: str, enough: Enough) -> Entity:
    return Entity(
        f"{owner}_follower_changes",
        description=f"Who began and ceased to follow {parent}, when and by whom.",
        scopes=enough,
        lists=(by_cursor(f"{parent}/{{id}}/followers/changelog", FOLLOWERS),),
        parent=Parent(parent, column, FOLLOWED),
        default=False,
        fields=fields(
            f"id text, {column} int, action text, actor_user_id int, follower_user_id int, time time"
        ),
    )


def _changes(owner: str, parent: str, column: str) -> Entity:
    return Entity(
        f"{owner}_changes",
        description=f"Every change of a field of {parent}, with the values before and after.",
        scopes=scopes.CHANGES,
        lists=(Listing(f"/v1/{parent}/{{id}}/changelog", CHANGELOG),),
        parent=Parent(parent, column, LOGGED),
        default=False,
        fields=fields(
            f"id text, {column} int, field_key text, old_value text, new_value text, actor_user_id int, time time,"
            "change_source text, change_source_user_agent text, is_bulk_update_flag bool"
        ),
    )


def _flow(owner: str, parent: str, column: str) -> Entity:
    return Entity(
        f"{owner}_flow",
        description=f"All that happened to {parent}: changes, activities, notes, files, mail.",
        scopes=scopes.CHANGES,
        lists=(Listing(f"/v1/{parent}/{{id}}/flow", FLOW, paging="offset", adapt=shapes.events),),
        parent=Parent(parent, column, ("object", "item_id", "timestamp")),
        default=False,
        fields=fields(f"id text, {column} int, object text, item_id text, timestamp time, data json"),
    )


DEALS, PERSONS = ("deal", "deals", "deal_id"), ("person", "persons", "person_id")
ORGANIZATIONS, PRODUCTS = ("organization", "organizations", "org_id"), ("product", "products", "product_id")
USERS = ("user", "users", "followed_user_id")
FOLLOWABLE = (
    (*DEALS, scopes.DEALS),
    (*PERSONS, scopes.CONTACTS),
    (*ORGANIZATIONS, scopes.CONTACTS),
    (*PRODUCTS, scopes.PRODUCTS),
    (*USERS, scopes.USERS),
)

HISTORIES = (
    *(_followers(*one) for one in FOLLOWABLE),
    *(_follower_changes(*one) for one in FOLLOWABLE[:-1]),
    *(_changes(*one) for one in (DEALS, PERSONS, ORGANIZATIONS)),
    *(_flow(*one) for one in (DEALS, PERSONS, ORGANIZATIONS)),
)
"""The same four lists of each kind of record."""
