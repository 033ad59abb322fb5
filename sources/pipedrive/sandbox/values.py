"""Values of custom fields, each in the shape that v2 gives its field type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sources.sandbox.names import FIRST_NAMES, PLACES, STREETS
from sources.sandbox.phrases import DEAL_TAILS, NOTE_SENTENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from sources.sandbox.store import Record

FILLED: Final = 0.35
"""The share of custom fields that have a value."""
ZONE_IDS: Final = ((217, "Europe/Berlin"), (230, "Europe/Tallinn"), (88, "America/New_York"))


@dataclass(frozen=True)
class Referable:
    """What the values of a custom field may refer to."""

    users: tuple[int, ...]
    organizations: int
    persons: int
    currencies: tuple[str, ...]
    days: tuple[str, ...]


def address(rng: Random, *, formatted: bool = False) -> Record:
    """Make up an address taken apart; the combined line is served with custom fields only."""
    place, street = rng.choice(PLACES), rng.choice(STREETS)
    number = str(rng.randrange(1, 200))
    line = f"{street} {number}, {place.postal_code} {place.city}, {place.country}"
    combined = {"formatted_address": line} if formatted else {}
    return {
        "value": line,
        "country": place.country,
        "admin_area_level_1": place.region,
        "admin_area_level_2": rng.choice((None, place.region)),
        "locality": place.city,
        "sublocality": rng.choice((place.district, None, "")),
        "route": street,
        "street_number": number,
        "subpremise": rng.choice(("Apt 1", None, None, "")),
        "postal_code": place.postal_code,
        **combined,
    }


def _clock(rng: Random) -> str:
    return f"{rng.randrange(7, 18):02}:{rng.choice((0, 15, 30, 45)):02}:00"


def _zoned(rng: Random, *keys: str) -> Record:
    zone_id, zone = rng.choice(ZONE_IDS)
    times = sorted(_clock(rng) for _ in keys)
    return {**dict(zip(keys, times, strict=True)), "timezone_id": zone_id, "timezone_name": zone}


def _daterange(rng: Random, known: Referable) -> Record:
    first, last = sorted((rng.choice(known.days), rng.choice(known.days)))
    return {"value": first, "until": last}


def _set(rng: Random, ids: Sequence[int]) -> list[int]:
    return sorted(rng.sample(ids, rng.randint(1, min(3, len(ids)))))


def _options(field: Record) -> list[int]:
    return [option["id"] for option in field["options"]]


SHAPES: Final[dict[str, Callable[[Random, Referable, Record], Any]]] = {
    "varchar": lambda rng, _, __: rng.choice(
        (f"REF-{rng.randrange(10**5):05}", f"№ {rng.randrange(999)}/B", "n/a", '"x"')
    ),
    "varchar_auto": lambda rng, _, __: f"{rng.choice(FIRST_NAMES)} & Partner",
    "text": lambda rng, _, __: f"{rng.choice(NOTE_SENTENCES)}\n{rng.choice(DEAL_TAILS)}",
    "double": lambda rng, _, __: rng.choice((round(rng.uniform(-20, 90), 2), 12.5, 0)),
    "int": lambda rng, _, __: rng.randrange(500),
    "boolean": lambda rng, _, __: rng.choice((True, False)),
    "monetary": lambda rng, known, _: {
        "value": rng.choice((rng.randrange(90_000), round(rng.uniform(0, 9000), 2))),
        "currency": rng.choice(known.currencies),
    },
    "date": lambda rng, known, _: rng.choice(known.days),
    "daterange": lambda rng, known, _: _daterange(rng, known),
    "time": lambda rng, _, __: _zoned(rng, "value"),
    "timerange": lambda rng, _, __: _zoned(rng, "value", "until"),
    "enum": lambda rng, _, field: rng.choice(_options(field)),
    "set": lambda rng, _, field: _set(rng, _options(field)),
    "user": lambda rng, known, _: rng.choice(known.users),
    "org": lambda rng, known, _: rng.randint(1, known.organizations),
    "people": lambda rng, known, _: rng.randint(1, known.persons),
    "phone": lambda rng, _, __: f"+372 5{rng.randrange(10**6):06}",
    "address": lambda rng, _, __: address(rng, formatted=True),
}


def custom_value(rng: Random, known: Referable, field: Record) -> Any:
    """Make up a value as this field would hold it."""
    return SHAPES[field["field_type"]](rng, known, field)


def custom_values(
    rng: Random, known: Referable, fields: Sequence[Record], *, filled: float = FILLED
) -> Record:
    """Make up all custom fields of one record: every key present, most of them null."""
    return {
        field["field_code"]: custom_value(rng, known, field) if rng.random() < filled else None
        for field in fields
    }


def custom_pool(rng: Random, known: Referable, fields: Sequence[Record], count: int) -> list[Record]:
    """Make up many records' custom fields: the first has every value set, the second none."""
    share = {0: 1.0, 1: 0.0}
    return [custom_values(rng, known, fields, filled=share.get(n, FILLED)) for n in range(count)]
