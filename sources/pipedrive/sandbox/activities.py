"""Activities as an account would hold them: the texts, times, places and people of two years of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sources.sandbox import names, phrases
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sources.pipedrive.sandbox.setting import Setting
    from sources.sandbox.store import Record

QUARTERS: Final = tuple(f"{hour:02}:{minute:02}" for hour in range(6, 18) for minute in (0, 15, 30, 45))
DURATIONS: Final = ("00:15", "00:30", "00:30", "01:00", "01:30", "08:00", "", None)
NO_TIME: Final = (None, "")
"""An all-day activity has one or the other."""
PRIORITIES: Final = (None, None, None, None, 1, 2, 3)
OUTCOMES: Final = (None, None, None, 1, 2, 3)
ANSWERS: Final = ("accepted", "needsAction", "declined", "tentative")
UNOWNED: Final = 5
PRIVATE: Final = 8
"""The activities that surely are what some are by chance."""
MEETINGS: Final = frozenset({"meeting", "lunch", "site_visit", "demo_en_ligne"})
"""Types that have places and attendees."""


@dataclass(frozen=True)
class Links:
    """What an activity belongs to; the first participant is the primary one."""

    deal_id: int | None = None
    lead_id: str | None = None
    org_id: int | None = None
    project_id: int | None = None
    people: tuple[int, ...] = ()


@dataclass(frozen=True)
class Times:
    """When an activity was added, is due, was done and last changed."""

    added: str
    updated: str | None
    due_date: str | None
    done: str | None


def activity(activity_id: int, *, links: Links, times: Times, setting: Setting, rng: Random) -> Record:
    """Make up an activity, the links and moments of which are given."""
    r = rng.random
    kind = _kind(activity_id, r, setting)
    owner = None if activity_id == UNOWNED or chance(r, 0.004) else pick(r, setting.users)
    due_time, duration = _due(r)
    people = links.people
    return {
        "id": activity_id,
        "subject": _subject(activity_id, r, setting),
        "type": kind,
        "owner_id": owner,
        "creator_user_id": pick(r, setting.users),
        "is_deleted": False,
        "add_time": times.added,
        "update_time": times.updated,
        "deal_id": links.deal_id,
        "lead_id": links.lead_id,
        "person_id": people[0] if people else None,
        "org_id": links.org_id,
        "project_id": links.project_id,
        "due_date": times.due_date,
        "due_time": due_time,
        "duration": duration,
        "busy": bool(due_time) and chance(r, 0.6),
        "done": times.done is not None,
        "marked_as_done_time": times.done,
        **_meeting(rng, kind, owner, setting, activity_id=activity_id, people=people),
        "priority": pick(r, PRIORITIES),
        "outcome": pick(r, OUTCOMES) if times.done else None,
        "private": activity_id == PRIVATE or chance(r, 0.03),
        "note": pick(r, setting.notes),
        "participants": [{"person_id": one, "primary": n == 0} for n, one in enumerate(people)],
    }


def _kind(activity_id: int, random: Callable[[], float], setting: Setting) -> str:
    """Choose a type; the first activities go through all of them, the inactive one included."""
    types = setting.types
    if activity_id <= len(types):
        return types[activity_id - 1]
    return types[int(random() * random() * len(types))]


def _subject(activity_id: int, random: Callable[[], float], setting: Setting) -> str:
    """Choose a phrase with a name, mostly; the smallest account has every strange text once."""
    strange = phrases.STRANGE_SUBJECTS
    if activity_id <= len(strange):
        return strange[activity_id - 1]
    if chance(random, 0.01):
        return pick(random, strange)
    who = pick(random, names.LAST_NAMES) if chance(random, 0.4) else pick(random, names.COMPANY_HEADS)
    return pick(random, setting.subjects).format(who)


def _due(random: Callable[[], float]) -> tuple[str | None, str | None]:
    """Choose a time of day and a duration; two of five are all-day."""
    if chance(random, 0.6):
        return pick(random, QUARTERS), pick(random, DURATIONS)
    return pick(random, NO_TIME), pick(random, NO_TIME)


def _meeting(
    rng: Random, kind: str, owner: int | None, setting: Setting, *, activity_id: int, people: tuple[int, ...]
) -> Record:
    """Add what only meetings have; a call has it as null or as empty strings."""
    r = rng.random
    if kind not in MEETINGS:
        empty = pick(r, NO_TIME)
        return {
            "location": None,
            "conference_meeting_client": empty,
            "conference_meeting_url": empty,
            "conference_meeting_id": empty,
            "public_description": empty,
            "attendees": [],
        }
    return {
        "location": pick(r, setting.addresses),
        **_conference(rng, activity_id),
        "public_description": pick(r, phrases.PUBLIC_DESCRIPTIONS),
        "attendees": _attendees(r, activity_id, owner, people),
    }


def _conference(rng: Random, activity_id: int) -> Record:
    if activity_id % 2:
        return dict.fromkeys(("conference_meeting_client", "conference_meeting_url", "conference_meeting_id"))
    client, url = pick(rng.random, phrases.CONFERENCES)
    meeting_id = f"{rng.getrandbits(40):010x}"
    return {
        "conference_meeting_client": client,
        "conference_meeting_url": url.format(meeting_id),
        "conference_meeting_id": meeting_id,
    }


def _attendees(
    random: Callable[[], float], activity_id: int, owner: int | None, people: tuple[int, ...]
) -> list[Record]:
    """Invite the owner, those who take part, and somebody the CRM knows by mail only."""
    rows = (
        [_attendee(f"user{owner}@sandbox.example.com", f"User {owner}", "accepted", user_id=owner)]
        if owner
        else []
    )
    rows += [
        _attendee(f"p{one}@example.com", f"Person {one}", pick(random, ANSWERS), person_id=one)
        for one in people
    ]
    rows.append(_attendee(f"guest{activity_id}@example.net", None, pick(random, ANSWERS)))
    return rows


def _attendee(
    email: str, name: str | None, status: str, *, user_id: int | None = None, person_id: int | None = None
) -> Record:
    return {
        "email": email,
        "name": name,
        "status": status,
        "is_organizer": user_id is not None,
        "person_id": person_id,
        "user_id": user_id,
    }
