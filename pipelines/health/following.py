"""How stands what is beside the loads: the tables that are built, pushes, the login. Pure, from rows to problems."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.health.facts import Facts
from pipelines.health.judging import listed
from pipelines.health.problem import Problem

SENT = {
    "refused": "refused by the CRM",
    "unknown": "of which the answer was lost",
    "conflict": "in conflict with what somebody changed in the CRM",
}
DAYS_LEFT = 14
"""Days before a login ends, from when on one is told."""
UNHARMED = "Nothing was written twice, and ops.push_ledger tells what was sent."


def transforms(
    runs: Sequence[Mapping[str, Any]], published: datetime | None, *, is_under_way: bool
) -> Iterator[Problem]:
    """What is wrong with the reporting tables; the latest run of the transforms tells."""
    latest = runs[0] if runs else {}
    as_of = (
        f"what was before stays, as of {published:%Y-%m-%d %H:%M} UTC" if published else "nothing was before"
    )
    safe = f"The raw tables are loaded. Nothing was published: {as_of}."
    if latest.get("status") == "failed":
        names = [one.split(".")[2] for one in json.loads(latest["unsettled"] or "[]") if one.count(".") > 1]
        yield Problem(
            "tables_failed",
            "failed",
            f"{len(names)} tests or models of the reporting tables failed: {listed(names)}."
            if names
            else "the reporting tables could not be built or published.",
            safe,
            "`roundtrip transform` shows the rows and a query for each. What the day's snapshots would have said is "
            "lost unless it is mended before the next load.",
            measure=len(names),
        )
    elif latest.get("status") == "killed" or (latest.get("status") == "running" and not is_under_way):
        yield Problem(
            "tables_killed",
            "failed",
            "the last build of the reporting tables was killed before its end.",
            safe,
            "`roundtrip transform` builds them.",
        )


def pushes(crm: str, push: Mapping[str, Any] | None, facts: Facts) -> Iterator[Problem]:
    """What is wrong with one CRM's pushes; `push` is what `status` shows of them."""
    opened: dict[str, Counter[str]] = {}
    for row in push["open"] if push else ():
        opened.setdefault(row["target"], Counter())[row["outcome"]] += 1
    told = {name: {kind: counts[kind] for kind in SENT if counts[kind]} for name, counts in opened.items()}
    for target, counts in told.items():
        if counts:
            what = ", ".join(f"{count:,} {SENT[kind]}" for kind, count in counts.items())
            yield Problem(
                "push_open",
                "partial",
                f"rows of {target} are not in the CRM: {what}.",
                f"{UNHARMED} What was refused is tried again, later and later.",
                "`roundtrip status` shows the keys and the reasons; correct the rows, or the records in the CRM.",
                crm,
                target,
                measure=sum(counts.values()),
            )
    yield from _run(crm, facts, is_told=any(told.values()))


def _run(crm: str, facts: Facts, *, is_told: bool) -> Iterator[Problem]:
    """The last push itself, where its rows do not say it all."""
    run = facts.latest.get("push", {})
    if run.get("status") in ("failed", "killed") or (
        run.get("status") == "running" and not facts.is_under_way
    ):
        yield Problem(
            "push_failed",
            "failed",
            "the last push failed or was killed before its end.",
            f"{UNHARMED} What was loaded and published stays.",
            "`roundtrip status` tells why. `roundtrip push` shows what is left to send, `--apply` sends it.",
            crm,
        )
    elif run.get("status") == "partial" and not is_told:
        yield Problem(
            "push_held_back",
            "partial",
            "the last push did not send all: a valve or a failing test stopped it, or the tokens were spent.",
            UNHARMED,
            "`roundtrip push` shows the plan, and what would allow it.",
            crm,
        )


def login(crm: str, found: Mapping[str, Any] | None) -> Iterator[Problem]:
    """What is wrong with the login to one CRM; `found` is what `status` shows of it."""
    left = (found or {}).get("days_left")
    if not found or not found["in_use"] or left is None or left >= DAYS_LEFT:
        return
    what = "has ended" if left < 0 else f"ends in {left:.0f} days, unless something is read before"
    yield Problem(
        "login_ends",
        "failed" if left < 0 else "partial",
        f"the login {what}.",
        "What was read is kept; nothing more can be read or pushed once it has ended.",
        f"`roundtrip login {crm}` logs in anew. A login that a nightly job uses does not end.",
        crm,
    )
