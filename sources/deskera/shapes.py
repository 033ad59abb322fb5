"""From Deskera's records to rows: what it tells in more than one way, in one. Pure."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from sources.entity import Shape

DURATION = re.compile(r"(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?", re.IGNORECASE)
"""`1h 21m`, and parts of it."""
NO_TIME = "0001-01-01T00:00:00"
"""How a time that was never set looks when it is told all the same."""


def minutes(told: str | float | None) -> int | None:
    """A duration in minutes; None where the text says none that we know."""
    if told is None or isinstance(told, int | float):
        return None if told is None else round(told)
    text = told.strip()
    if text.isdecimal():
        return int(text)
    found = DURATION.fullmatch(text)
    if not found or not text:
        return None
    days, hours, rest = (int(one or 0) for one in found.groups())
    return (days * 24 + hours) * 60 + rest


def activity(row: Any) -> None:
    """One spelling of `EmailSent`, and the duration as a text and in minutes."""
    row.duration_minutes = minutes(row.duration)
    if row.duration is not None:
        row.duration = str(row.duration)
    if row.email_sent is None:
        row.email_sent = row.EmailSent
    for name in ("start", "end"):
        setattr(row, name, _known(getattr(row, name)))


def deal(row: Any) -> None:
    """The amount, which is a text as a rule."""
    told = msgspec.json.decode(row.amount) if row.amount else None
    try:
        row.amount = None if told is None or told == "" else Decimal(str(told))
    except InvalidOperation:
        raise ValueError(f"amount: {told!r} is no number") from None
    row.closing_date, row.created_at = _known(row.closing_date), _known(row.created_at)


def _known(time: str | None) -> str | None:
    return None if time is None or time.startswith(NO_TIME) else time


ACTIVITY = Shape({"duration": str | int | float | None, "EmailSent": str | None}, activity)
DEAL = Shape(
    dict.fromkeys(("amount", "stage", "contact_info", "organization_info", "owner_info"), msgspec.Raw), deal
)
"""What else stands within a deal has a table of its own."""
