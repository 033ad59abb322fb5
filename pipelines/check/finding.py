"""What a check tells: one finding for each thing it looked at, with a remedy where something is not as it should be."""

from dataclasses import dataclass
from typing import Literal

from sources.errors import RoundtripError

Level = Literal["ok", "warning", "problem"]
"""`warning`: a run works, but not as well as it could; `problem`: a run, or a part of it, would fail."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and how it stands."""

    area: str
    level: Level
    message: str
    remedy: str = ""
    crm: str = ""
    """Whose it is; empty where it is the same for all."""


def ok(area: str, message: str, crm: str = "") -> Finding:
    """All is well with it."""
    return Finding(area, "ok", message, crm=crm)


def warning(area: str, message: str, remedy: str, crm: str = "") -> Finding:
    """A run works all the same."""
    return Finding(area, "warning", message, remedy, crm)


def problem(area: str, message: str, remedy: str, crm: str = "") -> Finding:
    """A run would fail."""
    return Finding(area, "problem", message, remedy, crm)


def failing(area: str, error: RoundtripError, crm: str = "", named: str = "") -> Finding:
    """An error as the problem that it would be for a run; `named` is what it concerns."""
    request = f" (request {error.request_id})" if error.request_id else ""
    return Finding(area, "problem", f"{named}{error.message}{request}", error.way_out, crm)
