"""What real accounts hold that a tidy mind does not expect, planted into a sandbox."""

from typing import Any

from tests.numbers.company import Row
from tests.support import Sandbox

ZONES = {
    1: "Atlantic/Azores",
    2: "Africa/Cairo",
    5: "Mars/Olympus_Mons",
    6: "",
    7: "America/New_York",
    8: "Australia/Adelaide",
}
"""Clocks go back through midnight on the Azores on 2026-10-25, and skip midnight in Cairo on 2026-04-24."""
AZORES, CAIRO, MARS, NEW_YORK, ADELAIDE = 1, 2, 5, 7, 8
EARLIER, LATER, LATEST = "2026-08-03T09:00:00Z", "2026-08-10T09:00:00Z", "2026-08-17T23:30:00Z"
DONE: Row = {"type": "call", "done": True, "marked_as_done_time": LATER, "is_deleted": False}
TIMELESS: Row = {**DONE, "marked_as_done_time": None, "due_time": None}
OPEN: Row = {"type": "call", "done": False, "marked_as_done_time": None, "is_deleted": False, "due_time": ""}

ACTIVITIES: dict[str, Row] = {
    "done at no time, due at an hour": {
        **TIMELESS,
        "due_date": "2026-09-08",
        "due_time": "22:45",
        "owner_id": CAIRO,
    },
    "done at no time, due on a day": {**TIMELESS, "due_date": "2026-09-08", "owner_id": NEW_YORK},
    "done at no time, due at none": {**TIMELESS, "due_date": None},
    "done on a day with two midnights": {**TIMELESS, "due_date": "2026-10-25", "owner_id": AZORES},
    "done on a day without midnight": {**TIMELESS, "due_date": "2026-04-24", "owner_id": CAIRO},
    "done, due at an hour of no day": {**DONE, "due_date": None, "due_time": "10:00"},
    "done in time elsewhere": {
        **DONE,
        "due_date": "2026-08-10",
        "due_time": "03:00",
        "marked_as_done_time": "2026-08-10T03:59:59Z",
        "owner_id": NEW_YORK,
    },
    "done too late elsewhere": {
        **DONE,
        "due_date": "2026-08-10",
        "due_time": "03:00",
        "marked_as_done_time": "2026-08-10T04:00:00Z",
        "owner_id": NEW_YORK,
    },
    "of an unknown owner": {**DONE, "due_date": "2026-08-10", "due_time": "", "owner_id": 999_999},
    "of nobody": {**DONE, "owner_id": None},
    "of an owner with an unknown clock": {**DONE, "owner_id": MARS, "marked_as_done_time": LATEST},
    "of an empty type": {**DONE, "type": ""},
    "of no type": {**DONE, "type": None},
    "of a type never listed": {**DONE, "type": "never_listed"},
    "as long as 90 minutes": {**DONE, "duration": "00:90"},
    "as long with seconds": {**DONE, "duration": "01:30:59"},
    "longer than a day": {**DONE, "duration": "100:05"},
    "as long in words": {**DONE, "duration": "an hour"},
    "as long with a digit missing": {**DONE, "duration": "1:3"},
    "when the deal was won and lost": {**DONE, "deal_id": 1, "due_date": "2026-08-10"},
    "in the same second": {**DONE, "deal_id": 1, "due_date": "2026-08-01"},
    "before the deal was won": {**DONE, "deal_id": 2, "marked_as_done_time": EARLIER},
    "after the deal was won, though open now": {**DONE, "deal_id": 2, "marked_as_done_time": LATEST},
    "when an open deal was won and lost": {**DONE, "deal_id": 3},
    "when the lost deal was won and lost": {**DONE, "deal_id": 4},
    "with a deal won at no time": {**DONE, "deal_id": 5},
    "between lost and won": {**DONE, "deal_id": 6},
    "when at last won": {**DONE, "deal_id": 6, "marked_as_done_time": LATEST},
    "with all unknown": {**DONE, "deal_id": 999_999, "person_id": 999_999, "participants": None},
    "with its person flagged otherwise": {
        **DONE,
        "person_id": 9,
        "participants": [{"person_id": 9, "primary": False}, {"person_id": None, "primary": False}],
    },
    "with another person told twice": {
        **DONE,
        "person_id": 9,
        "participants": [
            {"person_id": 8, "primary": False, "primary_flag": True},
            {"person_id": 8, "primary": False},
        ],
    },
    "with a person among others": {
        **DONE,
        "person_id": None,
        "participants": [{"person_id": 8, "primary": False}],
        "attendees": None,
    },
    "due yesterday, in Adelaide": {**OPEN, "due_date": "2026-10-01", "owner_id": ADELAIDE, "deal_id": 7},
    "due today, in New York": {**OPEN, "due_date": "2026-10-01", "owner_id": NEW_YORK, "deal_id": 7},
    "due the whole day of two midnights": {
        **OPEN,
        "due_date": "2026-10-25",
        "owner_id": AZORES,
        "deal_id": 7,
    },
    "due between two midnights": {
        **OPEN,
        "due_date": "2026-10-25",
        "owner_id": AZORES,
        "due_time": "00:30",
        "deal_id": 7,
    },
    "due at no time": {**OPEN, "due_date": None, "deal_id": 7},
    "due at an hour of no day": {**OPEN, "due_date": None, "due_time": "10:00", "deal_id": 8},
    "said once": {**OPEN, "due_date": "2026-10-02", "deal_id": 8, "owner_id": 6, "subject": "Once"},
    "said again": {**OPEN, "due_date": "2026-10-02", "deal_id": 8, "owner_id": 6, "subject": "Once"},
    "due this second": {**OPEN, "due_date": "2026-10-01", "due_time": "20:00", "owner_id": NEW_YORK},
    "due a second ago": {**OPEN, "due_date": "2026-10-01", "due_time": "19:59:59", "owner_id": NEW_YORK},
    "due at noon, in words": {**OPEN, "due_date": "2026-10-05", "due_time": "noon", "owner_id": NEW_YORK},
    "with a person whose name holds a NUL": {
        **DONE,
        "person_id": None,
        "participants": [{"person_id": 8, "primary": True, "name": "Nul\0"}],
        "location": {"value": "C:\\u0000"},
    },
}
"""Done at no time, of nobody known, of odd types and lengths, at one moment, on other days elsewhere."""
FIRST = 40
NUMBERS = {name: FIRST + place for place, name in enumerate(ACTIVITIES)}
"""The ids that they get."""

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
"""Won and lost in one second, open with a past, won at no time, of no value or currency, in no known stage."""


def plant(crm: Sandbox) -> None:
    """Change what the sandbox holds, before it is first loaded."""
    for name, odd in ACTIVITIES.items():
        change(crm, "activities", NUMBERS[name], **odd)
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
