"""Whether all is well: one judgement for `status`, for monitors and for alerts.

    problem.py    what a problem is, and which exit code it makes
    facts.py      the rows that are judged beside those that `status` shows
    judging.py    a CRM's tables
    counts.py     row counts against their past
    following.py  the reporting tables, pushes, and the login

All but `facts` is pure: rows in, problems out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.health import following, judging
from pipelines.health.facts import Facts, read_facts
from pipelines.health.judging import Limits
from pipelines.health.problem import Problem, exit_code, healthy, summary

__all__ = ["Facts", "Limits", "Problem", "exit_code", "healthy", "problems", "read_facts", "summary"]
GRAVEST_FIRST = ("failed", "partial", "notice")


def problems(
    parts: Sequence[Mapping[str, Any]], facts: Mapping[str, Facts], limits: Limits, now: datetime
) -> list[Problem]:
    """Everything that is wrong, the gravest first; `parts` is what `status` shows of each CRM."""
    found: list[Problem] = []
    for part in parts:
        own = facts[part["crm"]]
        found += judging.problems(part, own, limits, now)
        found += following.pushes(part["crm"], part["push"], own)
        found += following.login(part["crm"], part["login"])
    if parts:
        own = facts[parts[0]["crm"]]
        found += following.transforms(parts[0]["transforms"], own.published, is_under_way=own.is_under_way)
    return sorted(found, key=lambda one: GRAVEST_FIRST.index(one.severity))
