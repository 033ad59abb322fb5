"""The field lists of an account: the standard fields of each entity and custom ones of every type."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sources.pipedrive.sandbox.catalog import ACTIVITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources.sandbox.store import Record


class Custom(NamedTuple):
    """A custom field as a user would ask for it."""

    name: str
    field_type: str
    labels: tuple[str, ...] = ()


BORN: Final = "2024-01-08T08:00:00Z"
COLORS: Final = ("green", "yellow", "red", "blue", "purple", None)
FIRST_OPTION: Final = 21
"""Option ids count through the whole account, so a field's first is never 1."""

ADDRESS_PARTS: Final = (
    ("value", "Address value"), ("street_number", "House number"), ("route", "Street/road name"),
    ("subpremise", "Apartment/suite"), ("sublocality", "District"), ("locality", "City/town"),
    ("admin_area_level_1", "State/province"), ("admin_area_level_2", "County"), ("country", "Country"),
    ("postal_code", "ZIP/Postal code"), ("formatted_address", "Full/combined address"),
)  # fmt: skip
ZONE: Final = (("timezone_id", "Timezone ID", "int"), ("timezone_name", "Timezone", "varchar"))
SUBFIELDS: Final = {
    "monetary": (("value", "Amount", "double"), ("currency", "Currency", "varchar")),
    "daterange": (("value", "Start date", "date"), ("until", "End date", "date")),
    "time": (("value", "Time", "time"), *ZONE),
    "timerange": (("value", "Start time", "time"), ("until", "End time", "time"), *ZONE),
    "address": tuple((code, name, "varchar") for code, name in ADDRESS_PARTS),
}

STANDARD: Final = {
    "activity_fields": """
        subject:Subject:varchar type:Type:enum owner_id:Assigned_to_user:user creator_user_id:Creator:user
        add_time:Add_time:date update_time:Last_updated_time:date deal_id:Deal:deal lead_id:Lead:lead
        person_id:Contact_person:people org_id:Organization:org project_id:Project:project
        due_date:Due_date:date due_time:Due_time:time duration:Duration:time busy:Free/busy:boolean
        done:Done:boolean marked_as_done_time:Marked_as_done_time:date location:Location:address
        note:Note:text public_description:Public_description:text priority:Priority:enum
        outcome:Outcome:enum private:Private:boolean""",
    "deal_fields": """
        title:Title:varchar value:Value:monetary owner_id:Owner:user creator_user_id:Creator:user
        person_id:Contact_person:people org_id:Organization:org pipeline_id:Pipeline:double
        stage_id:Stage:stage status:Status:status add_time:Deal_created:date update_time:Update_time:date
        stage_change_time:Last_stage_change:date won_time:Won_time:date lost_time:Lost_time:date
        close_time:Deal_closed_on:date lost_reason:Lost_reason:varchar_options
        visible_to:Visible_to:visible_to expected_close_date:Expected_close_date:date label_ids:Label:set
        probability:Probability:int origin:Source_origin:varchar channel:Source_channel:enum
        archive_time:Archive_time:date arr:Annual_recurring_revenue:monetary
        mrr:Monthly_recurring_revenue:monetary acv:Annual_contract_value:monetary""",
    "person_fields": """
        name:Name:varchar first_name:First_name:varchar last_name:Last_name:varchar email:Email:varchar
        phone:Phone:phone owner_id:Owner:user org_id:Organization:org add_time:Person_created:date
        update_time:Update_time:date visible_to:Visible_to:visible_to label_ids:Label:set
        picture_id:Profile_picture:picture im:Instant_messenger:varchar notes:Notes:text
        birthday:Birthday:date job_title:Job_title:varchar postal_address:Postal_address:address""",
    "organization_fields": """
        name:Name:varchar owner_id:Owner:user add_time:Organization_created:date
        update_time:Update_time:date visible_to:Visible_to:visible_to label_ids:Label:set
        address:Address:address website:Website:varchar linkedin:LinkedIn_profile:varchar
        industry:Industry:enum annual_revenue:Annual_revenue:monetary employee_count:Employee_count:int""",
    "product_fields": """
        name:Name:varchar code:Product_code:varchar description:Description:text unit:Unit:varchar
        tax:Tax:double category:Category:varchar owner_id:Owner:user add_time:Product_created:date
        update_time:Update_time:date is_linkable:Active:boolean visible_to:Visible_to:visible_to
        prices:Unit_prices:price_list billing_frequency:Billing_frequency:billing_frequency""",
}
"""`code:Name:type` a word; an underscore in a name stands for a space."""

LABELS: Final = ("Hot", "Warm", "Cold", "Kunde")
STANDARD_OPTIONS: Final = {
    "label_ids": LABELS,
    "industry": ("Technology", "Finance", "Healthcare", "Manufacturing", "Retail"),
    "priority": ("Low", "Medium", "High"),
    "outcome": ("Reached", "No answer", "Left voicemail"),
    "channel": ("Web visitors", "Prospector", "Fair", "Marketplace"),
}
BUILT_IN_OPTIONS: Final = {
    "status": (("open", "Open"), ("won", "Won"), ("lost", "Lost"), ("deleted", "Deleted")),
    "visible_to": (("1", "Owner"), ("3", "Owner's group"), ("5", "Group and below"), ("7", "All users")),
    "type": tuple((key, name) for name, key, _ in ACTIVITY_TYPES),
}
"""Options of built-in fields may have words for ids."""
DESCRIBED: Final = ("activity_fields", "deal_fields")
"""Only these lists carry descriptions."""

