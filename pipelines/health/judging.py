"""How a CRM's tables stand: pure, from rows to problems."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.health import counts
from pipelines.health.facts import Facts
from pipelines.health.problem import Problem

KEPT = "What was read before is kept, and what was published stays."
GOES_ON = "The next run goes on from there."
MOST_NAMED = 8
"""Of tables or fields in one sentence."""
LATELY = timedelta(days=7)
"""How long one is told of what happened at one time only."""
CAUSES = {
    r"answered (\d{3})": "the CRM answered {}",
    r"cannot reach|no complete answer": "the CRM could not be reached in time",
    r"not a valid|has another type|Expected|expected `": "a value is of another type than declared",
    r"[Pp]ostgres": "Postgres refused it",
    r"firewall": "the CRM's firewall blocked it",
    r"tokens": "the day's tokens are spent",
}
"""Why something failed, as far as a message may say it: an error's own text may quote what stands in a record."""


@dataclass(frozen=True)
class Limits:
    """From where on something is a problem."""

    watermark_hours: float = 36
    row_count_factor: float = 10
    max_share_gone: float = 0.2


def cause(text: str | None) -> str:
    """Why, in words that are ours; empty when there are none."""
    for pattern, told in CAUSES.items():
        if found := re.search(pattern, text or ""):
            return told.format(*found.groups())
    return ""


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, some of them when there are many."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def problems(part: Mapping[str, Any], facts: Facts, limits: Limits, now: datetime) -> Iterator[Problem]:
    """What is wrong with one CRM; `part` is what `status` shows of it."""
    if facts.loads and all(one["rows"] is None for one in part["entities"]):
        return  # somebody has dropped its tables, to be without it
    read = [one for one in part["entities"] if _is_read(one, facts)]
    yield from _failed(part["crm"], read, facts)
    yield from _out_of_tokens(part["crm"], read, facts)
    yield from _too_old(part["crm"], read, limits, now)
    yield from _killed(part["crm"], facts, now)
    yield from _counted(part["crm"], read, facts, limits)
    yield from _drifted(part["crm"], read, facts)
    yield from _fields(part["crm"], facts, now)


