"""Organizations and persons as an account would hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sources.sandbox import names
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from random import Random

    from sources.pipedrive.sandbox.setting import Setting
    from sources.sandbox.store import Record

RICH: Final = 1
BARE: Final = 2
"""The records that surely have everything, and nothing that can be missing."""
VISIBLE_TO: Final = (3, 3, 3, 1, 5, 7)
LABEL_SETS: Final[tuple[list[int], ...]] = ([], [], [1], [2], [3], [1, 4])
MAIL_LABELS: Final = ("work", "work", "home", "other", "")
PHONE_LABELS: Final = ("work", "mobile", "home", "other", "")
MESSENGERS: Final = ("skype", "whatsapp", "icq")


def organization(
    org_id: int, *, setting: Setting, rng: Random, added: str, updated: str | None, custom: Record
) -> Record:
    """Make up an organization; half of them have no more than a name and an owner."""
    r = rng.random
    rich = org_id == RICH or (org_id != BARE and chance(r, 0.5))
    name = names.company(rng)
    slug = names.slug(name)
    return {
        "id": org_id,
        "name": name,
        "owner_id": pick(r, setting.users),
        "add_time": added,
        "update_time": updated,
        "is_deleted": False,
        "visible_to": pick(r, VISIBLE_TO),
        "address": setting.addresses[int(r() * (len(setting.addresses) - 1))]
        if rich or (org_id != BARE and chance(r, 0.2))
        else None,
        "label_ids": pick(r, LABEL_SETS),
        "website": f"https://www.{slug}.example" if rich else None,
        "linkedin": f"https://linkedin.com/company/{slug}" if rich else None,
        "industry": int(1 + r() * 5) if rich else None,
        "annual_revenue": int(r() * 50_000) * 1000 if rich else None,
        "employee_count": int(1 + r() * r() * 4000) if rich else None,
        "custom_fields": custom,
    }


def person(
    person_id: int,
    *,
    org_id: int | None,
    setting: Setting,
    rng: Random,
    added: str,
    updated: str | None,
    custom: Record,
) -> Record:
    """Make up a person; some go by a single name, some can be reached in many ways, some in none."""
    r = rng.random
    first = pick(r, names.FIRST_NAMES)
    last = None if person_id == BARE or chance(r, 0.06) else pick(r, names.LAST_NAMES)
    return {
        "id": person_id,
        "name": f"{first} {last}" if last else first,
        "first_name": first,
        "last_name": last,
        "owner_id": pick(r, setting.users),
        "org_id": org_id,
        "add_time": added,
        "update_time": updated,
        "emails": _emails(rng, person_id, first, last),
        "phones": _phones(rng, person_id),
        "is_deleted": False,
        "visible_to": pick(r, VISIBLE_TO),
        "label_ids": pick(r, LABEL_SETS),
        "picture_id": int(1 + r() * 900) if chance(r, 0.1) else None,
        "custom_fields": custom,
        **_contact_sync(rng, person_id, setting),
    }


def _contact_sync(rng: Random, person_id: int, setting: Setting) -> Record:
    """Add what v2 shows where contacts are synchronised: mostly empty."""
    r = rng.random
    rich = person_id == RICH or chance(r, 0.15)
    return {
        "notes": "Met at the fair & promised a sample.\nLikes tea." if rich else None,
        "im": _messengers(rng, person_id) if rich else [],
        "birthday": f"{1955 + int(r() * 50)}-{1 + int(r() * 12):02}-{1 + int(r() * 28):02}" if rich else None,
        "job_title": pick(r, names.JOB_TITLES) if rich or chance(r, 0.4) else None,
        "postal_address": pick(r, setting.addresses[:-1]) if rich else None,
    }


def _emails(rng: Random, person_id: int, first: str, last: str | None) -> list[Record]:
    count = _count(rng, person_id)
    local = f"{names.slug(first)}.{names.slug(last or 'x')}{person_id}"
    hosts = names.MAIL_HOSTS
    return [
        {
            "value": f"{local}@{hosts[(person_id + n) % len(hosts)]}",
            "primary": n == 0,
            "label": pick(rng.random, MAIL_LABELS),
        }
        for n in range(count)
    ]


def _phones(rng: Random, person_id: int) -> list[Record]:
    count, r = _count(rng, person_id), rng.random
    return [
        {
            "value": f"+{30 + int(r() * 60)} {int(r() * 10**8):08}",
            "primary": n == 0,
            "label": pick(r, PHONE_LABELS),
        }
        for n in range(count)
    ]


def _count(rng: Random, person_id: int) -> int:
    """Choose how many addresses: the first person has three, the second none, as do some others."""
    return {RICH: 3, BARE: 0}.get(person_id, pick(rng.random, (0, 1, 1, 1, 1, 2, 3)))


def _messengers(rng: Random, person_id: int) -> list[Record]:
    kinds = MESSENGERS[: 1 + int(rng.random() * 2)]
    return [{"value": f"user{person_id}", "primary": n == 0, "label": kind} for n, kind in enumerate(kinds)]
