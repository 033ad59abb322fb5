"""What a command's end says by itself, also where it came to no record in the warehouse. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.health import Problem, exit_code
from pipelines.health.judging import KEPT, cause
from sources.errors import Busy, RoundtripError, UsageError

INTERRUPTED = 130
BY_COMMAND = ("command_failed", "command_busy", "command_partial")
"""Problems that only the same command finds to be over."""
ADDRESS = re.compile(r"\S+@\S+")
SAID = re.compile(r"(answered \d{3}): .*")
"""What a CRM says is its own text, and may quote what stands in a record."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    command: str
    begun_at: datetime
    code: int
    error: RoundtripError | None = None

    @property
    def is_done(self) -> bool:
        """Whether it did its work, or a part of it."""
        return self.code in (0, 3)


def problem_of(
    outcome: Outcome, parts: Sequence[Mapping[str, Any]], found: Sequence[Problem]
) -> Problem | None:
    """The problem that it ended with, unless the records tell it: `parts` and `found` are of `status`."""
    if outcome.code in (0, INTERRUPTED):
        return None
    if isinstance(outcome.error, Busy):
        return _problem(
            outcome,
            "command_busy",
            f"{_named(outcome)} could not begin, again and again: {_message(outcome.error)}",
            outcome.error.way_out,
        )
    if outcome.error is None and exit_code(found) == 0:
        return _problem(
            outcome,
            "command_partial" if outcome.is_done else "command_failed",
            f"{_named(outcome)} ended with exit code {outcome.code}.",
            "Its log tells why, or run it by hand. Is its command line right?",
        )
    if outcome.error is None or _is_on_record(outcome, parts):
        return None
    is_ours = isinstance(outcome.error, UsageError)
    why = _message(outcome.error) if is_ours else _cause(outcome.error)
    way_out = outcome.error.way_out if is_ours else ""
    return _problem(
        outcome,
        "command_failed",
        f"{_named(outcome)} failed: {why}",
        way_out or "Its log tells more; `roundtrip check` tries the settings.",
    )


def _problem(outcome: Outcome, kind: str, what: str, remedy: str) -> Problem:
    remedy = remedy or "Its log tells more."
    if outcome.is_done:
        return Problem(kind, "partial", what, KEPT, remedy, subject=outcome.command)
    return Problem(kind, "failed", what, KEPT, remedy, subject=outcome.command)


def _is_on_record(outcome: Outcome, parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a run that began with it is on record as failed."""
    runs = [run for part in parts for run in (*part["runs"], *part["transforms"])]
    return any(run["started_at"] >= outcome.begun_at and run["status"] == "failed" for run in runs)


def _named(outcome: Outcome) -> str:
    return f"`roundtrip {outcome.command}`"


def _message(error: RoundtripError) -> str:
    """What an error about settings says: our own words, without what somebody else said and without addresses."""
    return ADDRESS.sub("…", SAID.sub(r"\1.", error.message))


def _cause(error: RoundtripError) -> str:
    """Why any other failed, as far as it may be said."""
    root = error.__cause__ or error
    return f"{cause(str(error)) or type(root).__name__}."
