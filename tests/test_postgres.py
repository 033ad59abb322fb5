"""The tests' own Postgres: fresh databases, and nothing left of them."""

import pytest

from pipelines.place import Place
from tests.postgres import Server, execute
from tests.support import query, records


def test_a_place_is_fresh_and_answers_alike_on_both_destinations(place: Place) -> None:
    if place.destination == "duckdb":
        pytest.importorskip("duckdb").connect(str(place.warehouse)).close()
    assert query(place, "select table_name from information_schema.tables where table_schema = 'ops'") == []
    (row,) = records(place, """select '{"a": 1}'::json as j, '2026-10-01T12:00:00Z'::timestamptz as t""")
    assert (row["j"], f"{row['t']:%H:%M %Z}") == ('{"a": 1}', "12:00 UTC")


def test_a_database_is_dropped_though_somebody_is_still_connected(postgres: Server) -> None:
    import psycopg2  # noqa: PLC0415

    with postgres.database() as url:
        left_open = psycopg2.connect(url)
    assert left_open.closed == 0, "the client has not noticed yet"
    left_open.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        execute(url, "select 1")
