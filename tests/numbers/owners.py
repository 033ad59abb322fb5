"""agg_owner_day_type and agg_owner_week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.numbers.activities import living
from tests.numbers.company import Company, Row, counted, moment, monday, share
from tests.numbers.engagement import of_kind, touches

WEEK = timedelta(days=7)
PREVIOUS = ("added", "done", "deals_won", "won_value")
"""What is 0 in a week that has no row; a rate is unknown then."""
RATES = ("completion_rate", "on_time_rate")


def agg_owner_day_type(company: Company) -> list[Row]:
    """One row for each owner, day and type that anything happened in."""
    owned = [row for row in living(company) if row["owner_id"] is not None]
    keys = {
        (row["owner_id"], day, row["activity_type"])
        for row in owned
        for day in (row["added_date"], row["due_date"], row["done_date"])
        if day
    }
    by_owner_type = split(owned, ("owner_id", "activity_type"))
    return [
        {
            "owner_id": owner,
            "date_day": day,
            "activity_type": kind,
            **_day(by_owner_type[owner, kind], day),
        }
        for owner, day, kind in keys
    ]


def _day(rows: list[Row], day: date) -> Row:
    done = [row for row in rows if row["done_date"] == day]
    planned = [row for row in rows if row["due_date"] == day]
    return {
        "added": sum(row["added_date"] == day for row in rows),
        "planned": len(planned),
        "done": len(done),
        "done_on_time": sum(row["done_on_time"] is True for row in done),
        "overdue_open": sum(row["is_overdue"] for row in planned),
        "minutes": sum(row["duration_minutes"] or 0 for row in done),
    }


def agg_owner_week(company: Company) -> list[Row]:
    """One row for each owner and week that anything happened in, told against the week before."""
    weeks = {
        (owner, week): _week(company, lots)
        for (owner, week), lots in _lots(company).items()
        if owner is not None
    }
    return [
        {
            "owner_id": owner,
            "week_start_date": week,
            **row,
            **_previous(weeks.get((owner, week - WEEK), {})),
            "done_change": row["done"] - weeks.get((owner, week - WEEK), {"done": 0})["done"],
        }
        for (owner, week), row in weeks.items()
    ]


def split(rows: Iterable[Row], columns: tuple[str, ...]) -> dict[Any, list[Row]]:
    """Rows by the values of some columns."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found


def _lots(company: Company) -> dict[tuple[int | None, date], dict[str, list[Row]]]:
    """For each owner and week what was added, planned, done, touched, won and lost in it."""
    found: dict[tuple[int | None, date], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for lot, owner, day, row in _happenings(company):
        if day:
            found[owner, monday(day)][lot].append(row)
    return found


def _happenings(company: Company) -> Iterator[tuple[str, int | None, date | None, Row]]:
    dates = {"added": "added_date", "planned": "due_date", "done": "done_date", "touched": "touched_date"}
    for row in living(company):
        for lot, column in dates.items():
            yield lot, row["owner_id"], row[column], row
    for deal in filter(counted, company.deals.values()):
        if (status := deal["status"]) in ("won", "lost"):
            closed = company.local_date(moment(deal[f"{status}_time"]), deal["owner_id"])
            yield status, deal["owner_id"], closed, deal


def _week(company: Company, lots: dict[str, list[Row]]) -> Row:
    planned, done = lots["planned"], lots["done"]
    on_time = [row["done_on_time"] for row in done if row["done_on_time"] is not None]
    planned_done = sum(row["is_done"] for row in planned)
    deals_touched = {row["deal_id"] for row in touches(lots["touched"])} - {None}
    return {
        "added": len(lots["added"]),
        "planned": len(planned),
        "done": len(done),
        "done_on_time": sum(on_time),
        "minutes": sum(row["duration_minutes"] or 0 for row in done),
        "planned_done": planned_done,
        "completion_rate": share(planned_done, len(planned)),
        "done_timed": len(on_time),
        "on_time_rate": share(sum(on_time), len(on_time)),
        **{f"{kind}_done": len(of_kind(company, kind, done)) for kind in company.terms.kinds},
        "touches": len(lots["touched"]),
        "deals_touched": len(deals_touched),
        "deals_won": len(lots["won"]),
        "won_value": sum((company.reported(deal) or Decimal(0) for deal in lots["won"]), Decimal(0)),
        "deals_lost": len(lots["lost"]),
    }


def _previous(week: Row) -> Row:
    counts = {f"{name}_previous_week": week.get(name, 0) for name in PREVIOUS}
    return {**counts, **{f"{name}_previous_week": week.get(name) for name in RATES}}
