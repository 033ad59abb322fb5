"""Products as an account would hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox.contacts import VISIBLE_TO
from sources.sandbox import names
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from random import Random

    from sources.pipedrive.sandbox.setting import Setting
    from sources.sandbox.store import Record

BILLING: Final = (
    ("one-time", None), ("one-time", None), ("monthly", 12), ("monthly", None), ("annually", 1),
    ("quarterly", 4), ("semi-annually", None), ("weekly", 52),
)  # fmt: skip
UNITS: Final = ("", "", "pcs", "h", "Stück", "m²")
UNPRICED: Final = 2
"""The product without a price."""
CATEGORIES: Final = ("Retail", "Services", None, "Hardware", "Dienstleistung")


def product(
    product_id: int, *, setting: Setting, rng: Random, added: str, updated: str | None, custom: Record
) -> Record:
    """Make up a product; the second has no price, others up to three."""
    r = rng.random
    frequency, cycles = pick(r, BILLING)
    return {
        "id": product_id,
        "name": f"{pick(r, names.PRODUCT_HEADS)} {pick(r, names.PRODUCT_KINDS)} {product_id}",
        "code": f"P-{product_id:05}" if chance(r, 0.8) else None,
        "description": "Sold since 2019 & still <b>loved</b>." if chance(r, 0.3) else None,
        "unit": pick(r, UNITS),
        "tax": pick(r, (0, 19, 20, 8.5)),
        "category": pick(r, CATEGORIES),
        "is_linkable": chance(r, 0.95),
        "is_deleted": False,
        "visible_to": pick(r, VISIBLE_TO),
        "owner_id": pick(r, setting.users),
        "add_time": added,
        "update_time": updated,
        "billing_frequency": frequency,
        "billing_frequency_cycles": cycles,
        "prices": _prices(rng, product_id, setting),
        "custom_fields": custom,
    }


def _prices(rng: Random, product_id: int, setting: Setting) -> list[Record]:
    r = rng.random
    count = 0 if product_id == UNPRICED else 1 + int(r() * 3)
    return [
        {
            "product_id": product_id,
            "price": pick(r, (int(r() * 900), round(r() * 900, 2))),
            "currency": currency,
            "cost": int(r() * 100),
            "direct_cost": int(r() * 50) if chance(r, 0.3) else None,
            "notes": pick(r, ("", "list price 2026", None)),
        }
        for currency in setting.referable.currencies[:count]
    ]