CUSTOM: Final = {
    "deal_fields": (
        Custom("Reference", "varchar"),
        Custom("Partner", "varchar_auto"),
        Custom("Scope of work", "text"),
        Custom("Margin %", "double"),
        Custom("Seats", "int"),
        Custom("Budget", "monetary"),
        Custom("Kick-off date", "date"),
        Custom("Contract period", "daterange"),
        Custom("Best time to call", "time"),
        Custom("Service window", "timerange"),
        Custom("Deal source", "enum", ("Inbound", "Outbound", "Partner", "Fair 🎪", "Empfehlung")),
        Custom("Modules", "set", ("Core", "Reporting", "API", "Mobile", "R&D, custom")),
        Custom("Pre-sales engineer", "user"),
        Custom("Reseller", "org"),
        Custom("Technical contact", "people"),
        Custom("Hotline", "phone"),
        Custom("Delivery address", "address"),
        Custom("Contract No.", "varchar"),
        Custom("contract no", "varchar"),
        Custom("Status", "enum", ("Green", "Amber", "Red")),
        Custom("🔥 Heat", "int"),
        Custom("Приоритет", "enum", ("низкий", "высокий")),
    ),
    "person_fields": (
        Custom("Salutation", "enum", ("Mr", "Ms", "Mx", "Frau Dr.")),
        Custom("Newsletter topics", "set", ("Product", "Events", "Prices")),
        Custom("Assistant", "people"),
        Custom("Last contacted", "date"),
        Custom("Loyalty (points)", "int"),
    ),
    "organization_fields": (
        Custom("VAT ID", "varchar"),
        Custom("Vat-ID", "varchar"),
        Custom("Customer tier", "enum", ("A", "B", "C")),
        Custom("Credit limit", "monetary"),
        Custom("Parent company", "org"),
        Custom("Warehouse", "address"),
    ),
    "product_fields": (
        Custom("Weight (kg)", "double"),
        Custom("Categories", "set", ("Software", "Hardware", "Services")),
        Custom("List price", "monetary"),
        Custom("Entwickler:in", "user"),
    ),
}
ENTITY_OF: Final = {
    "deal_fields": "deals",
    "person_fields": "persons",
    "organization_fields": "organizations",
    "product_fields": "products",
}


def field_code(collection: str, number: int, name: str) -> str:
    """Return the 40 hex digits by which a custom field is known, the same in every account."""
    return hashlib.sha1(f"{collection}/{number}/{name}".encode(), usedforsecurity=False).hexdigest()


def field_list(collection: str) -> Iterator[Record]:
    """Yield all fields of one list; `id` is their order, which the API does not tell."""
    words = [word.split(":") for word in STANDARD[collection].split()]
    number = 0
    for number, (code, name, kind) in enumerate(words, 1):
        yield standard_field(collection, number, code, name.replace("_", " "), kind)
    for offset, custom in enumerate(CUSTOM.get(collection, ()), 1):
        yield custom_field(collection, number + offset, custom, FIRST_OPTION + 10 * offset, BORN)


def standard_field(collection: str, number: int, code: str, name: str, kind: str) -> Record:
    """Describe a field that every account has."""
    words: list[Record] = [{"id": key, "label": label} for key, label in BUILT_IN_OPTIONS.get(code, ())]
    numbers = [{"id": n, "label": label} for n, label in enumerate(STANDARD_OPTIONS.get(code, ()), 1)]
    options = [*words, *numbers] or None
    return _field(collection, number, code, name, kind, options=options, custom=False)


def custom_field(collection: str, number: int, custom: Custom, first_option: int, born: str) -> Record:
    """Describe a field somebody added to this account, its code never telling its name."""
    options = [option(first_option + n, label, born) for n, label in enumerate(custom.labels)] or None
    code = field_code(collection, number, custom.name)
    return _field(collection, number, code, custom.name, custom.field_type, options=options, custom=True)


def option(option_id: int, label: str, born: str) -> Record:
    """Describe one choice of an enum or set field."""
    color = COLORS[option_id % len(COLORS)]
    return {"id": option_id, "label": label, "color": color, "add_time": born, "update_time": born}


def _field(
    collection: str,
    number: int,
    code: str,
    name: str,
    kind: str,
    *,
    options: list[Record] | None,
    custom: bool,
) -> Record:
    subfields = [
        {"field_code": sub, "field_name": f"{text} of {name}", "field_type": sub_kind}
        for sub, text, sub_kind in SUBFIELDS.get(kind, ())
    ]
    description = (
        {"description": f"{name} of the record" if number % 2 else None} if collection in DESCRIBED else {}
    )
    return {
        "id": number,
        "field_name": name,
        "field_code": code,
        **description,
        "field_type": kind,
        "options": options,
        "subfields": subfields or None,
        "is_custom_field": custom,
        "is_optional_response_field": code == "source_lead_id",
    }
