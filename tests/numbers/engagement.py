"""fct_deal_engagement, fct_person_engagement, fct_organization_engagement."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from tests.numbers.activities import living
from tests.numbers.company import Company, Row, moment, whole_days


def fct_deal_engagement(company: Company) -> list[Row]:
    """One row for each deal."""
    by_deal = grouped(living(company), lambda row: (row["deal_id"],))
    return [
        {
            "deal_id": deal["id"],
            **engagement(company, deal, by_deal[deal["id"]]),
            "contacts_touched": contacts_touched(by_deal[deal["id"]]),
            "touches_before_won": touches_before(deal, "won", by_deal[deal["id"]]),
            "touches_before_lost": touches_before(deal, "lost", by_deal[deal["id"]]),
        }
        for deal in company.deals.values()
    ]


def fct_person_engagement(company: Company) -> list[Row]:
    """One row for each person, of the activities that they took part in."""
    by_person = grouped(living(company), lambda row: row["people"])
    return [
        {
            "person_id": number,
            **engagement(company, person, by_person[number]),
            **reach(by_person[number]),
        }
        for number, person in company.loaded("persons").items()
    ]


def fct_organization_engagement(company: Company) -> list[Row]:
    """One row for each organization, of the activities that name it."""
    by_organization = grouped(living(company), lambda row: (row["organization_id"],))
    return [
        {
            "organization_id": number,
            **engagement(company, organization, by_organization[number]),
            **reach(by_organization[number]),
            "contacts_touched": contacts_touched(by_organization[number]),
        }
        for number, organization in company.loaded("organizations").items()
    ]


def engagement(company: Company, record: Row, rows: list[Row]) -> Row:
    """What is said of deals, persons and organizations alike."""
    moments = [row["touched_at"] for row in touches(rows)]
    return {
        **_counts("activities", rows),
        **{
            name: count
            for kind in company.terms.kinds
            for name, count in _counts(kind, of_kind(company, kind, rows)).items()
        },
        "minutes_done": sum(row["duration_minutes"] or 0 for row in rows if row["is_done"]),
        "touches": len(moments),
        "first_touch_at": min(moments, default=None),
        "last_touch_at": max(moments, default=None),
        "days_since_last_touch": company.days_since(max(moments, default=None)),
        **next_activity(rows),
        "days_create_to_first_touch": _days_to_touch(record, moments),
    }


def grouped(rows: Iterable[Row], keys: Callable[[Row], Iterable[int]]) -> dict[int, list[Row]]:
    """The activities of each record; one activity may belong to several."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        for key in keys(row):
            found[key].append(row)
    return found


def touches(rows: Iterable[Row]) -> list[Row]:
    """Those activities that are touches."""
    return [row for row in rows if row["is_touch"]]


def of_kind(company: Company, kind: str, rows: Iterable[Row]) -> list[Row]:
    """Those activities that are counted in one kind's columns."""
    return [row for row in rows if company.terms.kind(row["activity_type"]) == kind]


def _counts(prefix: str, rows: list[Row]) -> Row:
    done = sum(row["is_done"] for row in rows)
    return {
        f"{prefix}_total": len(rows),
        f"{prefix}_done": done,
        f"{prefix}_open": len(rows) - done,
        f"{prefix}_overdue": sum(row["is_overdue"] for row in rows),
    }


def next_activity(rows: list[Row]) -> Row:
    """The first that is to come; on one day, all-day ones by when the day begins."""
    coming = [row for row in rows if not row["is_done"] and not row["is_overdue"] and row["due_date"]]
    found = min(coming, key=lambda row: (row["due_date"], row["_due_moment"], row["activity_id"]), default={})
    return {
        "next_activity_id": found.get("activity_id"),
        "next_activity_type": found.get("activity_type"),
        "next_activity_due_date": found.get("due_date"),
        "has_next_activity": bool(found),
    }


def contacts_touched(rows: list[Row]) -> int:
    """How many people were reached."""
    return len({person for row in touches(rows) for person in row["people"]})


def reach(rows: list[Row]) -> Row:
    """What is said of persons and organizations alike."""
    deals = {row["deal_id"] for row in touches(rows)} - {None}
    return {"deals_touched": len(deals), "never_touched": not touches(rows)}


def touches_before(deal: Row, status: str, rows: list[Row]) -> int | None:
    """Touches until a deal was closed, if that is how it ended."""
    closed_at = moment(deal[f"{status}_time"])
    if deal["status"] != status or closed_at is None:
        return None
    return len([row for row in touches(rows) if row["touched_at"] <= closed_at])


def _days_to_touch(record: Row, moments: list[datetime]) -> int | None:
    created_at = moment(record["add_time"])
    return whole_days(created_at, min(moments)) if created_at and moments else None
