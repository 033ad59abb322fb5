"""Activities as an account would hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sources.deskera.sandbox.people import zone_of
from sources.deskera.sandbox.times import duration, minutes, span
from sources.sandbox import names, phrases
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from sources.sandbox.store import Record

TYPES: Final = ("call", "meeting", "task", "deadline", "email", "lunch")
VISIBILITIES: Final = ("team", "private", "public")
TENANT: Final = 64797
SOURCES: Final = (("WEB", "1"), ("WEB", "1"), ("API", ""), ("MOBILE", "2"))
NO_SPAN: Final = 4
UNOWNED: Final = 5
NO_ZONE: Final = 6
"""The activities that surely are what some are by chance."""


@dataclass(frozen=True)
class Links:
    """What an activity belongs to; 0: no deal."""

    owner_id: int
    assignee_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    organization_ids: tuple[int, ...] = ()
    deal_id: int = 0


@dataclass(frozen=True)
class Texts:
    """Ready-made subjects, which want a name, and notes."""

    subjects: Sequence[str]
    notes: Sequence[str | None]


def activity(
    record_id: int,
    *,
    links: Links,
    created: str,
    updated: str,
    day: str,
    done: bool,
    texts: Texts,
    rng: Random,
) -> Record:
    """Make up an activity that begins on a day, or at no time at all."""
    r = rng.random
    start, end = (None, None) if record_id == NO_SPAN or chance(r, 0.01) else span(day, rng)
    source, source_id = pick(r, SOURCES)
    owner_id = 0 if record_id == UNOWNED or chance(r, 0.003) else links.owner_id
    return {
        "id": record_id,
        "name": _name(record_id, r, texts),
        "activity_type": TYPES[record_id - 1] if record_id <= len(TYPES) else pick(r, TYPES),
        "duration": duration(record_id, minutes(start, end)),
        "notes": _notes(record_id, r, texts),
        "visibility_type": pick(r, VISIBILITIES),
        "is_availability": pick(r, (None, None, True, False)),
        "is_send_invitation": chance(r, 0.4),
        "is_send_contacts_invitation": chance(r, 0.2),
        "assigned_to": "",
        "assignee_ids": links.assignee_ids,
        "contact_ids": links.contact_ids,
        "organization_ids": links.organization_ids,
        "linked_to": links.deal_id,
        "owner_id": owner_id,
        "tenant_id": TENANT,
        "is_status": done,
        "created_at": created,
        "updated_at": updated,
        "created_by": links.owner_id,
        "updated_by": links.owner_id,
        "is_deleted": False,
        **mailing(record_id),
        "source": source,
        "source_id": source_id,
        "user_timezone": "" if record_id == NO_ZONE or chance(r, 0.02) else zone_of(links.owner_id),
        "start": start,
        "end": end,
    }


def mailing(record_id: int) -> Record:
    """Return what the CRM notes of mails it sends; the first of them it spells in two ways."""
    return {
        "EmailSent" if record_id % 4 else "email_sent": "NEW" if record_id % 5 else "SENT",
        "consumer_id": "",
        "scheduled_status": "",
        "batch_id": "",
        "cron_status": "NEW",
        "notification_error": "",
    }


def _name(record_id: int, random: Callable[[], float], texts: Texts) -> str:
    """Choose a phrase with a name, mostly; the smallest account has every strange text once."""
    strange = phrases.STRANGE_SUBJECTS
    if record_id <= len(strange):
        return strange[record_id - 1]
    if chance(random, 0.01):
        return pick(random, strange)
    who = pick(random, names.LAST_NAMES) if chance(random, 0.4) else pick(random, names.COMPANY_HEADS)
    return pick(random, texts.subjects).format(who)


def _notes(record_id: int, random: Callable[[], float], texts: Texts) -> str:
    """Choose HTML, or nothing; the smallest account has every strange note once."""
    strange = phrases.STRANGE_NOTES
    return strange[record_id - 1] if record_id <= len(strange) else pick(random, texts.notes) or ""