def _is_read(entity: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a list is one of those that the nightly job reads; all are, before the first night."""
    return entity["rows"] is not None and (not facts.nightly_at or entity["loaded_at"] >= facts.nightly_at)


def _failed(crm: str, read: Sequence[Mapping[str, Any]], facts: Facts) -> Iterator[Problem]:
    failed = [one for one in read if one["status"] == "failed"]
    run = facts.latest.get("read", {})
    if failed:
        causes = dict.fromkeys(filter(None, (cause(one["problem"]) for one in failed)))
        what = f"{_lists(len(failed))} could not be read: {listed([one['entity'] for one in failed])}"
        yield Problem(
            "lists_failed",
            "failed",
            f"{what}{_because('; '.join(causes))}.",
            f"{KEPT} {GOES_ON}",
            "`roundtrip status` shows the reason of each, `roundtrip check` what the credentials reach.",
            crm,
            measure=len(failed),
        )
    elif run.get("status") == "failed":
        yield Problem(
            "run_failed",
            "failed",
            f"the last {run['command']} failed{_because(cause(run['problem']))}.",
            f"{KEPT} {GOES_ON}",
            "The log of the run and `roundtrip status --json` tell why; `roundtrip check` tries the settings.",
            crm,
        )
    elif run.get("status") == "killed" or (run.get("status") == "running" and not facts.is_under_way):
        yield Problem(
            "run_killed",
            "failed",
            f"the last {run['command']} was killed before its end.",
            f"{KEPT} The next run finishes what it had read, and goes on.",
            "Run it again. Out of memory, a restart, a time limit of the scheduler? The system's log tells.",
            crm,
        )


def _out_of_tokens(crm: str, read: Sequence[Mapping[str, Any]], facts: Facts) -> Iterator[Problem]:
    waiting = [one["entity"] for one in read if one["status"] == "partial"]
    if waiting or facts.latest.get("read", {}).get("status") == "partial":
        told = f"; not read to the end: {listed(waiting)}" if waiting else ""
        yield Problem(
            "budget_spent",
            "partial",
            f"the last run spent the tokens it may{told}.",
            f"{KEPT} {GOES_ON}",
            "Nothing, if it is for once. Else raise max_tokens_a_day or max_share_of_tokens_left, where they are set, "
            "or find out what else uses the company's tokens.",
            crm,
            measure=len(waiting),
        )


def _too_old(crm: str, read: Sequence[Mapping[str, Any]], limits: Limits, now: datetime) -> Iterator[Problem]:
    """By our own clock, since the CRM's may differ: when the run began that last moved the watermark."""
    before = now - timedelta(hours=limits.watermark_hours)
    old = {
        one["entity"]: one["read_at"]
        for one in read
        if one["status"] != "skipped" and one["read_at"] and one["read_at"] < before
    }
    if old:
        yield Problem(
            "too_old",
            "failed",
            f"{_lists(len(old))} last read to the end at {min(old.values()):%Y-%m-%d %H:%M} UTC, more than "
            f"{limits.watermark_hours:g} hours ago: {listed(list(old))}.",
            "Nothing is lost: the next run reads all that changed since.",
            "Does the scheduler start `roundtrip nightly`? `roundtrip status` shows the last runs.",
            crm,
            measure=len(old),
        )


def _killed(crm: str, facts: Facts, now: datetime) -> Iterator[Problem]:
    latest = {one["run_id"] for one in facts.latest.values()}
    for run in facts.killed:
        if run["run_id"] not in latest and run["started_at"] > now - LATELY:
            yield Problem(
                "killed_before",
                "notice",
                f"the {run['command']} of {run['started_at']:%Y-%m-%d %H:%M} UTC was killed before its end.",
                "The next run has finished what it had read.",
                "Nothing, if it is for once. Out of memory, a restart, a time limit? The system's log tells.",
                crm,
                marks=(run["run_id"],),
            )


def _counted(crm: str, read: Sequence[Mapping[str, Any]], facts: Facts, limits: Limits) -> Iterator[Problem]:
    for one in read:
        name, loads = one["entity"], facts.loads.get(one["entity"], [])
        if loads and (told := counts.too_many(loads, limits.row_count_factor)):
            yield _strange(crm, name, "rows_many", told, loads[0].run_id)
        if loads and (since := counts.silent_since(loads)):
            told = f"no row has changed since {since:%Y-%m-%d %H:%M} UTC, which it never was for so long"
            yield _strange(crm, name, "rows_none", told, f"{since:%Y-%m-%d}")
        living = (one["rows"] or 0) - (one["deleted"] or 0)
        if any(load.started_at < one["loaded_at"] for load in loads) and counts.far_fewer(
            one["deleted_by_last_load"], living, limits.max_share_gone
        ):
            told = f"{one['deleted_by_last_load']:,} rows were marked deleted by the last load, {living:,} are left"
            yield _strange(crm, name, "rows_gone", told, f"{one['loaded_at']:%Y-%m-%dT%H:%M:%S}")


def _strange(crm: str, name: str, kind: str, told: str, mark: str) -> Problem:
    return Problem(
        kind,
        "partial",
        f"{name}: {told}.",
        "The warehouse holds what the CRM says; deleted rows stay, marked.",
        "Has somebody imported, deleted or changed records in bulk there? `roundtrip reconcile` proves that all is as "
        "in the CRM.",
        crm,
        name,
        marks=(mark,),
    )


def _drifted(crm: str, read: Sequence[Mapping[str, Any]], facts: Facts) -> Iterator[Problem]:
    for one in read:
        name = one["entity"]
        if new := sorted(one["drift"]):
            yield Problem(
                "fields_new",
                "notice",
                f"{name} has fields that Roundtrip does not know: {listed(new)}.",
                "Their values are kept, in the column _extra.",
                "Nothing has to be done; a newer Roundtrip may know them.",
                crm,
                name,
                marks=tuple(new),
            )
        if gone := counts.vanished(facts.loads.get(name, [])):
            yield Problem(
                "fields_vanished",
                "notice",
                f"{name}: no row has a value any more of {listed(gone)}.",
                "Rows that were read before keep theirs until they change.",
                "Does the token's user still see it? Has the API changed? `roundtrip check` tells what is reached.",
                crm,
                name,
                marks=tuple(gone),
            )


def _fields(crm: str, facts: Facts, now: datetime) -> Iterator[Problem]:
    since = now - LATELY
    new = [one for one in facts.fields if one["first_seen_at"] > max(since, one["begun_at"])]
    gone = [one for one in facts.fields if one["is_deleted"] and one["last_seen_at"] > since]
    if new:
        yield Problem(
            "custom_fields_new",
            "notice",
            f"new custom fields: {listed(_columns(new))}.",
            "Their values are in the warehouse.",
            "Nothing has to be done: the dim_ tables have their columns.",
            crm,
            marks=_codes(new),
        )
    if gone:
        yield Problem(
            "custom_fields_deleted",
            "notice",
            f"custom fields were deleted in the CRM: {listed(_columns(gone))}.",
            "Their columns stay, so that no dashboard breaks.",
            "Take them out of what is made of them, push models too.",
            crm,
            marks=_codes(gone),
        )


def _columns(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['entity']}.{one['column_name']}" for one in fields]


def _codes(fields: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{one['entity']}.{one['field_code']}" for one in fields)


def _lists(count: int) -> str:
    return "1 list" if count == 1 else f"{count} lists"


def _because(why: str) -> str:
    return f" ({why})" if why else ""
