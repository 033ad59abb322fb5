"""Every number of the reporting tables is what plain Python makes of the CRM's own records, on both destinations."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines import dbt
from pipelines.place import Place
from pipelines.reports import open_reports
from pipelines.transform import transform
from sources.registry import CRMS
from tests.conftest import Places
from tests.numbers import oddities
from tests.numbers.company import Night, Row, Terms
from tests.numbers.nights import DEFAULT, NOTHING, compared, remembered
from tests.numbers.oddities import NUMBERS
from tests.numbers.tables import TABLES, Table
from tests.support import run, sandbox

ODD = Terms(
    touch_types=("call", "meeting", "lunch"),
    currency_rates={"USD": "0.92", "JPY": "0.0061", "GBP": "1.17"},
    default_time_zone="Asia/Tokyo",
    at_risk_days=20,
)
"""None as they are by default."""
VARIABLES = {
    "touch_types": list(ODD.touch_types),
    "currency_rates": {currency: float(rate) for currency, rate in ODD.currency_rates.items()},
    "default_time_zone": ODD.default_time_zone,
    "at_risk_days": ODD.at_risk_days,
}
EACH_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


NIGHTS = pytest.mark.parametrize("night", [0, 1], ids=["first night", "second night"])


@dataclass(frozen=True)
class Built:
    """What the company was on two nights, and what was published on each."""

    place: Place
    nights: list[Night]
    published: list[dict[str, list[Row]]]

    def known(self, table: Table, key: Any) -> Row:
        """A row of the first night, of Pipedrive."""
        rows = self.published[0][table.name]
        return next(row for row in rows if (row["crm"], row[table.key[1]]) == ("pipedrive", key))


@pytest.fixture(scope="module")
def built(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """An account with all oddities; three working days and a change of all vars are between the nights."""
    built = Built(places(tmp_path_factory.mktemp("numbers")), [], [])
    with sandbox(activities=700) as crm:
        oddities.plant(crm)
        settings = crm.settings(built.place)
        for terms, variables in ((ODD, VARIABLES), (DEFAULT, {})):
            if built.nights:
                crm.control("advance", days=3)
            assert run(settings).status == "done"
            assert run(crm.settings(built.place, crm="deskera"), full=True).status == "done"
            done = transform(settings.place, variables=variables)
            assert (done.status, done.problem) == ("done", "")
            built.nights.append(
                remembered(crm, settings, terms, built.nights[-1] if built.nights else NOTHING)
            )
            with open_reports(settings.place) as reports:
                built.published.append({table.name: reports.rows(table.sql) for table in TABLES})
    return built


@NIGHTS
@EACH_TABLE
def test_every_row_and_column_is_what_plain_python_makes_of_the_truth(
    table: Table, night: int, built: Built
) -> None:
    rows = built.published[night][table.name]
    assert rows
    assert compared(built.nights[: night + 1], table, rows) == []


@EACH_TABLE
def test_one_wrong_value_in_any_column_is_told_with_its_row(table: Table, built: Built) -> None:
    told = max(table.rows(built.nights), key=len)  # of a deleted record only some columns are known
    rows = built.published[1][table.name]
    (row,) = (row for row in rows if all(row[name] == told[name] for name in table.key))
    asked = [name for name in told if name not in table.key and not name.startswith("_")]
    assert asked
    for name in asked:
        (line,) = compared(built.nights, table, [row | {name: _other(row[name])}], [told])
        assert line.startswith(f"{table.name} crm={row['crm']}, {table.key[1]}={row[table.key[1]]}")
        assert f".{name}: is " in line


@EACH_TABLE
def test_a_missing_row_and_one_too_many_are_told(table: Table, built: Built) -> None:
    rows = built.published[1][table.name]
    wanted = table.rows(built.nights)
    (line,) = compared(built.nights, table, rows[1:], wanted)
    assert line.endswith("missing")
    (line,) = compared(built.nights, table, [*rows, rows[0] | {table.key[1]: 123_456}], wanted)
    assert line.endswith("should not be there")


def test_each_piece_of_logic_does_what_its_unit_test_says(built: Built) -> None:
    examples = ["follow_ups", "reassignments", "stale_duplicates", "mirror"]
    variables = {"crms": list(CRMS), "push_examples": examples}
    dbt.build(built.place, select=["path:models/push,int_*"], variables=variables)
    tests = dbt.unit_tests(built.place, variables=variables)
    assert len(tests) > 40
    assert len([test for test in tests if "models/push/" in test.file]) > len(examples)
    assert [f"{test.name}: {test.message}" for test in tests if test.status != "pass"] == []


def _other(value: Any) -> Any:
    """A value that is hardly another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 1
    if isinstance(value, float):
        return value * (1 + 1e-6) + 1e-6
    if isinstance(value, date):
        return value + timedelta(days=1)
    return 0 if value is None else f"{value} "


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("oddity", "known"),
    [
        (
            "done at no time, due at an hour",
            {"touched_at": _at("2026-09-08T22:45"), "touched_date": date(2026, 9, 9)},
        ),
        (
            "done at no time, due on a day",
            {"touched_at": _at("2026-09-08T04:00"), "done_date": date(2026, 9, 8)},
        ),
        ("done at no time, due at none", {"is_done": True, "is_touch": False, "done_date": None}),
        ("done on a day with two midnights", {"touched_at": _at("2026-10-25T01:00"), "done_on_time": None}),
        ("done on a day without midnight", {"touched_at": _at("2026-04-23T22:00")}),
        (
            "done in time elsewhere",
            {"done_on_time": True, "due_date": date(2026, 8, 9), "days_due_to_done": 0},
        ),
        (
            "done too late elsewhere",
            {"done_on_time": False, "done_date": date(2026, 8, 10), "days_due_to_done": 1},
        ),
        (
            "of an owner with an unknown clock",
            {"owner_time_zone": "Asia/Tokyo", "done_date": date(2026, 8, 18)},
        ),
        ("of an unknown owner", {"owner_time_zone": "Asia/Tokyo", "is_all_day": True}),
        ("of no type", {"activity_type": "", "is_touch": False}),
        ("as long as 90 minutes", {"duration_minutes": None}),
        ("as long with seconds", {"duration_minutes": 90}),
        ("longer than a day", {"duration_minutes": 6005}),
        ("when the deal was won and lost", {"deal_status_when_done": "won"}),
        ("before the deal was won", {"deal_status_when_done": "open"}),
        ("after the deal was won, though open now", {"deal_status_when_done": "won"}),
        ("when an open deal was won and lost", {"deal_status_when_done": "won"}),
        ("when the lost deal was won and lost", {"deal_status_when_done": "lost"}),
        ("with a deal won at no time", {"deal_status_when_done": "open"}),
        ("between lost and won", {"deal_status_when_done": "lost"}),
        ("when at last won", {"deal_status_when_done": "won"}),
        (
            "with all unknown",
            {"deal_status_when_done": None, "sequence_on_deal": 1, "is_first_on_deal": True},
        ),
        ("due yesterday, in Adelaide", {"is_overdue": True, "due_date": date(2026, 10, 1)}),
        ("due today, in New York", {"is_overdue": False, "is_all_day": True}),
        ("due between two midnights", {"is_all_day": False, "due_at": _at("2026-10-25T00:30")}),
        ("due at an hour of no day", {"is_all_day": False, "due_at": None, "is_overdue": False}),
        ("due a second ago", {"is_overdue": True}),
        ("due at noon, in words", {"is_all_day": True, "due_date": date(2026, 10, 5)}),
    ],
)
def test_an_oddity_is_told_as_one_would_say_it(oddity: str, known: Row, built: Built) -> None:
    row = built.known(TABLES[0], NUMBERS[oddity])
    assert {name: row[name] for name in known} == known
