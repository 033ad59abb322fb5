"""From the bytes of a page to an Arrow table: nothing lost, nothing guessed, and what does not fit is named."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from sources.arrow import MOST_UNDECLARED, Decoder, schema
from sources.entity import Entity, Listing, fields
from sources.errors import ApiError, BadBody, WrongType

NOW = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
LISTS = (Listing("/things", 1, since="since"),)
THINGS = Entity(
    "things",
    LISTS,
    fields("id int, name text, at time, day date, amount decimal, ratio float, flag bool, tags json"),
)
DELETABLE = Entity(
    "gone", LISTS, fields("id int, is_deleted bool, update_time time"), watermark="update_time"
)
NOTHING = dict.fromkeys(("name", "at", "day", "amount", "ratio", "flag", "tags"))


def page(*rows: Any, **more: Any) -> bytes:
    return json.dumps({"success": True, "data": rows, **more}).encode()


def rows_of(*bodies: bytes, entity: Entity = THINGS) -> list[dict[str, Any]]:
    """The rows of some pages, read by one decoder, as Arrow has them; what every table has is left out."""
    decoder = Decoder(entity)
    rows = [row for body in bodies for row in decoder.decode(body).rows]
    table = decoder.table(rows, NOW)
    assert table.schema == schema(entity)
    assert set(table["_loaded_at"].to_pylist()) <= {NOW}
    return [dict(row) for row in table.drop_columns(["_loaded_at"]).to_pylist()]


def refusal(body: bytes) -> ApiError:
    decoder = Decoder(THINGS)
    with pytest.raises((WrongType, BadBody)) as caught:
        decoder.table(decoder.decode(body).rows, NOW)
    assert caught.value.entity == "things"
    return caught.value


def test_every_kind_becomes_its_column() -> None:
    row = {
        "id": 7,
        "name": "Zoë 🎉",
        "at": "2026-10-01T20:00:01Z",
        "day": "2026-10-02",
        "amount": 12.5,
        "ratio": 0.25,
        "flag": True,
        "tags": [1, "two"],
    }
    assert rows_of(page(row)) == [
        {
            **row,
            "at": datetime(2026, 10, 1, 20, 0, 1, tzinfo=UTC),
            "day": date(2026, 10, 2),
            "amount": Decimal("12.5"),
            "tags": '[1, "two"]',
            "is_deleted": False,
            "deleted_at": None,
            "_extra": None,
        }
    ]


@pytest.mark.parametrize("row", [{"id": 1}, {"id": 1, **NOTHING}], ids=["missing", "null"])
def test_missing_keys_and_nulls_are_null(row: dict[str, Any]) -> None:
    (found,) = rows_of(page(row))
    assert {name: found[name] for name in NOTHING} == NOTHING


def test_empty_strings_are_no_times_and_no_dates_but_are_texts() -> None:
    (found,) = rows_of(page({"id": 1, "at": "", "day": "", "name": ""}))
    assert (found["at"], found["day"], found["name"]) == (None, None, "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-01T20:00:01Z", datetime(2026, 10, 1, 20, 0, 1, tzinfo=UTC)),
        ("2026-10-01T20:00:01.250Z", datetime(2026, 10, 1, 20, 0, 1, 250_000, tzinfo=UTC)),
        ("2026-10-01T22:00:01+02:00", datetime(2026, 10, 1, 20, 0, 1, tzinfo=UTC)),
        ("2026-10-01 20:00:01", datetime(2026, 10, 1, 20, 0, 1, tzinfo=UTC)),
    ],
)
def test_times_are_instants_and_those_without_a_zone_are_utc(text: str, moment: datetime) -> None:
    assert [row["at"] for row in rows_of(page({"id": 1, "at": text}, {"id": 2}))] == [moment, None]


def test_decimals_are_exact_whether_sent_whole_broken_or_as_text() -> None:
    body = b'{"data": [{"id": 1, "amount": 3}, {"id": 2, "amount": 0.1}, {"id": 3, "amount": "19.99"}, {"id": 4}]}'
    assert [row["amount"] for row in rows_of(body)] == [Decimal(3), Decimal("0.1"), Decimal("19.99"), None]


def test_a_decimal_with_the_noise_of_a_float_is_rounded() -> None:
    (row,) = rows_of(page({"id": 1, "amount": 0.1 + 0.2}))
    assert row["amount"] == Decimal("0.3")


def test_json_columns_keep_the_text_as_it_was_sent() -> None:
    text = '{"b" : [1, 2.50, 1e2],  "a":"\\u00e9", "b": null}'
    body = f'{{"data": [{{"id": 1, "tags": {text}}}]}}'.encode()
    assert rows_of(body)[0]["tags"] == text


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\uDE00\uD83D", "\ufffd\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\N{GRINNING FACE}"),
        (rb"\\ud83d \\\ud83d", "\\ud83d \\\ufffd"),
        (rb"a\u0000b", "a\ufffdb"),
    ],
    ids=["high half", "low half first", "half before a pair", "escaped backslashes", "NUL"],
)
def test_what_is_no_character_is_replaced_so_that_no_text_stops_a_list(sent: bytes, held: str) -> None:
    body = b'{"data": [{"id": 1, "name": "%s", "tags": ["%s"], "news": "%s"}]}' % (sent, sent, sent)
    (row,) = rows_of(body)
    assert row["name"] == held
    assert json.loads(row["tags"])[0].replace("\0", "\ufffd") == held
    assert json.loads(row["_extra"])["news"].replace("\0", "\ufffd") == held


def test_undeclared_keys_are_kept_in_extra_with_their_values() -> None:
    first, second = rows_of(page({"id": 1, "new": {"a": [1]}}, {"id": 2, "newer": None}))
    assert json.loads(first["_extra"]) == {"new": {"a": [1]}}
    assert json.loads(second["_extra"]) == {"newer": None}


@pytest.mark.parametrize(
    "key", ["", "a b", "class", "__init__", "1st", "extra_0", "extra_1", "日本", "c" * 40, "id "]
)
def test_undeclared_keys_need_not_be_identifiers(key: str) -> None:
    (row,) = rows_of(page({"id": 1, "other": 0, key: "kept"}))
    assert json.loads(row["_extra"]) == {"other": 0, key: "kept"}


@pytest.mark.parametrize("key", ['"', "\\", "a\nb"])
def test_undeclared_keys_may_hold_any_character(key: str) -> None:
    (row,) = rows_of(page({"id": 1, key: "kept"}))
    assert json.loads(row["_extra"]) == {key: "kept"}


def test_undeclared_keys_that_only_some_rows_of_later_pages_carry_are_kept_there() -> None:
    pages = (
        page({"id": 1}),
        page({"id": 2}, {"id": 3, "late": 1}),
        page({"id": 4, "later": 2}),
        page({"id": 5}),
    )
    assert [row["_extra"] for row in rows_of(*pages)] == [None, None, '{"late":1}', '{"later":2}', None]


def test_a_decoder_tells_once_which_keys_are_undeclared() -> None:
    decoder = Decoder(THINGS)
    for _ in range(2):
        decoder.decode(page({"id": 1, "b": 1}, {"id": 2, "a": 1, "b": 2}))
    assert decoder.undeclared == ["b", "a"]


def test_answers_that_are_no_records_of_the_entity_are_refused_before_all_their_keys_are_learnt() -> None:
    problem = refusal(page({"id": 1, **{f"key {number}": 1 for number in range(MOST_UNDECLARED + 1)}}))
    assert "undeclared keys" in problem.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5),
        ("at", 1_700_000_000),
        ("at", "yesterday"),
        ("day", "2026-02-30"),
        ("day", "2026-02-01T00:00:00Z"),
        ("amount", True),
        ("amount", "much"),
        ("amount", 10**40),
        ("ratio", "half"),
        ("flag", 7),
        ("flag", "yes"),
    ],
)
def test_a_wrong_type_names_entity_id_and_field(name: str, value: object) -> None:
    problem = refusal(page({"id": 40}, {"id": 41, name: value}, {"id": 42}))
    assert isinstance(problem, WrongType)
    assert problem.record_id == 41
    assert str(problem).startswith(f"things: record 41: {name}: ")
    assert str(value) not in str(problem)  # it may be somebody's name


def test_a_wrong_time_is_named_among_times_without_zone() -> None:
    problem = refusal(page({"id": 40, "at": "2026-10-01 20:00:01"}, {"id": 41, "at": "yesterday"}))
    assert isinstance(problem, WrongType)
    assert problem.record_id == 41


@pytest.mark.parametrize("key", [2.5, "7", 2**64, [1]])
def test_a_key_of_another_type_is_an_error(key: object) -> None:
    assert isinstance(refusal(page({"id": key})), WrongType)


@pytest.mark.parametrize("row", [{}, {"id": None}, {"name": "nobody"}])
def test_a_record_without_a_key_is_an_error(row: dict[str, Any]) -> None:
    assert "no 'id'" in refusal(page({"id": 1}, row)).message


@pytest.mark.parametrize("row", [1, "text", None, [1]])
def test_a_row_that_is_no_record_is_an_error(row: object) -> None:
    assert isinstance(refusal(page({"id": 1}, row)), WrongType)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", page({"id": 1})[:-1], page({"id": 1})[:20], page({"id": 1}) + b"x"],
)
def test_json_that_is_cut_short_or_none_at_all_is_an_error(body: bytes) -> None:
    assert "not whole JSON" in refusal(body).message


@pytest.mark.parametrize("rest", [b"", b', "other": "\\ud800"}]}'])
def test_json_that_is_cut_short_behind_an_undeclared_key_is_an_error(rest: bytes) -> None:
    assert "not whole JSON" in refusal(b'{"data": [{"id": 1, "new": 2' + rest).message


@pytest.mark.parametrize("body", [b"[]", b"1", b'{"data": {}}', b'{"data": "x"}', b'{"data": 3}'])
def test_json_that_is_no_list_of_records_is_an_error(body: bytes) -> None:
    assert "not a list of records" in refusal(body).message


def test_a_number_that_no_column_can_hold_is_an_error_of_ours() -> None:
    assert isinstance(refusal(b'{"data": [{"id": 1, "ratio": 1e999}]}'), WrongType)


def test_an_answer_that_says_it_failed_is_no_empty_page() -> None:
    failed = b'{"success": false, "data": null, "error": "try again"}'
    assert isinstance(refusal(failed), BadBody)
    drifted = Decoder(THINGS)
    drifted.decode(page({"id": 1, "news": 1}))
    with pytest.raises(BadBody, match="failed"):
        drifted.decode(failed)


@pytest.mark.parametrize(
    ("more", "cursor"),
    [
        ({}, None),
        ({"additional_data": None}, None),
        ({"additional_data": {}}, None),
        ({"additional_data": {"next_cursor": None}}, None),
        ({"additional_data": {"next_cursor": ""}}, None),
        ({"additional_data": {"next_cursor": "abc", "company_id": 1}}, "abc"),
    ],
)
def test_the_cursor_may_be_missing_in_every_way(more: dict[str, Any], cursor: str | None) -> None:
    decoded = Decoder(THINGS).decode(page({"id": 1}, **more))
    assert (len(decoded.rows), decoded.cursor) == (1, cursor)


@pytest.mark.parametrize("body", [b'{"data": null}', b'{"data": []}'])
def test_a_page_without_records_is_empty(body: bytes) -> None:
    assert Decoder(THINGS).decode(body).rows == []
    assert rows_of(body) == []


def test_a_record_listed_as_deleted_was_deleted_when_it_last_changed() -> None:
    moment = "2026-10-01T20:00:01Z"
    listed = [
        {"id": number, "is_deleted": gone, "update_time": moment}
        for number, gone in enumerate((True, False, None))
    ]
    rows = rows_of(page(*listed), entity=DELETABLE)
    assert [row["is_deleted"] for row in rows] == [True, False, False]
    assert [row["deleted_at"] for row in rows] == [datetime(2026, 10, 1, 20, 0, 1, tzinfo=UTC), None, None]


def test_a_table_of_no_rows_has_the_schema_too() -> None:
    assert Decoder(THINGS).table([], NOW).equals(pa.Table.from_pylist([], schema(THINGS)))
