"""Custom fields for tests: fields of difficult names, values that are not of their type, and what becomes of them."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines import dbt
from sources.pipedrive.sandbox.fields import BORN, Custom, custom_field
from sources.sandbox.clock import stamp
from tests.numbers.company import Row
from tests.support import Sandbox

REAL = dbt.PROJECT
LEFT_OUT = (
    "exposures.yml",
    "reports",
    "snapshots",
    "*_unit_tests.yml",
    "dim_activity_type.sql",
    "dim_date.sql",
)
KEPT = ("int_as_of.sql", "int_reporting_currency.sql")
UNION = "of_all_crms("
"""In the models that hold the records of all CRMs."""
DEALS, PERSONS, ORGANIZATIONS, PRODUCTS = "deals", "persons", "organizations", "products"
LISTS = {
    DEALS: "deal_fields",
    PERSONS: "person_fields",
    ORGANIZATIONS: "organization_fields",
    PRODUCTS: "product_fields",
}
SURE = "100 % 'sure'; -- {{ x }} /* \\"
LONG = "A name that somebody has made so long that no database takes it for a column's name"
PLANTED: dict[Custom, tuple[str, Any]] = {
    Custom("Title", "varchar"): ("custom_title", "Dr."),
    Custom("id", "int"): ("custom_id", 7),
    Custom("контракт", "text"): ("kontrakt", "да\nнет"),
    Custom("🎉🎉", "boolean"): ("custom_boolean_2", True),
    Custom("🎉", "boolean"): ("custom_boolean", False),
    Custom("Order", "varchar"): ("custom_order", "ASC"),
    Custom('He said "x"; drop', "varchar"): ("he_said_x_drop", '"'),
    Custom("Budget currency", "varchar"): ("budget_currency_2", "any"),
    Custom("2nd call", "date"): ("custom_2nd_call", "2024-02-29"),
    Custom("Access", "visible_to"): ("access", 3),
    Custom("Certainty", "enum", (SURE, "no\nidea")): ("certainty", 901),
    Custom("Owner name", "user"): ("custom_owner_name", 1),
    Custom(LONG, "address"): (
        "a_name_that_somebody_has_made_so_long_that_n",
        {"value": "Pikk 1", "country": "Estonia"},
    ),
    **{Custom(f"Question {number}", "int"): (f"question_{number}", number) for number in range(60)},
}
"""Deal fields with the column each should have, and the value of deal 1; more than a function may have arguments."""

ODD: dict[str, list[tuple[Any, Row]]] = {
    "Budget": [
        ({"value": "a lot", "currency": "EUR"}, {"budget": None, "budget_currency": "EUR"}),
        (5, {"budget": None, "budget_currency": None}),
        ({"value": 1e28, "currency": None}, {"budget": None, "budget_currency": None}),
        ({"value": "12.50", "currency": ""}, {"budget": Decimal("12.5"), "budget_currency": None}),
        ({"value": -1e21, "currency": "X"}, {"budget": Decimal(-(10**21)), "budget_currency": "X"}),
        ({"value": 1e-7, "currency": "X"}, {"budget": Decimal("0.0000001"), "budget_currency": "X"}),
    ],
    "Seats": [
        ("many", {"seats": None}),
        (7.5, {"seats": None}),
        (8.0, {"seats": 8}),
        (10**18, {"seats": None}),
    ],
    "Margin %": [
        ("12,5", {"margin": None}),
        (True, {"margin": None}),
        (1e21, {"margin": 1e21}),
        ("", {"margin": None}),
    ],
    "Kick-off date": [
        ("2026-02-29", {"kick_off_date": None}),
        ("0000-01-01", {"kick_off_date": None}),
        ("2026-06-31T00:00:00Z", {"kick_off_date": None}),
        ("soon", {"kick_off_date": None}),
        ("2028-02-29", {"kick_off_date": date(2028, 2, 29)}),
    ],
    "Contract period": [
        (
            {"value": "2026-01-31", "until": "never"},
            {"contract_period": date(2026, 1, 31), "contract_period_until": None},
        ),
        ({"value": None, "until": None}, {"contract_period": None, "contract_period_until": None}),
    ],
    "Best time to call": [
        (
            {"value": "24:00:00", "timezone_id": "x", "timezone_name": ""},
            {
                "best_time_to_call": None,
                "best_time_to_call_timezone_id": None,
                "best_time_to_call_timezone_name": None,
            },
        ),
    ],
    "Deal source": [
        ("blue", {"deal_source": None, "deal_source_label": None}),
        (999, {"deal_source": 999, "deal_source_label": None}),
    ],
    "Modules": [
        ([141, "x"], {"modules": None, "modules_labels": None}),
        ([], {"modules": None, "modules_labels": None}),
        ("141,142", {"modules": None, "modules_labels": None}),
        ([999, 141], {"modules": [999, 141], "modules_labels": [None, "Core"]}),
    ],
    "Reseller": [
        ("Acme", {"reseller": None, "reseller_name": None}),
        (999_999, {"reseller": 999_999, "reseller_name": None}),
    ],
    "Delivery address": [("Pikk 1", {"delivery_address": None, "delivery_address_country": None})],
    "Reference": [
        ("a\x00b", {"reference": "ab"}),
        ("\\u0000", {"reference": "\\u0000"}),
        ("", {"reference": None}),
    ],
}
"""Values that a field may not have, but might: each of a deal of its own, and its columns."""
UNREADABLE = {
    "Budget": 3,
    "Seats": 3,
    "Margin %": 2,
    "Kick-off date": 4,
    "Contract period": 2,
    "Best time to call": 1,
    "Deal source": 1,
    "Modules": 2,
    "Reseller": 1,
    "Delivery address": 1,
}
"""In how many deals; a date range of nothing counts as one that cannot be read."""


def project(folder: Path) -> Path:
    """The real project without what no custom field gets into; it builds in a third of the time."""
    shutil.copytree(REAL, folder, ignore=shutil.ignore_patterns("__pycache__", "target", *LEFT_OUT))
    for file in (folder / "models/intermediate").iterdir():
        if not (file.name in KEPT or "_names." in file.name or UNION in file.read_text()):
            file.unlink()
    for file in (folder / "models/marts").iterdir():
        if not file.name.startswith(("dim_", "_dimensions")):
            file.unlink()
    for file in (folder / "tests").glob("*.sql"):
        file.unlink()
    return folder


def named(crm: Sandbox, entity: str) -> dict[str, Row]:
    """The custom fields of an entity by name."""
    fields = crm.server.account[LISTS[entity]].records()
    return {field["field_name"]: field for field in fields if field["is_custom_field"]}


def add(crm: Sandbox, custom: Custom, first_option: int = 901) -> Row:
    """Add a deal field."""
    fields = crm.server.account["deal_fields"]
    field = custom_field("deal_fields", fields.next_id(), custom, first_option, BORN)
    fields.put(field)
    return field


def fill(crm: Sandbox, number: int, field: Row, value: Any) -> None:
    """Give a deal a value."""
    deals = crm.server.account[DEALS]
    deal = deals.get(number)
    assert deal is not None
    values = (deal["custom_fields"] or {}) | {field["field_code"]: value}
    deals.put(deal | {"custom_fields": values, "update_time": stamp(crm.server.clock.now())})


def plant(crm: Sandbox) -> None:
    """Add the fields, and give living deals their values and the odd ones."""
    for custom, (_, value) in PLANTED.items():
        fill(crm, 1, add(crm, custom), value)
    fields = named(crm, DEALS)
    for name, values in ODD.items():
        for number, (value, _) in zip(living(crm, DEALS), values, strict=False):
            fill(crm, number, fields[name], value)


def living(crm: Sandbox, entity: str) -> list[int]:
    """The records that an odd value may be given: the first has one of every kind."""
    return [row["id"] for row in crm.truth(entity) if not row["is_deleted"]][1:]


def expected_odd(crm: Sandbox) -> dict[int, Row]:
    """By deal, what becomes of its odd values."""
    found: dict[int, Row] = {}
    for values in ODD.values():
        for number, (_, columns) in zip(living(crm, DEALS), values, strict=False):
            found.setdefault(number, {}).update(columns)
    return found


Cells = Iterator[tuple[str, Any]]
Names = Mapping[str, Mapping[int, str]]
REFERRED = {"user": "users", "people": PERSONS, "org": ORGANIZATIONS}
READ = {"monetary": lambda text: Decimal(str(text)), "daterange": date.fromisoformat}
"""How a member of a value is read; the others are times."""
MEMBERS = {
    "monetary": ("currency",),
    "daterange": ("until",),
    "time": ("timezone_id", "timezone_name"),
    "timerange": ("until", "timezone_id", "timezone_name"),
}
ADDRESS = (
    *("street_number", "route", "subpremise", "sublocality", "locality", "country", "postal_code"),
    *("admin_area_level_1", "admin_area_level_2"),
)


def cells(field: Row, column: str, value: Any, names: Names) -> Cells:
    """The columns of a proper value, by the API's documents; `names` are those of users, persons and organizations."""
    kind = field["field_type"]
    if kind in MEMBERS:
        yield from _members(kind, column, value or {})
    elif kind == "address":
        part = value or {}
        yield column, part.get("formatted_address") or part.get("value")
        yield from ((f"{column}_{name}", part.get(name) or None) for name in ADDRESS)
    else:
        yield column, date.fromisoformat(value) if kind == "date" and value else value
        yield from _told(field, column, value, names)


def _members(kind: str, column: str, value: Row) -> Cells:
    read = READ.get(kind, time.fromisoformat)
    yield column, read(value["value"]) if value else None
    for name in MEMBERS[kind]:
        found = value.get(name)
        yield f"{column}_{name}", read(found) if name == "until" and found else found


def _told(field: Row, column: str, value: Any, names: Names) -> Cells:
    """What stands for ids."""
    kind, labels = field["field_type"], {one["id"]: one["label"] for one in field["options"] or ()}
    if kind == "enum":
        yield f"{column}_label", labels.get(value)
    elif kind == "set":
        yield f"{column}_labels", [labels[one] for one in value] if value else None
    elif kind in REFERRED:
        yield f"{column}_name", names[REFERRED[kind]].get(value)
