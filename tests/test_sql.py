"""Names and texts in SQL: whatever stands in them, a database reads what was meant."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import dbt
from pipelines.sql import literal, named, quoted
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import UsageError
from tests import tiny
from tests.conftest import Places

ODD = [
    *(
        '"',
        "'",
        '""',
        'a"; drop table x; --',
        "'; drop table x; --",
        "select",
        "a.b",
        "a b",
        " ",
        "\n",
        "\t",
        "/*",
        "--",
    ),
    *("%s", "%", "100 %", "?", "why?", "$1", ":a", "\\", "\\'", "{0}", "{{ x }}"),
    *("ä", "Ä", "😀", "é", "e\u0301", "\u202e", "x" * 63),
]
LONGEST = 63
"""Bytes of a name on Postgres; custom fields' columns are cut to it, so that both destinations have the same."""
LIVING = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXTS = st.sampled_from(ODD) | st.text(LIVING, min_size=1, max_size=40)
NAMES = TEXTS.filter(lambda name: len(name.encode()) <= LONGEST)
LAW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def warehouse(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with open_warehouse(places(tmp_path_factory.mktemp("odd")), "raw_odd") as opened:
        yield opened


@LAW
@given(NAMES, NAMES, st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower), TEXTS)
def test_a_name_and_a_text_mean_what_they_say(
    warehouse: Warehouse, schema: str, table: str, columns: list[str], text: str
) -> None:
    schema = f"s{schema}"[:15]
    where = named(schema, table)
    warehouse.execute(f"create schema if not exists {quoted(schema)}")
    try:
        listed = ", ".join(f"{quoted(name)} varchar" for name in columns)
        warehouse.execute(f"create table {where} ({listed})")
        warehouse.append(where, pa.table({name: [text] for name in columns}))
        first = quoted(columns[0])
        assert list(warehouse.columns_of(schema, table)) == columns
        # With parameters and without, and as a literal: one of them would show what is taken for something else.
        assert warehouse.rows_of(f"select * from {where} where {first} = ?", [text]) == [
            (text,) * len(columns)
        ]
        assert warehouse.rows_of(f"select {first} from {where} where {first} = {literal(text)}") == [(text,)]
        assert [*warehouse.records_of(f"select * from {where}")[0]] == columns
    finally:
        warehouse.execute(f"drop schema {quoted(schema)} cascade")


def test_a_file_of_any_name_is_attached(tmp_path: Path) -> None:
    for number, name in enumerate(["it's", 'a "b"', "a; drop", "ä 😀", "%s?"]):
        file = tmp_path / f"{name}.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"attach {literal(str(file))} as {quoted(f'{name}{number}')}")
            connection.execute(f"create table {named(f'{name}{number}', 'main', name)} as select 1 as one")
        assert file.exists()


@pytest.mark.parametrize("write", [quoted, literal, named])
def test_what_no_database_could_read_to_its_end_is_refused(write: type) -> None:
    with pytest.raises(UsageError, match="NUL"):
        write("a\x00b")


ODD_KEYS = ["it's", 'say "x"', "a' || (select 1) || '", "100 %", "a.b"]
ODD_MODEL = """
{{%- set paths = {paths} -%}}
select
    {{%- for path in paths %}}
    {{{{ json_unpacked_text('unpacked', paths, path) }}}} as found_{{{{ loop.index }}}}{{{{ "," if not loop.last }}}}
    {{%- endfor %}}
from (select {{{{ json_unpacked({document}, paths) }}}} as unpacked) as found
"""


def test_a_field_that_the_crm_calls_oddly_is_a_key_and_no_sql(
    places: Places, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.dumps({key: {"value": key} for key in ODD_KEYS})
    project = tiny.make(tmp_path_factory.mktemp("odd") / "transforms")
    (project / "macros/portable.sql").write_text((tiny.REAL / "macros/portable.sql").read_text())
    model = ODD_MODEL.format(
        paths=[[key, "value"] for key in ODD_KEYS], document=repr(f"cast({literal(document)} as json)")
    )
    (project / "models/marts/odd.sql").write_text(model)
    monkeypatch.setattr(dbt, "PROJECT", project)
    place = places(tmp_path_factory.mktemp("keys"))
    with open_warehouse(place, "raw_odd"):
        pass
    (built,) = dbt.build(place, select=["odd"])
    assert built.status == "success", built.message
    with open_warehouse(place, "raw_odd") as warehouse:
        assert warehouse.rows_of("select * from build.odd") == [tuple(ODD_KEYS)]
