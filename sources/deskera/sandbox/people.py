"""The people and organizations of an account; some of the people, other CRMs know too, and spell otherwise."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from sources.sandbox import names
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from sources.sandbox.crm import Acquaintance
    from sources.sandbox.store import Record

ZONES: Final = (
    *("Asia/Singapore", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Europe/London"),
    *("Australia/Adelaide", "Pacific/Auckland"),
)
LABELS: Final = ((0, "No label"), (0, "No label"), (0, "No label"), (1, "Customer"), (2, "Hot lead"))
COUNTRY_CODES: Final = ("+232", "+65", "+49", "+1", "")
LOCAL_DIGITS: Final = 8
SPELLINGS: Final = 7
TWICE: Final = 5
"""The fifth acquaintance is there twice."""


def users(count: int) -> Iterator[Record]:
    """List the users; they work with the other CRM too, by the same addresses."""
    for number in range(1, count + 1):
        address = f"user{number}@sandbox.example.com"
        yield {
            "id": number,
            "first_name": names.FIRST_NAMES[number % 60],
            "last_name": names.LAST_NAMES[number * 7 % 60],
            "email": address if number % 3 else address.replace("user", "User"),
            "country_code": "+65" if number % 4 == 0 else "",
            "contact": f"{8000_0000 + number}" if number % 4 == 0 else "",
            "profile_url": "",
        }


def zone_of(user_id: int) -> str:
    """Return the time zone a user works in."""
    return ZONES[user_id % len(ZONES)]


def contact(record_id: int, kind: str, **known: object) -> Record:
    """Fill up a contact; what is not known is empty, never null."""
    return {
        "id": record_id,
        "name": "",
        "email": "",
        "phone": "",
        "country_code": "",
        "address": "",
        "type": kind,
        "organization_id": 0,
        "label_id": 0,
        "label": {"name": LABELS[0][1]},
        "logo": "",
        **known,
    }


def persons(rng: Random, first: int, homes: list[int], known: Iterable[Acquaintance]) -> Iterator[Record]:
    """Make up a person for each home, an organization's id or 0; two of five of them are known elsewhere."""
    acquaintances = _met(islice(known, len(homes) * 2 // 5))
    for number, home in enumerate(homes):
        friend = next(acquaintances, None) if number % 2 else None
        reached = friend if friend is not None else stranger(rng, number)
        label_id, label = pick(rng.random, LABELS)
        yield contact(
            first + number,
            "person",
            **reached,
            organization_id=home,
            label_id=label_id,
            label={"name": label},
        )


def stranger(rng: Random, number: int) -> Record:
    """Make up a person whom nobody else knows; some can be reached by mail only, some not at all."""
    r = rng.random
    given, family = pick(r, names.FIRST_NAMES), pick(r, names.LAST_NAMES)
    local = f"{names.slug(given)}.{names.slug(family)}.d{number}"
    phone = f"({int(200 + r() * 700)}) {int(r() * 10**3):03}-{int(r() * 10**4):04}"
    return {
        "name": f"{given} {family}",
        "email": f"{local}@{pick(r, names.MAIL_HOSTS)}" if chance(r, 0.7) else "",
        "phone": phone if chance(r, 0.6) else "",
        "country_code": pick(r, COUNTRY_CODES),
        "address": pick(r, names.PLACES).city + " " if chance(r, 0.4) else "",
    }


def organization(rng: Random, record_id: int) -> Record:
    """Make up an organization."""
    r = rng.random
    name = names.company(rng)
    return contact(
        record_id,
        "organization",
        name=name,
        email=f"info@{names.slug(name)}.example" if chance(r, 0.5) else "",
        address=pick(r, names.PLACES).country + " " if chance(r, 0.6) else "",
    )


def _met(known: Iterable[Acquaintance]) -> Iterator[Record]:
    """Spell those of whom something is known."""
    reachable = (one for one in known if one.email or one.phone)
    for number, one in enumerate(reachable):
        yield spelled(one, number)
        if number == TWICE:
            yield spelled(one, number)


def spelled(one: Acquaintance, number: int) -> Record:
    """Spell an acquaintance in one of the ways that people do.

    The address in capitals or with blanks around it, the number with brackets or with its country apart; one of the
    two missing, or another one's.
    """
    code, local = one.phone[:3], one.phone[3:].strip()
    grouped = f"{code}({local[:3]}) {local[3:5]}-{local[5:]}" if local else ""
    ways: tuple[dict[str, str], ...] = (
        {"email": one.email.upper(), "phone": ""},
        {"email": f" {one.email} " if one.email else "", "phone": grouped},
        {"email": "", "phone": grouped},
        {"email": "", "phone": local, "country_code": code if local else ""},
        {"email": f"private{number}@example.org", "phone": f"{one.phone.replace(' ', '-')}"},
        {"email": one.email, "phone": one.phone},
        {"email": one.email.title(), "phone": f"00{code[1:]} {local}" if local else ""},
    )
    return {"name": one.name, "country_code": "", **ways[number % SPELLINGS]}
