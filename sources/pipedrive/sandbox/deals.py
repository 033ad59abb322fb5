"""Deals as an account would hold them: open, won, lost, archived, in many currencies and states of care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sources.pipedrive.sandbox.contacts import LABEL_SETS, VISIBLE_TO
from sources.sandbox import phrases
from sources.sandbox.dice import chance, pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sources.pipedrive.sandbox.setting import Setting
    from sources.sandbox.store import Record

STATES: Final = ("open", "won", "lost")
FIRST_STATES: Final = ("open", "won", "lost", "lost")
ARCHIVED_FIRST: Final = 4
"""The first deals go through the states in turn, so that the smallest account has each."""
ORIGINS: Final = (
    ("ManuallyCreated", None), ("ManuallyCreated", None), ("ManuallyCreated", None), ("API", None),
    ("Marketplace", "39e5b1f0c2"), ("Import", "7"), ("LeadInbox", None),
)  # fmt: skip
CHANNELS: Final = (
    (None, None),
    (None, None),
    (None, None),
    (1, None),
    (3, "Jun26 Billboards"),
    (4, "Nango_dev"),
)
CONVERTED: Final = "35b0d604-eb0d-42d0-be11-{:012x}"


@dataclass(frozen=True)
class Course:
    """When a deal was added, last moved, closed and last changed."""

    added: str
    moved: str | None
    closed: str
    updated: str | None


def state_of(deal_id: int, random: Callable[[], float]) -> str:
    """Choose whether a deal is open, won or lost."""
    if deal_id <= len(FIRST_STATES):
        return FIRST_STATES[deal_id - 1]
    return STATES[int(random() * 10) % 4 % 3]  # 6 of 10 open, 2 won, 2 lost


def deal(
    deal_id: int,
    *,
    name: str,
    org_id: int | None,
    person_id: int | None,
    state: str,
    archived: bool,
    course: Course,
    setting: Setting,
    rng: Random,
    custom: Record,
) -> Record:
    """Make up a deal, the links and moments of which are given."""
    r = rng.random
    stage = pick(r, setting.stages)
    origin, origin_id = pick(r, ORIGINS)
    channel, channel_id = pick(r, CHANNELS)
    return {
        "id": deal_id,
        "title": f"{name} {pick(r, phrases.DEAL_TAILS)}",
        "creator_user_id": pick(r, setting.users),
        "owner_id": pick(r, setting.users),
        "value": amount(deal_id, r),
        "person_id": person_id,
        "org_id": org_id,
        "stage_id": stage.stage_id,
        "pipeline_id": stage.pipeline_id,
        "currency": setting.referable.currencies[int(r() * r() * len(setting.referable.currencies))],
        "add_time": course.added,
        "update_time": course.updated,
        "stage_change_time": course.moved,
        "status": "open",
        "is_archived": archived,
        "archive_time": course.updated if archived else None,
        "is_deleted": False,
        "probability": stage.probability if chance(r, 0.3) else None,
        "lost_reason": None,
        "visible_to": pick(r, VISIBLE_TO),
        **NOT_CLOSED,
        "expected_close_date": pick(r, setting.referable.days) if chance(r, 0.6) else None,
        "label_ids": pick(r, LABEL_SETS),
        "origin": origin,
        "origin_id": origin_id,
        "channel": channel,
        "channel_id": channel_id,
        "source_lead_id": CONVERTED.format(deal_id) if origin == "LeadInbox" else None,
        **_recurring(deal_id, r),
        "custom_fields": custom,
        **(closing(state, course.closed, r) if state != "open" else {}),
    }


NOT_CLOSED: Final = {
    "close_time": None,
    "won_time": None,
    "lost_time": None,
    "local_won_date": None,
    "local_lost_date": None,
    "local_close_date": None,
}


def amount(deal_id: int, random: Callable[[], float]) -> float | None:
    """Choose a value: whole, broken or none, each sure among the first three."""
    ways = (int(random() * random() * 2000) * 50, round(random() * 40_000, 2), None)
    if deal_id <= len(ways):
        return ways[deal_id - 1]
    return pick(random, ways if chance(random, 0.3) else ways[:1])


def closing(state: str, at: str, random: Callable[[], float]) -> dict[str, Any]:
    """Say what changes in a deal that is won or lost."""
    local = at[:10]
    reason = pick(random, phrases.LOST_REASONS) if state == "lost" and chance(random, 0.9) else None
    return {
        "status": state,
        "lost_reason": reason,
        **NOT_CLOSED,
        "close_time": at,
        "local_close_date": local,
        f"{state}_time": at,
        f"local_{state}_date": local,
    }


def _recurring(deal_id: int, random: Callable[[], float]) -> dict[str, Any]:
    """Choose recurring revenue, known only where products are attached."""
    if deal_id != 1 and not chance(random, 0.15):
        return {"arr": None, "mrr": None, "acv": None}
    monthly = int(1 + random() * 900)
    return {"arr": 12 * monthly, "mrr": monthly, "acv": 12 * monthly + 0.5 * int(random() * 3)}
