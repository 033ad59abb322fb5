"""A company as one of its CRMs holds it, at one instant: the records by id, with times read and odd values made plain.

Records are in the shape of Pipedrive's API, whichever CRM they are of.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

Row = dict[str, Any]
DAY = 86400
"""Seconds."""
ZONES = available_timezones()


@dataclass(frozen=True)
class Terms:
    """What dbt_project.yml calls vars, as it sets them."""

    touch_types: tuple[str, ...] = ("call", "meeting", "email")
    column_types: tuple[str, ...] = ("call", "meeting", "task", "deadline", "email", "lunch")
    reporting_currency: str = ""
    """When it is empty, that of most deals; `night` finds it."""
    currency_rates: Mapping[str, str] = field(default_factory=dict)
    default_time_zone: str = "UTC"
    at_risk_days: int = 14

    @property
    def kinds(self) -> tuple[str, ...]:
        """What activities are counted by: the types with columns of their own, and the rest."""
        return (*self.column_types, "other")

    def kind(self, activity_type: str) -> str:
        """The column that a type is counted in."""
        return activity_type if activity_type in self.column_types else "other"


@dataclass(frozen=True, eq=False)
class Company:
    """Everything that the tables are made of. `begun`: what was deleted before it was never loaded, save deals."""

    as_of: datetime
    begun: datetime
    truth: Mapping[str, list[Row]]
    terms: Terms = Terms()
    crm: str = "pipedrive"
    others: tuple["Company", ...] = ()
    """The same company in its other CRMs."""

    def loaded(self, entity: str) -> dict[int, Row]:
        """The records that the warehouse must have, by id."""
        rows = self.truth[entity]
        return {row["id"]: row for row in rows if entity == "deals" or not self._gone_before(row)}

    def _gone_before(self, row: Row) -> bool:
        return bool(row["is_deleted"]) and (moment(row["update_time"]) or self.begun) < self.begun

    @cached_property
    def deals(self) -> dict[int, Row]:
        """Deals, deleted and archived ones included."""
        return self.loaded("deals")

    @cached_property
    def stages(self) -> dict[int, Row]:
        """Stages."""
        return {row["id"]: row for row in self.truth["stages"]}

    @cached_property
    def _zones(self) -> dict[int, str]:
        return {row["id"]: row["timezone_name"] for row in self.truth["users"]}

    def zone_name(self, owner_id: int | None) -> str:
        """The owner's time zone, the default one for who has none that the world knows."""
        name = self._zones.get(owner_id or 0)
        return name if name in ZONES else self.terms.default_time_zone

    def local_date(self, at: datetime | None, owner_id: int | None) -> date | None:
        """The day it was for the owner."""
        return None if at is None else at.astimezone(ZoneInfo(self.zone_name(owner_id))).date()

    def today(self, owner_id: int | None) -> date:
        """The owner's day at the instant that everything is measured at."""
        return self.as_of.astimezone(ZoneInfo(self.zone_name(owner_id))).date()

    def midnight(self, day: date | None, owner_id: int | None) -> datetime | None:
        """When the owner's day began, by the clock: the later one where clocks go back through midnight."""
        return None if day is None else began(day, ZoneInfo(self.zone_name(owner_id)))

    @cached_property
    def reporting_currency(self) -> str:
        """What amounts are told in."""
        return self.terms.reporting_currency

    def reported(self, deal: Row) -> Decimal | None:
        """A deal's value in the reporting currency, or nothing when no rate is known."""
        if deal["value"] is None:
            return None
        rate = "1" if deal["currency"] == self.reporting_currency else self.rate(deal["currency"])
        return None if rate is None else Decimal(str(deal["value"])) * Decimal(rate)

    def rate(self, currency: str | None) -> str | None:
        """How much one unit is in the reporting currency."""
        return self.terms.currency_rates.get(currency or "")

    def days_since(self, at: datetime | None) -> int | None:
        """Whole days from a moment, never fewer than none."""
        return None if at is None else max(0, whole_days(at, self.as_of))


Night = Mapping[str, Company]
"""The company as each of its CRMs held it."""
Nights = Sequence[Night]
"""The same at each build, the last being the present."""
History = Sequence[Company]
"""What one CRM held at each build."""


def histories(nights: Nights) -> dict[str, History]:
    """What each CRM held at each build that it was in."""
    return {crm: [night[crm] for night in nights if crm in night] for crm in nights[-1]}


def night(found: Iterable[Company]) -> Night:
    """All CRMs together: amounts are told in the currency that most of their deals are in, unless one is set."""
    companies = list(found)
    deals = (deal for company in companies for deal in company.deals.values() if counted(deal))
    held = Counter(sorted(str(deal["currency"]) for deal in deals if deal["currency"]))
    ((most, _),) = held.most_common(1) or [("", 0)]
    told = [
        replace(one, terms=replace(one.terms, reporting_currency=one.terms.reporting_currency or most))
        for one in companies
    ]
    return {one.crm: replace(one, others=tuple(other for other in told if other is not one)) for one in told}


def one_a_day(nights: History) -> Iterable[Company]:
    """The nights that snapshots are kept of: a later one of the same day stands for it."""
    return {night.as_of.date(): night for night in nights}.values()


def counted(row: Row) -> bool:
    """Whether a record still exists."""
    return not row["is_deleted"]


def moment(text: str | None) -> datetime | None:
    """An instant of the API's, which is in UTC whether it says so or not."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def day_of(text: str | None) -> date | None:
    """A date of the API's."""
    return date.fromisoformat(text) if text else None


def minutes(text: str | None) -> int | None:
    """How long `HH:MM` or `HH:MM:SS` is; 90 minutes are `01:30`."""
    found = re.fullmatch(r"(\d+):([0-5]\d)(:[0-5]\d)?", text or "")
    return int(found[1]) * 60 + int(found[2]) if found else None


def began(day: date, zone: ZoneInfo) -> datetime:
    """Midnight as an instant: the second one where there are two, and where there is none, when it would be."""
    first = datetime.combine(day, time(), zone)
    second = first.replace(fold=1)
    skipped = second.utcoffset() > first.utcoffset()  # type: ignore[operator]  # a zone always has an offset
    return (first if skipped else second).astimezone(UTC)


def whole_days(since: datetime, until: datetime) -> int:
    """Days that are over; negative when it was the other way round."""
    return math.floor((until - since).total_seconds() / DAY)


def monday(day: date) -> date:
    """The week that a day is in."""
    return day - timedelta(days=day.weekday())


def share(part: float, whole: float) -> float | None:
    """A rate, of nothing none."""
    return part / whole if whole else None


def first(values: Iterable[Any]) -> Any:
    """What is there, as SQL's coalesce."""
    return next((value for value in values if value is not None), None)
