"""Deals, and the stages they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sources.deskera.sandbox.times import in_utc
from sources.sandbox import names, phrases
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from sources.sandbox.store import Record

PIPELINES: Final = (
    (
        ("Appointment Scheduled", 20, 30, "open"), ("Qualified To Buy", 40, 30, "open"),
        ("Presentation Scheduled", 60, 14, "open"), ("Contract Sent", 90, 10, "open"),
        ("Closed Won", 100, 0, "won"), ("Closed Lost", 0, 0, "lost"),
    ),
    (
        ("Renewal due", 50, 60, "open"), ("Angebot gesendet", 75.5, 14, "open"),
        ("Verlängert", 100, 0, "won"), ("Gekündigt", 0, 0, "lost"),
    ),
)  # fmt: skip
CURRENCIES: Final = ("USD", "EUR", "SGD", "INR", "JPY")
CHANCES: Final = {"open": 0.5, "won": 0.8, "lost": 1.0}


def stages() -> Iterator[Record]:
    """List the stages of both pipelines."""
    rows = [
        (pipe, nr, *stage) for pipe, group in enumerate(PIPELINES, 1) for nr, stage in enumerate(group, 1)
    ]
    for number, (pipeline, order, name, probability, rotting, status) in enumerate(rows, 1):
        yield {
            "id": number,
            "pipeline_id": pipeline,
            "order": order,
            "name": name,
            "deal_probability": probability,
            "rotting_days": rotting,
            "help_text": name,
            "system_generated": order == 1,
            "won_lost_status": status,
        }


def deal(
    deal_id: int,
    *,
    stage: Record,
    contact: Record,
    organization_id: int,
    owner_id: int,
    created: str,
    rng: Random,
) -> Record:
    """Make up a deal."""
    r = rng.random
    lost = stage["won_lost_status"] == "lost"
    return {
        "id": deal_id,
        "name": f"{pick(r, names.COMPANY_HEADS)} {pick(r, phrases.DEAL_TAILS)}",
        "pipeline_id": stage["pipeline_id"],
        "stage_id": stage["id"],
        "contact_id": contact.get("id", 0),
        "organization_id": organization_id,
        "mobile": contact.get("phone", ""),
        "email": contact.get("email", ""),
        "currency_code": pick(r, CURRENCIES),
        "amount": amount(r),
        "closing_date": f"{created[:10]}T00:00:00Z" if chance(r, 0.8) else None,
        "status": 0,
        "activity_id": 0,
        "order": 0,
        "stage_name": "",
        "deal_probability": 0,
        "rotting_days": 0,
        "owner_id": owner_id,
        "is_deleted": False,
        "reason": pick(r, phrases.LOST_REASONS) if lost else "",
        "custom_field": custom_field(r),
        "created_at": in_utc(created),
    }


def amount(random: Callable[[], float]) -> str:
    """Make up an amount, which is a text."""
    if chance(random, 0.1):
        return "0"
    return f"{random() ** 3 * 90_000:.2f}" if chance(random, 0.5) else f"{int(random() * 90) * 500}"


def custom_field(random: Callable[[], float]) -> list[dict[str, Any]]:
    """Make up the custom field that the account has."""
    value = pick(random, ("", "", "A", "B", "Müller & Söhne"))
    return [{"code": "D-0000008", "label": "CF01", "value": value, "module": "", "shortName": "CF01"}]


def some_stage(stages: list[Record], random: Callable[[], float], status: str = "") -> Record:
    """Choose a stage; half of all deals are open, and more of the others are won than lost."""
    chosen = random()
    wanted = status or next(name for name, most in CHANCES.items() if chosen < most)
    return pick(random, [stage for stage in stages if stage["won_lost_status"] == wanted])
