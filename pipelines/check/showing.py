"""The findings, for a person and for a machine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pipelines import console
from pipelines.check.finding import Finding, Level
from pipelines.check.reach import Reached
from pipelines.several import document

if TYPE_CHECKING:
    from pipelines.check import Checked

STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}
GENERAL = "warehouse and files"


def summary(found: "Checked") -> dict[str, Any]:
    """Everything that was found, as one document: `findings`, and of each CRM what it said."""
    parts = [_of_crm(name, found) for name in found.asked]
    return {**document(parts), "well": found.well, "findings": [asdict(one) for one in found.findings]}


def _of_crm(name: str, found: "Checked") -> dict[str, Any]:
    own = [one for one in found.findings if one.crm == name and one.level == "problem"]
    answered = next((one for one in found.reached if one.settings.crm.name == name), None)
    return {"crm": name, "well": not own, **(_answers(answered) if answered else {"problem": own[0].message})}


def _answers(reached: Reached) -> dict[str, Any]:
    account = reached.account
    return {
        "user": account.user,
        "company": account.company,
        "admin": account.is_admin,
        "server_time": account.server_time.isoformat(),
        "clock_ahead_seconds": round(reached.ahead, 1),
        "tokens_left_today": reached.tokens_left,
        "daily_tokens": reached.daily_tokens,
        "requests_per_2_seconds": reached.burst,
        "tokens_spent": reached.tally.tokens,
        "lists": [
            {
                "entity": one.entity,
                "path": one.path,
                "reached": one.problem is None,
                "skipped": one.skipped,
                "problem": str(one.problem) if one.problem else None,
                "undeclared_fields": list(one.drift),
            }
            for one in reached.reach
        ],
    }


def show(found: "Checked") -> None:
    """Print the findings: what is well in short, what is not with what to do."""
    by_crm = sorted(found.findings, key=lambda one: (not one.crm, one.crm))
    for crm, own in groupby(by_crm, lambda one: one.crm):
        console.OUT.print(Text(crm or GENERAL, "bold"))
        for area, of_area in groupby(own, lambda one: one.area):
            _show_area(area, list(of_area))
    _conclude([one.level for one in found.findings])


def _conclude(levels: Sequence[Level]) -> None:
    counted = Counter(levels)
    named: tuple[Level, ...] = ("problem", "warning")
    told = [f"{counted[level]} {level}{'s' * (counted[level] > 1)}" for level in named if counted[level]]
    worst = next((level for level in named if counted[level]), "ok")
    console.OUT.print(Text(f"{' and '.join(told) or 'All is well'}.", STYLES[worst]))


def _show_area(area: str, findings: Sequence[Finding]) -> None:
    """A line each; of several lists that are well, one line for all."""
    well = [one for one in findings if one.level == "ok"]
    for one in _together(area, well) if area == "lists" else well:
        _line(area, one)
    for one in findings:
        if one.level != "ok":
            _line(area, one)


def _together(area: str, well: Sequence[Finding]) -> list[Finding]:
    reached = [one for one in well if one.message.endswith(" is reached.")]
    names = dict.fromkeys(one.message.split(":")[0] for one in reached)
    told = [Finding(area, "ok", f"{len(reached)} lists are reached: {', '.join(names)}.")] if reached else []
    return told + [one for one in well if one not in reached]


def _line(area: str, one: Finding) -> None:
    line = Text(f"  {one.level:<8}", STYLES[one.level]) + Text(f"{area:<10}{one.message}", "")
    console.OUT.print(line, soft_wrap=True)
    if one.remedy and one.level != "ok":
        console.OUT.print(Text(f"{'':<20}→ {one.remedy}"), soft_wrap=True)
