"""A problem: what happened, what is safe all the same, what to do; and how grave it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["failed", "partial", "notice"]
"""As the exit codes: 1, 3, and 0 for what one should know though nothing is wrong with the data."""
EXIT: dict[Severity, int] = {"failed": 1, "partial": 3, "notice": 0}


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be. It names tables, ids and counts, and nothing that stands in a record."""

    kind: str
    severity: Severity
    what: str
    safe: str
    remedy: str
    crm: str = ""
    """Whose it is; empty where it is of all."""
    subject: str = ""
    """What it is about: a table, a push, a command."""
    measure: int = 0
    """How much of it there is, where it can grow."""
    marks: tuple[str, ...] = ()
    """Of what happened at one time: what tells it from the next such things. They are never mended, only past."""

    @property
    def keys(self) -> list[str]:
        """What it is known by from night to night; of several things that happened, each."""
        place = "/".join(filter(None, (self.crm or "all", self.kind, self.subject)))
        return [f"{place}/{mark}" for mark in self.marks] or [place]

    @property
    def told(self) -> str:
        """What happened, with whose it is."""
        return f"{self.crm}: {self.what}" if self.crm else self.what


def healthy(problems: Collection[Problem]) -> bool:
    """Whether nothing is wrong."""
    return exit_code(problems) == 0


def exit_code(problems: Collection[Problem]) -> int:
    """1 when anything failed, else 3 when anything is done in part only, else 0."""
    worst = {EXIT[one.severity] for one in problems}
    return next((code for code in (1, 3) if code in worst), 0)


def summary(one: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    told = (one.crm, one.kind, one.subject, one.severity, one.what, one.safe, one.remedy)
    return dict(zip(("crm", "kind", "subject", "severity", "what", "safe", "remedy"), told, strict=True))
