"""fct_deal_stage_history, rpt_activity_mix_vs_outcome and rpt_data_quality."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from tests.numbers.activities import living, participants
from tests.numbers.company import DAY, Company, History, Row, began, counted, first, moment, one_a_day, share
from tests.numbers.deals import is_open, snap_deal_daily
from tests.numbers.engagement import grouped, touches
from tests.numbers.owners import split
from tests.numbers.people import ambiguous

LISTS = {
    "pipedrive": ("activities", "deals", "persons", "organizations"),
    "deskera": ("activities", "deals", "contacts", "organizations"),
}
"""What each load reads up to one moment: none of them is ever behind here."""


def fct_deal_stage_history(nights: History) -> list[Row]:
    """One row for each stay of a deal in a stage, of those stays that some night saw."""
    company = nights[-1]
    by_deal = grouped(living(company), lambda row: (row["deal_id"],))
    seen = [row for night in one_a_day(nights) for row in snap_deal_daily(night) if row["stage_id"]]
    rows: list[Row] = []
    for (number,), snapshots in split(seen, ("deal_id",)).items():
        visits = sorted(
            split(snapshots, ("stage_entered_at", "stage_id")).values(),
            key=lambda days: (days[0]["stage_entered_at"], days[0]["snapshot_date"], days[0]["stage_id"]),
        )
        after = [days[0]["stage_entered_at"] for days in visits[1:]]
        ends = [*after, _left(company.deals[number], visits[-1][-1])]
        rows += [
            _visit(company, days, place, end, by_deal[number])
            for place, (days, end) in enumerate(zip(visits, ends, strict=True), start=1)
        ]
    return rows


def _left(deal: Row, last: Row) -> datetime | None:
    """When the last visit ended, at the latest with the day it was seen; a deleted deal's end is the load's to tell."""
    moved = moment(deal["stage_change_time"]) if deal["stage_id"] != last["stage_id"] else None
    if is_open(deal):
        return moved
    gone = began(last["snapshot_date"] + timedelta(days=1), ZoneInfo("UTC"))
    return first((moment(first((deal["close_time"], deal["archive_time"]))), moved, gone))  # type: ignore[no-any-return]


def _visit(company: Company, days: list[Row], place: int, end: datetime | None, rows: list[Row]) -> Row:
    begin = days[0]["stage_entered_at"]
    until = end or company.as_of + timedelta(seconds=1)
    told = {
        **{name: days[0][name] for name in ("deal_id", "stage_id")},
        "pipeline_id": days[-1]["pipeline_id"],
        "visit_number": place,
        "entered_at": begin,
        "first_seen_date": days[0]["snapshot_date"],
        "last_seen_date": days[-1]["snapshot_date"],
    }
    if company.deals[days[0]["deal_id"]]["is_deleted"]:
        return told
    return told | {
        "left_at": end,
        "is_current": end is None,
        "days": max(0, int(((end or company.as_of) - begin).total_seconds() // DAY)),
        "activities_done_in_stage": sum(begin <= row["done_at"] < until for row in rows if row["done_at"]),
    }


def rpt_activity_mix_vs_outcome(company: Company) -> list[Row]:
    """One row for each mix of touches that closed deals had."""
    by_deal = grouped(living(company), lambda row: (row["deal_id"],))
    closed = [
        _closed(company, deal, by_deal[deal["id"]])
        for deal in company.deals.values()
        if counted(deal) and deal["status"] != "open"
    ]
    return [_mix(bucket, deals) for (bucket,), deals in split(closed, ("mix_bucket",)).items()]


def _closed(company: Company, deal: Row, rows: list[Row]) -> Row:
    ended_at = moment(first((deal[f"{deal['status']}_time"], deal["close_time"])))
    kinds = Counter(
        row["activity_type"] for row in touches(rows) if ended_at and row["touched_at"] <= ended_at
    )
    (kind, most), total = first(kinds.most_common(1)) or ("", 0), kinds.total()
    mixed = f"mostly {kind}" if most * 2 > total else "mixed"
    created = moment(deal["add_time"])
    return {
        "mix_bucket": mixed if total else "no touches",
        "won": deal["status"] == "won",
        "touches": total,
        "cycle": (ended_at - created).total_seconds() / DAY if ended_at and created else None,
        "value": company.reported(deal) if deal["status"] == "won" else None,
    }


def _mix(bucket: str, deals: list[Row]) -> Row:
    won = sum(deal["won"] for deal in deals)
    value = average(deal["value"] for deal in deals)
    return {
        "mix_bucket": bucket,
        "deals": len(deals),
        "won": won,
        "lost": len(deals) - won,
        "win_rate": share(won, len(deals)),
        "average_cycle_days": average(deal["cycle"] for deal in deals),
        "average_won_value": None if value is None else round(Decimal(value), 2),
        "average_touches_to_win": average(deal["touches"] for deal in deals if deal["won"]),
        "average_touches_to_loss": average(deal["touches"] for deal in deals if not deal["won"]),
    }


def average(values: Iterable[Any]) -> float | None:
    """The mean of what is known."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def rpt_data_quality(company: Company) -> list[Row]:
    """One row for each check, its findings in order."""
    activities = [row for row in company.loaded("activities").values() if counted(row)]
    deals = [row for row in company.deals.values() if counted(row)]
    persons = [row for row in company.loaded("persons").values() if counted(row)]
    active = {row["id"] for row in company.truth["users"] if row["active_flag"] and not row["is_deleted"]}
    done = [row for row in activities if row["done"]]
    still_open = [row for row in activities if not row["done"]]
    open_deals = [row for row in deals if is_open(row)]
    seen: set[tuple[Any, ...]] = set()
    unclear = ambiguous(company)
    checks: tuple[tuple[str, list[Row], Callable[[Row], Any]], ...] = (
        ("activities_without_deal", activities, lambda row: row["deal_id"] is None and not row["lead_id"]),
        ("activities_without_person", activities, lambda row: not participants(row)),
        ("done_without_time", done, lambda row: not row["marked_as_done_time"]),
        ("open_without_due_date", still_open, lambda row: not row["due_date"]),
        ("inactive_owner_with_open_activities", still_open, lambda row: row["owner_id"] not in active),
        ("duplicate_activities", activities, lambda row: _again(row, seen)),
        ("deals_without_rate", deals, lambda row: row["value"] and company.reported(row) is None),
        ("open_deals_of_inactive_owners", open_deals, lambda row: row["owner_id"] not in active),
        ("persons_without_contact_data", persons, lambda row: not _reachable(row)),
        ("ambiguous_contacts", persons, lambda row: row["id"] in unclear),
    )
    told = [
        _check(name, rows, [str(row["id"]) for row in rows if fails(row)]) for name, rows, fails in checks
    ]
    return [*told, _unknown_types(company, activities), _check("lists_behind", LISTS[company.crm], [])]


def _check(name: str, population: Sequence[Any], ids: list[str]) -> Row:
    return {
        "check_name": name,
        "records": len(ids),
        "population": len(population),
        "share": share(len(ids), len(population)),
        "example_ids": ", ".join(ids[:5]),
    }


def _again(row: Row, seen: set[tuple[Any, ...]]) -> bool:
    """Whether an activity says what one before it said; an empty time is none."""
    same = tuple(
        row[name] or None for name in ("subject", "type", "owner_id", "deal_id", "due_date", "due_time")
    )
    known = same in seen
    seen.add(same)
    return known


def _reachable(person: Row) -> bool:
    return any(one.get("value") for kind in ("emails", "phones") for one in person[kind] or ())


def _unknown_types(company: Company, activities: list[Row]) -> Row:
    listed = {row["key_string"] for row in company.truth["activity_types"]}
    unknown = sorted({row["type"] or "" for row in activities} - listed)
    return _check("unknown_types", [*listed, *unknown], [kind or "(none)" for kind in unknown])
