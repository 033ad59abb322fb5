"""Columns of custom fields: readable, unique, and kept whatever an administrator does."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.fields.naming import KEYWORDS, LONGEST
from pipelines.fields.planning import PARTS, Definition, Field, Option, options_of, plan
from tests.postgres import Server
from tests.support import place_in, query

STANDARD = frozenset(["deal_id", "title", "status", "value", "currency", "budget_until"])
NOW = datetime(2026, 10, 1, tzinfo=UTC)
TYPES = st.sampled_from([*PARTS, "varchar", "text", "phone", "something_new"])
NAMES = st.one_of(
    st.sampled_from(
        [
            *(
                "Status",
                "Title",
                "title",
                "Order",
                "Budget",
                "Budget currency",
                "Budget until",
                "budget_2",
                "Budget 2",
            ),
            *(
                "Custom title",
                "🎉",
                "",
                "2nd",
                "контракт",
                "價格",
                "x" * 80,
                "x" * 80 + "y",
                'a "b"',
                "a; drop",
                "Rowid",
            ),
        ]
    ),
    st.text(max_size=90),
)
DEFINITIONS = st.lists(
    st.builds(Definition, st.integers(0, 30).map(str), NAMES, TYPES),
    unique_by=lambda one: one.code,
    max_size=12,
)


def planned(
    known: Sequence[Field], defined: Sequence[Definition], *, follow: bool = False, night: int = 0
) -> list[Field]:
    return plan(known, defined, standard=STANDARD, now=NOW + timedelta(days=night), follow=follow)


def columns(fields: Sequence[Field]) -> dict[str, list[str]]:
    return {field.code: [column.name for column in field.columns] for field in fields}


def names(*named: str) -> list[str]:
    """The columns of text fields that are new together, in the order of their names."""
    defined = [Definition(str(number), name, "text") for number, name in enumerate(named)]
    return [field.column for field in planned([], defined)]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Contract value", "contract_value"),
        ("Контракт", "kontrakt"),
        ("Größe (m²)", "grosse_m2"),
        ("Status", "custom_status"),
        ("Order", "custom_order"),
        ("2nd call", "custom_2nd_call"),
        ("🎉", "custom_text"),
        ("", "custom_text"),
        ('He said "x"; drop table', "he_said_x_drop_table"),
        ("_hidden", "hidden"),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_column_is_called_as_its_field_is_as_far_as_sql_lets_it(name: str, column: str) -> None:
    assert names(name) == [column]


def test_names_that_come_to_the_same_are_numbered() -> None:
    assert names("Contract No.", "contract no", "CONTRACT NO") == [
        "contract_no_2",
        "contract_no_3",
        "contract_no",
    ]
    assert names("x" * 80, "x" * 81) == ["x" * 63, "x" * 61 + "_2"]


def test_a_part_is_never_called_as_another_field_is() -> None:
    fields = planned([], [Definition("1", "Budget currency", "text"), Definition("2", "Budget", "monetary")])
    assert columns(fields) == {"1": ["budget_currency_2"], "2": ["budget", "budget_currency"]}


@given(DEFINITIONS)
def test_columns_are_unique_and_fit_into_sql(defined: list[Definition]) -> None:
    fields = planned([], defined)
    given_names = [column for field in columns(fields).values() for column in field]
    assert len(fields) == len(defined)
    assert len(set(given_names)) == len(given_names)
    assert not set(given_names) & (STANDARD | KEYWORDS)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) and len(name) <= LONGEST for name in given_names)


@given(st.lists(DEFINITIONS, min_size=2, max_size=5), st.randoms())
def test_a_column_stays_whatever_is_added_removed_renamed_or_put_in_another_order(
    nights: list[list[Definition]],
    random: Random,
) -> None:
    types: dict[str, str] = {}
    known: list[Field] = []
    for night, listed in enumerate(nights):
        defined = [
            Definition(one.code, one.name, types.setdefault(one.code, one.field_type)) for one in listed
        ]
        random.shuffle(defined)
        after = planned(known, defined, night=night)
        assert columns(after) | columns(known) == columns(after)
        assert {field.code for field in after if not field.is_deleted} == {one.code for one in defined}
        assert planned(after, defined[::-1], night=night) == after
        known = after


@given(st.lists(DEFINITIONS, min_size=2, max_size=5), st.booleans())
def test_columns_stay_unique_whatever_changes_types_too(nights: list[list[Definition]], follow: bool) -> None:  # noqa: FBT001
    known: list[Field] = []
    for defined in nights:
        known = planned(known, defined, follow=follow)
        given_names = [column for field in columns(known).values() for column in field]
        assert len(set(given_names)) == len(given_names)
        assert [column for field in known for column in field.columns if len(column.name) > LONGEST] == []


def test_a_rename_is_followed_also_when_the_setting_comes_later() -> None:
    first = planned([], [Definition("1", "Seats", "int")])
    renamed = [Definition("1", "Chairs", "int")]
    kept = planned(first, renamed, night=1)
    assert (kept[0].column, kept[0].renamed_from) == ("seats", "Seats")
    followed = planned(kept, renamed, follow=True, night=2)
    assert (followed[0].column, followed[0].named_after, followed[0].renamed_from) == (
        "chairs",
        "Chairs",
        "Seats",
    )
    assert planned(followed, renamed, follow=True, night=2) == followed


def test_a_new_standard_column_takes_its_name_from_a_custom_field() -> None:
    known = plan([], [Definition("1", "Score", "int")], standard=frozenset(), now=NOW)
    assert known[0].column == "score"
    assert plan(known, [], standard=frozenset(["score"]), now=NOW)[0].column == "custom_score"


def test_labels_of_retired_options_are_remembered_and_new_ones_taken() -> None:
    old, new = Option(1, "Old"), Option(2, "New")
    known = planned([], [Definition("1", "Choice", "enum", (old, new))])
    (field,) = planned(known, [Definition("1", "Choice", "enum", (Option(2, "Renamed"), Option(3, "Third")))])
    assert field.options == (Option(1, "Old", is_retired=True), Option(2, "Renamed"), Option(3, "Third"))


def test_options_that_are_none_are_left_out() -> None:
    odd = [
        {"id": "open", "label": "Open"},
        {"id": "7", "label": None},
        {"label": "x"},
        5,
        {"id": 8, "label": "a\x00b"},
    ]
    assert options_of(odd) == (Option(7, ""), Option(8, "ab"))
    assert options_of({"id": 1}) == ()


def test_no_word_that_either_database_reserves_is_given(postgres: Server, tmp_path: Path) -> None:
    asked = (
        "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')"
    )
    reserved = {word for (word,) in duckdb.execute(asked).fetchall()}
    with postgres.database() as url:
        place = place_in(tmp_path, destination="postgres", postgres_url=url)
        reserved |= {
            word for (word,) in query(place, "select word from pg_get_keywords() where catcode in ('R', 'T')")
        }
    assert reserved <= KEYWORDS
