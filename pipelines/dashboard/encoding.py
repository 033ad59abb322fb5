"""Answers as the page reads them: names once, numbers in their place, weeks as runs.

A series is a list of one number for each week. Runs of zeros are told as their negative length, and zeros at the end
are left out: `[3, -4, 1]` is 3, four weeks of nothing, 1. Keys are places in the lists of names.

Owners and pipelines are those of one CRM each; types of one name are one type, whatever CRM they are of.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pipelines.dashboard.queries import Answers, Rows
from sources.registry import CRMS

Number = int | float
Key = tuple[str, Any]
"""A CRM and an id in it."""


K = TypeVar("K", bound=Hashable)


@dataclass
class Places(Generic[K]):
    """Numbers keys in the order in which they are first seen."""

    of: dict[K, int] = field(default_factory=dict)

    def __getitem__(self, key: K) -> int:
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

    names_of_types: dict[Key, str]
    owners: Places[Key] = field(default_factory=Places)
    pipelines: Places[Key] = field(default_factory=Places)
    types: Places[str] = field(default_factory=Places)
    sources: Places[str | None] = field(default_factory=Places)

    def group(self, row: dict[str, Any]) -> list[int]:
        """Owner and pipeline of a row."""
        crm = row["crm"]
        return [self.owners[crm, row["owner_id"]], self.pipelines[crm, row["pipeline_id"]]]

    def type(self, row: dict[str, Any]) -> int:
        """Type of a row."""
        key = row["activity_type"]
        return self.types[self.names_of_types.get((row["crm"], key)) or key or "(none)"]


def encoded(answers: Answers) -> dict[str, Any]:
    """Everything the page shows, as JSON can hold it."""
    crms = _crms(answers.rows)
    keys = Keys(_names_of_types(crms, answers.rows["types"]))
    for row in sorted(
        answers.rows["pipelines"], key=lambda row: crms.index(row["crm"])
    ):  # in the CRM's order
        keys.pipelines[row["crm"], row["pipeline_id"]]
    found = _weekly(answers.rows, keys) | _now(answers.rows, keys, crms)
    return (
        found
        | _names(answers.rows, keys, crms)
        | {
            "asOf": answers.as_of.isoformat(),
            "provedAt": answers.proved_at and answers.proved_at.isoformat(),
            "firstWeek": answers.first_week.isoformat(),
            "weeks": answers.weeks,
            "currency": answers.currency,
        }
    )


def _weekly(rows: dict[str, Rows], keys: Keys) -> dict[str, Any]:
    group, sources = keys.group, keys.sources
    return {
        "counts": [[*group(row), *_series_of(row, COUNTS)] for row in rows["counts"]],
        "done": [[*group(row), keys.type(row), *_series_of(row, ["done"])] for row in rows["done"]],
        "outcomes": [[*group(row), *_series_of(row, OUTCOMES)] for row in rows["outcomes"]],
        "firstTouch": [
            [*group(row), sources[row["source"]], _steps(row["week"]), row["minutes"]]
            for row in rows["first_touch"]
        ],
    }


def _now(rows: dict[str, Rows], keys: Keys, crms: Sequence[str]) -> dict[str, Any]:
    group = keys.group
    return {
        "coverage": [[*group(row), *(_number(row[name]) for name in COVERAGE)] for row in rows["coverage"]],
        "overdue": [[*group(row), row["activities"], _day(row["oldest"])] for row in rows["overdue"]],
        "overdueList": [
            [*group(row), keys.type(row), row["subject"], _day(row["due_date"]), row["deal"]]
            for row in rows["overdue_list"]
        ],
        "idleList": [[*group(row), *_idle(row)] for row in rows["idle_list"]],
        "quality": [
            [crms.index(row["crm"]), row["description"], row["records"], row["population"]]
            for row in rows["quality"]
        ],
    }


def _names(rows: dict[str, Rows], keys: Keys, crms: Sequence[str]) -> dict[str, Any]:
    return {
        "crms": [[crm, crm.capitalize()] for crm in crms],
        "owners": _owners(keys.owners, rows["users"], crms),
        "pipelines": _pipelines(keys.pipelines, rows["pipelines"], crms),
        "types": list(keys.types.of),
        "sources": [str(key or "") for key in keys.sources.of],
    }


def _crms(rows: dict[str, Rows]) -> list[str]:
    """The CRMs there are, in the order of the registry."""
    found = {row["crm"] for asked in rows.values() for row in asked}
    return [crm for crm in CRMS if crm in found] + sorted(found - CRMS.keys())


def _names_of_types(crms: Sequence[str], types: Rows) -> dict[Key, str]:
    """What types are called; where CRMs write a name in different ways, as the first one does."""
    written: dict[str, str] = {}
    ordered = sorted(types, key=lambda row: crms.index(row["crm"]))
    return {
        (row["crm"], row["activity_type"]): written.setdefault(name.casefold(), name)
        for row in ordered
        if (name := row["name"])
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


def _in_address(crm: str, number: int | None) -> str:
    """What an id is called in the page's address: the same, whichever CRMs are added."""
    text = "none" if number is None else str(number)
    return text if crm == next(iter(CRMS)) else f"{crm}:{text}"


def _pipelines(places: Places[Key], rows: Rows, crms: Sequence[str]) -> list[list[Any]]:
    """CRM, id in the address, and name."""
    names = {(row["crm"], row["pipeline_id"]): row["name"] for row in rows}
    return [
        [
            crms.index(crm),
            _in_address(crm, number),
            "No deal or pipeline" if number is None else names.get((crm, number)) or f"Pipeline {number}",
        ]
        for crm, number in places.of
    ]


def _owners(places: Places[Key], users: Rows, crms: Sequence[str]) -> list[list[Any]]:
    """CRM, id in the address, name, and whether gone; two of one name are told apart by their ids."""
    known = {(row["crm"], row["user_id"]): row for row in users}
    names = {
        (crm, number): "No owner" if number is None else _name(known.get((crm, number)), number)
        for crm, number in places.of
    }
    times = Counter((crm, name) for (crm, _), name in names.items())
    return [
        [
            crms.index(crm),
            _in_address(crm, number),
            name if times[crm, name] == 1 else f"{name} ({number})",
            number is not None and not known.get((crm, number), {}).get("is_active"),
        ]
        for (crm, number), name in names.items()
    ]


def _name(user: dict[str, Any] | None, number: int) -> str:
    return (user or {}).get("name") or f"User {number}"
