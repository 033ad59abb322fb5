"""Answers as the page reads them: names once, numbers in their place, weeks as runs.

A series is a list of one number for each week. Runs of zeros are told as their negative length, and zeros at the end
are left out: `[3, -4, 1]` is 3, four weeks of nothing, 1. Keys are places in the lists of names.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.dashboard.queries import Answers, Rows

Number = int | float


@dataclass
class Places:
    """Numbers keys in the order in which they are first seen."""

    of: dict[Hashable, int] = field(default_factory=dict)

    def __getitem__(self, key: Hashable) -> int:
        return self.of.setdefault(key, len(self.of))


COUNTS = ("added", "planned", "planned_done", "timed", "on_time")
OUTCOMES = ("won", "lost", "value", "without_rate")
COVERAGE = (
    *("open_deals", "with_next_activity", "value"),
    *("deals_at_risk", "value_at_risk", "rotten_deals", "without_rate"),
)


@dataclass
class Keys:
    """Places of everything that rows are told apart by."""

    owners: Places = field(default_factory=Places)
    pipelines: Places = field(default_factory=Places)
    types: Places = field(default_factory=Places)
    sources: Places = field(default_factory=Places)

    def group(self, row: dict[str, Any]) -> list[int]:
        """Owner and pipeline of a row."""
        return [self.owners[row["owner_id"]], self.pipelines[row["pipeline_id"]]]


def encoded(answers: Answers) -> dict[str, Any]:
    """Everything the page shows, as JSON can hold it."""
    keys = Keys()
    for row in answers.rows["pipelines"]:  # in the CRM's order
        keys.pipelines[row["pipeline_id"]]
    found = _weekly(answers.rows, keys) | _now(answers.rows, keys)
    return (
        found
        | _names(answers.rows, keys)
        | {
            "asOf": answers.as_of.isoformat(),
            "provedAt": answers.proved_at and answers.proved_at.isoformat(),
            "firstWeek": answers.first_week.isoformat(),
            "weeks": answers.weeks,
            "currency": answers.currency,
        }
    )


def _weekly(rows: dict[str, Rows], keys: Keys) -> dict[str, Any]:
    group, types, sources = keys.group, keys.types, keys.sources
    return {
        "counts": [[*group(row), *_series_of(row, COUNTS)] for row in rows["counts"]],
        "done": [
            [*group(row), types[row["activity_type"]], *_series_of(row, ["done"])] for row in rows["done"]
        ],
        "outcomes": [[*group(row), *_series_of(row, OUTCOMES)] for row in rows["outcomes"]],
        "firstTouch": [
            [*group(row), sources[row["source"]], _steps(row["week"]), row["minutes"]]
            for row in rows["first_touch"]
        ],
    }


def _now(rows: dict[str, Rows], keys: Keys) -> dict[str, Any]:
    group, types = keys.group, keys.types
    return {
        "coverage": [[*group(row), *(_number(row[name]) for name in COVERAGE)] for row in rows["coverage"]],
        "overdue": [[*group(row), row["activities"], _day(row["oldest"])] for row in rows["overdue"]],
        "overdueList": [
            [*group(row), types[row["activity_type"]], row["subject"], _day(row["due_date"]), row["deal"]]
            for row in rows["overdue_list"]
        ],
        "idleList": [[*group(row), *_idle(row)] for row in rows["idle_list"]],
        "quality": [[row["description"], row["records"], row["population"]] for row in rows["quality"]],
    }


def _names(rows: dict[str, Rows], keys: Keys) -> dict[str, Any]:
    pipelines = _labels(keys.pipelines, rows["pipelines"], "pipeline_id", "No deal or pipeline")
    return {
        "owners": _owners(keys.owners, rows["users"]),
        "pipelines": list(zip(keys.pipelines.of, pipelines, strict=True)),
        "types": _labels(keys.types, rows["types"], "activity_type", "(none)"),
        "sources": [str(key or "") for key in keys.sources.of],
    }


def series(weeks: Iterable[int], values: Iterable[Number]) -> list[Number]:
    """One number for each week, runs of zeros told as their negative length."""
    told: list[Number] = []
    next_week = 0
    for week, value in zip(weeks, values, strict=True):
        if value:
            told += ([next_week - week] if week > next_week else []) + [value]
            next_week = week + 1
    return told


def _series_of(row: dict[str, Any], names: Sequence[str]) -> list[list[Number]]:
    return [series(row["week"], map(_number, row[name])) for name in names]


def _steps(weeks: list[int]) -> list[int]:
    return [week - before for before, week in zip([0, *weeks], weeks, strict=False)]


def _number(value: Number | None) -> Number:
    """A JSON number; cents are enough of money."""
    if value is None or not math.isfinite(value):
        return 0
    return value if isinstance(value, int) else _short(value)


def _short(value: float) -> Number:
    cents = round(value, 2)
    return int(cents) if cents.is_integer() else cents


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _idle(row: dict[str, Any]) -> list[Any]:
    value = None if row["value"] is None else _number(row["value"])
    return [row["title"], row["customer"], row["stage_name"], value, row["days_since_last_touch"]]


def _labels(places: Places, rows: Rows, key: str, missing: str) -> list[str]:
    names = {row[key]: row["name"] for row in rows}
    return [missing if name is None else names.get(name) or str(name) or missing for name in places.of]


def _owners(places: Places, users: Rows) -> list[list[Any]]:
    """Id, name and whether active; two of one name are told apart by their ids."""
    known = {row["user_id"]: row for row in users}
    names = {
        key: "No owner" if key is None else (known.get(key, {}).get("name") or f"User {key}")
        for key in places.of
    }
    times = Counter(names.values())
    return [
        [key, name if times[name] == 1 else f"{name} ({key})", bool(known.get(key, {}).get("is_active"))]
        for key, name in names.items()
    ]
