"""What real accounts hold that a tidy mind does not expect, planted into a sandbox."""

from typing import Any

from tests.numbers.company import Row
from tests.support import Sandbox

ZONES = {1: "Atlantic/Azores", 2: "Africa/Cairo", 5: "Mars/Olympus_Mons", 6: "", 7: "America/New_York"}
"""Clocks go back through midnight on the Azores on 2026-10-25, and skip midnight in Cairo on 2026-04-24."""
AZORES, CAIRO, ADELAIDE, NEW_YORK = 1, 2, 8, 7
EARLIER, LATER, LATEST = "2026-08-03T09:00:00Z", "2026-08-10T09:00:00Z", "2026-08-17T23:30:00Z"
DONE: Row = {"type": "call", "done": True, "marked_as_done_time": LATER, "is_deleted": False}
TIMELESS: Row = {**DONE, "marked_as_done_time": None, "due_time": None}
OPEN: Row = {"type": "call", "done": False, "marked_as_done_time": None, "is_deleted": False, "due_time": ""}

ACTIVITIES: tuple[Row, ...] = (
    {**TIMELESS, "due_date": "2026-09-08", "due_time": "22:45"},
    {**TIMELESS, "due_date": "2026-09-08"},
    {**TIMELESS, "due_date": None},
    {**TIMELESS, "due_date": "2026-10-25", "owner_id": AZORES},
    {**TIMELESS, "due_date": "2026-04-24", "owner_id": CAIRO},
    {**DONE, "due_date": None, "due_time": "10:00"},
    {**DONE, "due_date": "2026-08-10", "due_time": "23:59", "owner_id": NEW_YORK},
    {**DONE, "due_date": "2026-08-10", "due_time": "", "owner_id": 999_999},
    {**DONE, "type": ""},
    {**DONE, "type": None},
    {**DONE, "type": "never_listed"},
    {**DONE, "duration": "00:90"},
    {**DONE, "duration": "01:30:59"},
    {**DONE, "duration": "100:05"},
    {**DONE, "duration": "an hour"},
    {**DONE, "duration": "1:3"},
    {**DONE, "deal_id": 1, "due_date": "2026-08-10"},
    {**DONE, "deal_id": 1, "due_date": "2026-08-01"},
    {**DONE, "deal_id": 2, "marked_as_done_time": EARLIER},
    {**DONE, "deal_id": 2, "marked_as_done_time": LATEST},
    {**DONE, "deal_id": 3},
    {**DONE, "deal_id": 4},
    {**DONE, "deal_id": 5},
    {**DONE, "deal_id": 6, "marked_as_done_time": LATEST},
    {**DONE, "deal_id": 999_999, "person_id": 999_999, "participants": None},
    {**DONE, "owner_id": None},
    {**DONE, "person_id": 9, "participants": [{"person_id": 9, "primary_flag": False}, {"person_id": None}]},
    {**DONE, "person_id": 9, "participants": [{"person_id": 8, "primary_flag": True}, {"person_id": 8}]},
    {**DONE, "person_id": None, "participants": [{"person_id": 8}], "attendees": None},
    {**OPEN, "due_date": "2026-10-01", "owner_id": ADELAIDE, "deal_id": 7},
    {**OPEN, "due_date": "2026-10-01", "owner_id": NEW_YORK, "deal_id": 7},
    {**OPEN, "due_date": "2026-10-25", "owner_id": AZORES, "deal_id": 7},
    {**OPEN, "due_date": "2026-10-25", "owner_id": AZORES, "due_time": "00:30", "deal_id": 7},
    {**OPEN, "due_date": None, "deal_id": 7},
    {**OPEN, "due_date": None, "due_time": "10:00", "deal_id": 8},
    {**OPEN, "due_date": "2026-10-02", "deal_id": 8, "owner_id": 6},
    {**OPEN, "due_date": "2026-10-02", "deal_id": 8, "owner_id": 6},
    {**OPEN, "due_date": "2027-03-28", "due_time": "01:30", "deal_id": 8, "owner_id": 5},
)
"""Done at no time, of nobody known, of odd types and lengths, at one moment, people told twice, other days elsewhere."""

STANDING: Row = {"is_deleted": False, "is_archived": False}
REOPENED: Row = {**STANDING, "status": "open", "close_time": None}
DEALS: dict[int, Row] = {
    1: {**STANDING, "status": "won", "won_time": LATER, "lost_time": LATER, "close_time": LATER},
    2: {**REOPENED, "won_time": LATER, "lost_time": None},
    3: {**REOPENED, "won_time": LATER, "lost_time": LATER},
    4: {**STANDING, "status": "lost", "won_time": LATER, "lost_time": LATER, "close_time": LATER},
    5: {**STANDING, "status": "won", "won_time": None, "lost_time": None, "value": 77.5},
    6: {**STANDING, "status": "won", "won_time": LATEST, "lost_time": EARLIER, "owner_id": ADELAIDE},
    7: {**REOPENED, "won_time": None, "lost_time": None, "value": None, "currency": None, "stage_id": 4},
    8: {**REOPENED, "won_time": None, "lost_time": None, "stage_change_time": None, "stage_id": 999_999},
    9: {**REOPENED, "won_time": None, "lost_time": None, "owner_id": 999_999, "origin": None},
}
"""Won and lost in one second, reopened with its past, won at no time, of no value or currency, in no known stage."""


def plant(crm: Sandbox, *, since: int = 40) -> None:
    """Change what the sandbox holds, before it is first loaded: activities from an id on, deals, users' zones."""
    for number, odd in enumerate(ACTIVITIES, start=since):
        change(crm, "activities", number, **odd)
    for number, odd in DEALS.items():
        change(crm, "deals", number, **odd)
    for number, zone in ZONES.items():
        change(crm, "users", number, timezone_name=zone)


def change(crm: Sandbox, entity: str, number: int, **changes: Any) -> None:
    """Change one record behind the API's back."""
    collection = crm.server.account[entity]
    record = collection.get(number)
    assert record is not None, f"{entity}: there is no {number}"
    collection.put({**record, **changes})
