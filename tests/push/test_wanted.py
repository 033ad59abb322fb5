"""Rows of a table or a file as what they want: SQL types on both warehouses, texts of a CSV file, custom fields."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.fields.planning import Column, Field, Option, parts_of
from pipelines.place import Place
from pipelines.push.columns import Offered, Taken, custom_columns
from pipelines.push.sql_values import json_value, text_value
from pipelines.push.wanted import Rows, read_file, read_table, wanted_rows
from pipelines.warehouse import open_warehouse
from sources.errors import UsageError
from sources.pipedrive.pushes import ACTIVITIES, DEALS
from tests.support import execute

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
MODULES = (Option(1, "Sales"), Option(2, "Service, field"), Option(3, "Old", is_retired=True))
COMMON = """
    'k1' as push_key,
    7::bigint as id,
    'Call' as subject,
    5.00::numeric(38, 9) as owner_id,
    3.0::double precision as deal_id,
    date '2026-01-31' as due_date,
    time '15:00:00' as due_time,
    interval '90 minutes' as duration,
    true as done,
    '[{"person_id": 9}, {"person_id": 4, "primary": true}]' as participants
"""
CALL = {
    "subject": "Call",
    "owner_id": 5,
    "deal_id": 3,
    "due_date": "2026-01-31",
    "due_time": "15:00",
    "duration": "01:30",
    "done": True,
    "participants": [{"person_id": 4, "primary": True}, {"person_id": 9, "primary": False}],
}


def field(code: str, field_type: str, column: str, options: tuple[Option, ...] = (), **more: Any) -> Field:
    """A custom field whose columns are called after this one."""
    columns = tuple(Column(f"{column}{one.suffix}", one.member, one.kind) for one in parts_of(field_type))
    return Field(code, column.title(), field_type, column, columns, options, WHEN, WHEN, **more)


FIELDS = (
    field("a1", "monetary", "budget"),
    field("a2", "enum", "region", (Option(11, "North"), Option(12, "South"))),
    field("a3", "set", "modules", MODULES),
    field("a4", "daterange", "period"),
    field("a5", "org", "reseller"),
    field("a6", "address", "site"),
    field("a7", "varchar", "gone", is_deleted=True),
    field("a8", "double", "margin"),
)


def offered() -> Offered:
    """What may be selected of deals that have these custom fields."""
    columns = {one.name: Taken(one.name, one) for one in DEALS.fields}
    instead: dict[str, str] = dict(DEALS.instead)
    for one in FIELDS:
        taken, not_taken = custom_columns(one)
        columns |= taken
        instead |= not_taken
    return Offered(DEALS, columns, instead)


def deals(*rows: Mapping[str, Any], are_texts: bool = False) -> Any:
    """The rows as what they want of deals."""
    names = list(rows[0])
    found = Rows(names, [[row[name] for name in names] for row in rows], are_texts)
    return wanted_rows(found, offered().taken(names, "test"))


def activities(rows: Rows) -> Any:
    """The rows as what they want of activities."""
    columns = {one.name: Taken(one.name, one) for one in ACTIVITIES.fields}
    return wanted_rows(rows, Offered(ACTIVITIES, columns, {}).taken(rows.columns, "test"))


def test_sql_types_become_what_the_crm_takes(place: Place) -> None:
    execute(place, f"create table wanted as select {COMMON}")
    schema = "main" if place.destination == "duckdb" else "public"
    with open_warehouse(place, "raw_pipedrive") as warehouse:
        columns = list(warehouse.columns_of(schema, "wanted"))
        (found,) = activities(read_table(warehouse, f"{schema}.wanted", columns))
    assert (found.push_key, found.record_id, found.problems) == ("k1", 7, ())
    assert found.values == CALL


def test_structs_lists_and_json_become_objects(place: Place) -> None:
    nested = {
        "duckdb": "[{'person_id': 4, 'primary': true}] as participants, {'value': 'Pikk 1'} as location",
        "postgres": """json_build_array(json_build_object('person_id', 4, 'primary', true)) as participants,
            jsonb_build_object('value', 'Pikk 1') as location""",
    }
    execute(place, f"create table wanted as select 'k' as push_key, {nested[place.destination]}")
    schema = "main" if place.destination == "duckdb" else "public"
    with open_warehouse(place, "raw_pipedrive") as warehouse:
        columns = list(warehouse.columns_of(schema, "wanted"))
        (found,) = activities(read_table(warehouse, f"{schema}.wanted", columns))
    assert found.problems == ()
    assert found.values["participants"] == [{"person_id": 4, "primary": True}]
    assert found.values["location"] == {"value": "Pikk 1"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("date", datetime(2026, 1, 31), "2026-01-31"),  # noqa: DTZ001 (current_date + interval '1 day')
        ("date", datetime(2026, 1, 31, 15), "2026-01-31 15:00:00"),  # noqa: DTZ001
        ("text", 5, 5),
        ("int", "5", "5"),
        ("ints", "[1, 2]", [1, 2]),
        ("ints", "none", "none"),
        ("text", '{"a": 1}', '{"a": 1}'),
    ],
)
def test_only_the_form_of_a_value_changes_never_its_kind(kind: Any, value: Any, expected: Any) -> None:
    assert json_value(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("int", " 7 ", 7),
        ("int", "7.5", "7.5"),
        ("number", "7.50", 7.5),
        ("bool", "TRUE", True),
        ("bool", "yes", "yes"),
        ("text", "", None),
        ("text", " a ", " a "),
        ("ints", "1, 2", [1, 2]),
        ("objects", '[{"person_id": 4}]', [{"person_id": 4}]),
    ],
)
def test_a_cell_of_a_csv_file_is_read_as_its_field_is(kind: Any, text: str, expected: Any) -> None:
    assert text_value(kind, text) == expected


def test_a_csv_file_may_have_semicolons_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text('\ufeffpush_key;subject;note;done\nk1;Call;"a;\nb";true\n\nk2;;;\n', encoding="utf-8")
    first, second = activities(read_file(file))
    assert (first.push_key, first.values) == ("k1", {"subject": "Call", "note": "a;\nb", "done": True})
    assert second.values == {"subject": None, "note": None, "done": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("push_key,done\nk1,true,\n", "row 2 has 3 cells instead of 2"),
        ("push_key,done,done\n", "two columns have one name"),
        ("push_key,\xff\n", "is not UTF-8"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "calls.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=said):
        read_file(tmp_path / "calls.csv")


def test_what_the_crm_would_refuse_is_noted_with_the_row_it_is_in() -> None:
    rows = Rows(
        ["push_key", "id", "owner_id", "_delete"],
        [["a", 1, "5", None], [None, 2, 5, None], ["c", "x", 5, "yes"], ["d", 4, None, True]],
    )
    found = activities(rows)
    assert [one.problems for one in found] == [
        ("owner_id: '5' is no whole number",),
        ("push_key is empty",),
        ("id: 'x' is no whole number", "_delete: 'yes' is neither true nor false"),
        (),
    ]
    assert (found[3].delete, found[3].values) == (True, {})


def test_custom_fields_are_put_together_of_their_columns() -> None:
    found = deals(
        {
            "push_key": "k",
            "id": 1,
            "budget": 12.5,
            "budget_currency": "EUR",
            "region_label": "South",
            "modules_labels": ["Service, field", "Sales"],
            "period": "2026-01-01",
            "period_until": "2026-02-01",
            "reseller": 9,
            "site": "Pikk 1",
            "margin": None,
        }
    )
    assert found[0].problems == ()
    assert found[0].values == {
        "custom_fields.a1": {"value": 12.5, "currency": "EUR"},
        "custom_fields.a2": 12,
        "custom_fields.a3": [1, 2],
        "custom_fields.a4": {"value": "2026-01-01", "until": "2026-02-01"},
        "custom_fields.a5": 9,
        "custom_fields.a6": {"value": "Pikk 1"},
        "custom_fields.a8": None,
    }


def test_a_field_of_several_columns_is_empty_when_all_of_them_are() -> None:
    empty, half = deals(
        {"push_key": "a", "id": 1, "budget": None, "budget_currency": None},
        {"push_key": "b", "id": 2, "budget": 5, "budget_currency": None},
    )
    assert empty.values == {"custom_fields.a1": None}
    assert half.problems == ("budget: lacks its part 'currency'",)


def test_an_option_is_named_by_its_id_or_by_its_label() -> None:
    by_id, by_label = (
        deals({"push_key": "k", "id": 1, "region": 11}),
        deals({"push_key": "k", "id": 1, "region_label": "North"}),
    )
    assert by_id[0].values == by_label[0].values == {"custom_fields.a2": 11}
    (strange,) = deals({"push_key": "k", "id": 1, "region_label": "Nord"})
    assert strange.problems == ("region_label: there is no option 'Nord'; did you mean 'North'?",)
    (retired,) = deals({"push_key": "k", "id": 1, "modules": [3]})
    assert retired.problems == ("modules: 3 is none of 1, 2",)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("owner", "'owner' is no field of deals that may be written. Did you mean 'owner_id'?"),
        ("reseller_name", "Select reseller, the id"),
        ("gone", "The custom field 'Gone' was deleted"),
        ("won_time", "The CRM sets it when the status is written"),
        ("_deleted", "Did you mean '_delete'?"),
    ],
)
def test_a_column_that_cannot_be_pushed_is_refused_with_a_way_out(column: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        offered().taken(["push_key", "title", column], "push_x")
    assert said in str(caught.value)


def test_columns_of_the_analysts_own_are_left_alone() -> None:
    assert [one.column for one in offered().taken(["push_key", "title", "_why"], "push_x")] == ["title"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["region", "region_label"], "region and region_label are the same field"),
        (["budget"], "budget cannot be written without budget_currency"),
    ],
)
def test_columns_that_do_not_go_together_are_refused(columns: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        offered().taken(["push_key", *columns], "push_x")
