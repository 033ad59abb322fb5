"""What is told of deals day by day: the snapshots, rpt_deal_coverage and rpt_speed_to_first_touch."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from statistics import quantiles

from tests.numbers.activities import living
from tests.numbers.company import Company, Row, counted, moment, monday, share, whole_days
from tests.numbers.engagement import engagement, grouped, touches
from tests.numbers.owners import split


def snap_activity_daily(company: Company) -> list[Row]:
    """One row for each owner and type with open activities."""
    still_open = [row for row in living(company) if not row["is_done"]]
    return [
        {
            "snapshot_date": company.as_of.date(),
            "owner_id": owner,
            "activity_type": kind,
            "open": len(rows),
            "overdue": sum(row["is_overdue"] for row in rows),
            "due_today": _due(rows, company.today(owner), 0, 0),
            "due_next_7_days": _due(rows, company.today(owner), 1, 7),
        }
        for (owner, kind), rows in split(still_open, ("owner_id", "activity_type")).items()
    ]


def _due(rows: list[Row], today: date, start: int, end: int) -> int:
    days = (today + timedelta(days=start), today + timedelta(days=end))
    return sum(days[0] <= row["due_date"] <= days[1] for row in rows if row["due_date"])


@cache
def snap_deal_daily(company: Company) -> list[Row]:
    """One row for each open deal."""
    by_deal = grouped(living(company), lambda row: (row["deal_id"],))
    return [_deal(company, deal, by_deal[deal["id"]]) for deal in company.deals.values() if is_open(deal)]


def is_open(deal: Row) -> bool:
    """Whether a deal can still be won or lost."""
    return deal["status"] == "open" and counted(deal) and not deal["is_archived"]


def _deal(company: Company, deal: Row, rows: list[Row]) -> Row:
    created, moved = moment(deal["add_time"]), moment(deal["stage_change_time"])
    known = engagement(company, deal, rows)
    return {
        "snapshot_date": company.as_of.date(),
        "deal_id": deal["id"],
        **{name: deal[name] for name in ("owner_id", "pipeline_id", "stage_id", "currency")},
        "stage_entered_at": moved or created,
        "value": None if deal["value"] is None else Decimal(str(deal["value"])),
        "value_reporting": company.reported(deal),
        "reporting_currency": company.reporting_currency,
        "age_days": company.days_since(created),
        "days_in_stage": company.days_since(moved or created),
        "days_since_last_touch": known["days_since_last_touch"],
        "has_next_activity": known["has_next_activity"],
        "activities_open": known["activities_open"],
        "activities_overdue": known["activities_overdue"],
        "is_rotten": is_rotten(company, deal, rows),
    }


def is_rotten(company: Company, deal: Row, rows: list[Row]) -> bool:
    """Whether nothing was done with a deal for as many days as its stage allows."""
    stage = company.stages.get(deal["stage_id"], {})
    if not stage.get("is_deal_rot_enabled") or stage["days_to_rotten"] is None:
        return False
    moments = [moment(deal["add_time"]), moment(deal["stage_change_time"])]
    known = [at for at in (*moments, *(row["done_at"] for row in rows)) if at]
    return bool(known) and whole_days(max(known), company.as_of) >= stage["days_to_rotten"]


def rpt_deal_coverage(snapshots: Iterable[Row], at_risk_days: int) -> list[Row]:
    """From every day's snap_deal_daily: one row for each day, pipeline and owner."""
    groups = split(snapshots, ("snapshot_date", "pipeline_id", "owner_id"))
    return [
        {"snapshot_date": day, "pipeline_id": pipeline, "owner_id": owner, **_coverage(rows, at_risk_days)}
        for (day, pipeline, owner), rows in groups.items()
    ]


def _coverage(rows: list[Row], at_risk_days: int) -> Row:
    """A deal is at risk when nothing is planned with it and nothing happened for long."""
    risk = [row for row in rows if not row["has_next_activity"] and not _touched(row, at_risk_days)]
    touched = {days: sum(_touched(row, days) for row in rows) for days in (7, 14, 30)}
    planned = sum(row["has_next_activity"] for row in rows)
    return {
        "open_deals": len(rows),
        "with_next_activity": planned,
        "share_with_next_activity": share(planned, len(rows)),
        **{f"touched_{days}_days": count for days, count in touched.items()},
        **{f"share_touched_{days}_days": share(count, len(rows)) for days, count in touched.items()},
        "value": _sum(rows),
        "reporting_currency": rows[0]["reporting_currency"],
        "deals_at_risk": len(risk),
        "value_at_risk": _sum(risk),
        "rotten_deals": sum(row["is_rotten"] for row in rows),
        "deals_without_value_reporting": sum(row["value_reporting"] is None for row in rows),
    }


def _touched(row: Row, days: int) -> bool:
    since = row["days_since_last_touch"]
    return since is not None and since <= days


def _sum(rows: list[Row]) -> Decimal:
    return sum((row["value_reporting"] for row in rows if row["value_reporting"] is not None), Decimal(0))


def rpt_speed_to_first_touch(company: Company) -> list[Row]:
    """One row for each deal: how soon somebody spoke to the customer."""
    by_deal = grouped(living(company), lambda row: (row["deal_id"],))
    rows = [_speed(company, deal, by_deal[deal["id"]]) for deal in company.deals.values() if counted(deal)]
    for column, prefix in (("owner_id", "owner"), ("source", "source")):
        for group in split(rows, (column,)).values():
            known = [row["minutes_to_first_touch"] for row in group if row["first_touch_at"]]
            marks = {
                f"{prefix}_p50_minutes": percentile(known, 50),
                f"{prefix}_p90_minutes": percentile(known, 90),
            }
            for row in group:
                row.update(marks)
    return rows


def _speed(company: Company, deal: Row, rows: list[Row]) -> Row:
    created = moment(deal["add_time"])
    local = company.local_date(created, deal["owner_id"])
    later = [row["touched_at"] for row in touches(rows) if created and row["touched_at"] >= created]
    touched = min(later, default=None)
    return {
        "deal_id": deal["id"],
        "owner_id": deal["owner_id"],
        "pipeline_id": deal["pipeline_id"],
        "source": deal["origin"] or "",
        "created_at": created,
        "created_week": monday(local) if local else None,
        "first_touch_at": touched,
        "minutes_to_first_touch": int((touched - created).total_seconds() // 60) if touched else None,
    }


def percentile(values: list[int], percent: int) -> float | None:
    """Interpolated between neighbours, as spreadsheets do."""
    if len(values) == 1:
        return values[0]
    if not values:
        return None
    return quantiles(values, n=100, method="inclusive")[percent - 1]
