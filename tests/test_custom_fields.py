"""Custom fields get into the published tables by name and type, with what the CRM's own records say."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import console, dbt, status
from pipelines.fields import listing
from pipelines.place import Place
from pipelines.transform import Transformation, transform
from sources.errors import UsageError
from sources.pipedrive.sandbox.fields import Custom
from tests import custom
from tests.conftest import Places
from tests.custom import DEALS, LISTS, ORGANIZATIONS, PERSONS, PLANTED, PRODUCTS
from tests.numbers.company import Row
from tests.numbers.comparing import same
from tests.support import PIPEDRIVE, Sandbox, query, records, run, sandbox

COLUMNS = {
    DEALS: {
        "Reference": "reference",
        "Partner": "partner",
        "Scope of work": "scope_of_work",
        "Margin %": "margin",
        "Seats": "seats",
        "Budget": "budget",
        "Kick-off date": "kick_off_date",
        "Contract period": "contract_period",
        "Best time to call": "best_time_to_call",
        "Service window": "service_window",
        "Deal source": "deal_source",
        "Modules": "modules",
        "Pre-sales engineer": "pre_sales_engineer",
        "Reseller": "reseller",
        "Technical contact": "technical_contact",
        "Hotline": "hotline",
        "Delivery address": "delivery_address",
        "Contract No.": "contract_no",
        "contract no": "contract_no_2",
        "Status": "custom_status",
        "🔥 Heat": "heat",
        "Приоритет": "prioritet",
        **{planted.name: column for planted, (column, _) in PLANTED.items()},
    },
    PERSONS: {
        "Salutation": "salutation",
        "Newsletter topics": "newsletter_topics",
        "Assistant": "assistant",
        "Last contacted": "last_contacted",
        "Loyalty (points)": "loyalty_points",
    },
    ORGANIZATIONS: {
        "VAT ID": "vat_id",
        "Vat-ID": "vat_id_2",
        "Customer tier": "customer_tier",
        "Credit limit": "credit_limit",
        "Parent company": "parent_company",
        "Warehouse": "warehouse",
    },
    PRODUCTS: {
        "Weight (kg)": "weight_kg",
        "Categories": "categories",
        "List price": "list_price",
        "Entwickler:in": "entwickler_in",
    },
}
"""By entity and name: what a person would call the column."""
RENAMED = {"Seats": "Seats (new)", "Budget": "Deal budget", "Contract No.": "Title"}
"""One is now called as a standard column."""
FOLLOWED = {"Seats (new)": "seats_new", "Deal budget": "deal_budget", "Title": "custom_title"}
KEY = {DEALS: "deal_id", PERSONS: "person_id", ORGANIZATIONS: "organization_id", PRODUCTS: "product_id"}


@dataclass(frozen=True)
class Night:
    """What was published of each entity, and what was told."""

    done: Transformation
    tables: dict[str, list[Row]]
    fields: list[dict[str, Any]]
    status: dict[str, Any]

    def column(self, name: str) -> dict[int, Any]:
        """A column of the deals."""
        return {row["deal_id"]: row[name] for row in self.tables[DEALS]}

    def field(self, name: str) -> dict[str, Any]:
        """What `roundtrip fields` tells of a field."""
        return next(field for field in self.fields if field["field"] == name)


@dataclass(frozen=True)
class Built:
    """Two nights; between them fields were renamed, added and deleted. A third one follows the new names."""

    place: Place
    wanted: dict[str, dict[int, Row]]
    """What the first night should have published of each record."""
    first: Night
    second: Night
    third: Night

    @property
    def nights(self) -> tuple[Night, ...]:
        """All three."""
        return self.first, self.second, self.third


@pytest.fixture(scope="module")
def built(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("custom")
    with pytest.MonkeyPatch.context() as patch, sandbox(activities=150) as crm:
        patch.setattr(dbt, "PROJECT", custom.project(folder / "project"))
        custom.plant(crm)
        place = places(folder)
        assert run(crm.settings(place)).status == "done"
        wanted = {entity: expected(crm, entity) for entity in LISTS}
        first = night(place)
        reshape(crm)
        assert run(crm.settings(place)).status == "done"
        second = night(place)
        third = night(replace(place, renamed_fields="follow"))
        yield Built(place, wanted, first, second, third)


def reshape(crm: Sandbox) -> None:
    """A day on which an administrator was busy."""
    crm.control("clock", by=86_400)
    fields = crm.server.account["deal_fields"]
    before = custom.named(crm, DEALS)
    for old, new in RENAMED.items():
        fields.put(before[old] | {"field_name": new})
    source = before["Deal source"]
    fields.put(source | {"options": source["options"][2:]})
    fields.drop(before["Hotline"]["id"])
    campaign = custom.add(crm, Custom("Campaign", "enum", ("Spring", "Autumn")), first_option=950)
    custom.fill(crm, 1, campaign, 951)
    crm.control("clock", by=60)  # a load reads no second that is not over


def night(place: Place) -> Night:
    done = transform(place, write_page=lambda _reports, _path: None)
    assert done.status == "done", done.problem
    schema = "" if place.destination == "duckdb" else "reports."
    tables = {
        entity: records(place, f"select * from {schema}dim_{entity[:-1]} where not is_deleted", reports=True)
        for entity in LISTS
    }
    return Night(done, tables, listing.read(place, PIPEDRIVE), status.read(place, PIPEDRIVE))


def expected(crm: Sandbox, entity: str) -> dict[int, Row]:
    """The custom columns of each record, in plain Python, by what its fields were called at first."""
    names = {
        name: {
            row["id"]: row["name"]
            for row in crm.truth(name)
            if name == "users" or not (row["is_deleted"] and row["update_time"] < crm.begun)
        }
        for name in ("users", PERSONS, ORGANIZATIONS)
    }
    fields = [(field, COLUMNS[entity][name]) for name, field in custom.named(crm, entity).items()]
    odd = custom.expected_odd(crm) if entity == DEALS else {}
    return {
        row["id"]: {
            name: cell
            for field, column in fields
            if f"{column}" not in odd.get(row["id"], {})
            for name, cell in custom.cells(
                field, column, (row["custom_fields"] or {}).get(field["field_code"]), names
            )
        }
        | odd.get(row["id"], {})
        for row in crm.truth(entity)
        if not row["is_deleted"]
    }


def custom_columns(rows: list[Row]) -> list[str]:
    names = list(rows[0])
    return names[names.index("is_deleted") + 1 :]


# --- values ---


@pytest.mark.parametrize("entity", LISTS)
def test_each_custom_field_is_there_by_name_with_what_the_crm_says(built: Built, entity: str) -> None:
    rows, wanted = built.first.tables[entity], built.wanted[entity]
    assert {row[KEY[entity]] for row in rows} == set(wanted)
    differences = [
        f"{row[KEY[entity]]}.{name}: is {row[name]!r}, should be {value!r}"
        for row in rows
        for name, value in wanted[row[KEY[entity]]].items()
        if not same(value, row[name])
    ]
    assert differences == []
    assert set(custom_columns(rows)) == {name for row in wanted.values() for name in row}


def test_every_type_has_a_value_that_was_compared(built: Built) -> None:
    filled = {name for row in built.first.tables[DEALS] for name, value in row.items() if value is not None}
    assert set(custom_columns(built.first.tables[DEALS])) - filled <= {
        f"{COLUMNS[DEALS][custom.LONG]}_{part}"
        for part in ("street_number", "route", "subpremise", "sublocality", "locality", "postal_code")
    } | {f"{COLUMNS[DEALS][custom.LONG]}_admin_area_level_{level}" for level in (1, 2)}


def test_columns_have_the_types_of_their_fields_on_both_destinations(built: Built) -> None:
    kinds = {
        "deal_budget": "numeric", "heat": "bigint", "margin": "double precision", "kick_off_date": "date",
        "best_time_to_call": "time without time zone", "custom_boolean": "boolean", "reference": "character varying",
        "modules": "ARRAY", "modules_labels": "ARRAY",
    }  # fmt: skip
    asked = "select column_name, data_type from information_schema.columns where table_name = 'dim_deal'"
    found = dict(query(built.place, asked, reports=True))
    if built.place.destination == "duckdb":
        kinds = {
            "deal_budget": "DECIMAL(38,9)", "heat": "BIGINT", "margin": "DOUBLE", "kick_off_date": "DATE",
            "best_time_to_call": "TIME", "custom_boolean": "BOOLEAN", "reference": "VARCHAR",
            "modules": "BIGINT[]", "modules_labels": "VARCHAR[]",
        }  # fmt: skip
    assert {name: found[name] for name in kinds} == kinds


def test_values_that_are_not_of_their_type_are_counted(built: Built) -> None:
    odd = {field["field"]: field["unreadable"] for field in built.first.fields if field["unreadable"]}
    assert odd == custom.UNREADABLE


@pytest.mark.parametrize("entity", LISTS)
def test_the_share_of_records_with_a_value_is_told(built: Built, entity: str) -> None:
    wanted = built.wanted[entity].values()
    for field in built.first.fields:
        if field["entity"] == entity:
            filled = sum(row[field["columns"][0]] is not None for row in wanted)
            assert (field["records"], field["filled"]) == (len(wanted), filled), field
            assert field["fill_rate"] == pytest.approx(filled / len(wanted), abs=1e-4)


def test_published_columns_tell_the_field_and_its_code(built: Built) -> None:
    asked = {
        "duckdb": "select column_name, comment from duckdb_columns() where table_name = 'dim_deal'",
        "postgres": "select attname, col_description(attrelid, attnum) from pg_attribute "
        "where attrelid = 'reports.dim_deal'::regclass",
    }
    comments = dict(query(built.place, asked[built.place.destination], reports=True))
    field = built.second.field("Deal source")
    assert comments["deal_source"] == f"Deal source (enum, custom field {field['code']})"
    assert comments["deal_source_label"] == f"Deal source, label (enum, custom field {field['code']})"
    assert comments["hotline"].endswith("deleted in the CRM)")
    assert comments["status"].startswith("open, won or lost")


# --- what an administrator changes ---


def test_the_first_build_tells_of_no_change_and_the_next_of_each(built: Built) -> None:
    assert built.first.done.field_changes == []
    told = {(change.what, change.name, change.column) for change in built.second.done.field_changes}
    assert told == {
        *(("renamed", new, COLUMNS[DEALS][old]) for old, new in RENAMED.items()),
        ("deleted", "Hotline", "hotline"),
        ("added", "Campaign", "campaign"),
    }
    assert "deals: the custom field 'Deal budget' was called 'Budget'; its column stays budget." in {
        str(change) for change in built.second.done.field_changes
    }


def test_a_renamed_field_keeps_its_column(built: Built) -> None:
    assert built.second.column("budget") == built.first.column("budget")
    assert built.second.field("Deal budget")["renamed_from"] == "Budget"
    assert built.second.field("Deal budget")["columns"] == ["budget", "budget_currency"]


def test_status_tells_of_columns_that_are_called_otherwise_than_their_fields(
    built: Built, capfd: pytest.CaptureFixture[str]
) -> None:
    told = [
        {row["field_name"]: row["column_name"] for row in one.status["renamed_fields"]}
        for one in built.nights
    ]
    assert told == [{}, {new: COLUMNS[DEALS][old] for old, new in RENAMED.items()}, {}]
    status.show(built.second.status)
    said = "deals: the custom field 'Deal budget' has the column budget, because it was called 'Budget'."
    assert said in " ".join(capfd.readouterr().err.split())


def test_a_renamed_field_has_a_column_of_its_new_name_where_that_is_set(built: Built) -> None:
    for new, column in FOLLOWED.items():
        if new != "Title":
            (old,) = (before for before, after in RENAMED.items() if after == new)
            assert built.third.column(column) == built.second.column(COLUMNS[DEALS][old])
            assert COLUMNS[DEALS][old] not in built.third.tables[DEALS][0]
    # Two fields are called Title now; the one that was first keeps its column.
    assert built.third.column("custom_title_2") == built.second.column("contract_no")
    assert built.third.column("custom_title") == built.second.column("custom_title")
    assert {change.what for change in built.third.done.field_changes} == {"moved"}


def test_a_new_field_is_there_the_next_night(built: Built) -> None:
    assert built.second.column("campaign")[1] == 951
    assert built.second.column("campaign_label")[1] == "Autumn"
    assert "campaign" not in built.first.tables[DEALS][0]


def test_a_retired_option_keeps_its_label(built: Built) -> None:
    assert built.second.field("Deal source")["retired_options"] == ["Inbound", "Outbound"]
    assert {"Inbound", "Outbound"} & set(built.first.column("deal_source_label").values())
    assert built.second.column("deal_source_label") == built.first.column("deal_source_label")


def test_a_deleted_field_keeps_its_column_and_its_values(built: Built) -> None:
    assert built.second.field("Hotline")["is_deleted"]
    before, after = built.first.column("hotline"), built.second.column("hotline")
    assert {number: after[number] for number in before if number != 1} == {
        number: value for number, value in before.items() if number != 1
    }
    assert set(before.values()) != {None}


def test_all_other_columns_are_called_as_before(built: Built) -> None:
    before, after = (custom_columns(one.tables[DEALS]) for one in (built.first, built.second))
    assert set(after) - set(before) == {"campaign", "campaign_label"}
    assert after[: len(before)] == before


def test_fields_of_what_has_none_are_refused(built: Built) -> None:
    with pytest.raises(UsageError, match=r"There are no custom fields of 'activities'\. There are of: deals"):
        listing.read(built.place, PIPEDRIVE, "activities")
    assert {field["entity"] for field in listing.read(built.place, PIPEDRIVE, DEALS)} == {DEALS}


def test_fields_are_shown_with_columns_rates_and_marks(
    built: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console.OUT, "width", 160)
    listing.show(built.second.fields)
    lines = capsys.readouterr().out.splitlines()
    shown = {
        name: next(line for line in lines if line.startswith(f"{name} ")) for name in ("Modules", "Hotline")
    }
    assert "modules (_labels)" in shown["Modules"]
    assert "2 unreadable" in shown["Modules"]
    assert f"{built.second.field('Modules')['fill_rate']:.0%}" in shown["Modules"]
    assert "deleted in the CRM" in shown["Hotline"]
    assert any("was called 'Budget'" in line for line in lines)
    assert any(line.startswith(built.second.field("Modules")["code"]) for line in lines)


def test_fields_without_a_build_say_what_makes_them(place: Place, tmp_path: Path) -> None:
    assert tmp_path
    with pytest.raises(UsageError, match="Run `roundtrip nightly` first"):
        listing.read(place, PIPEDRIVE)
