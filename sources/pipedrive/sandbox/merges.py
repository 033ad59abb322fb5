"""Merging duplicates: the loser is deleted, what belonged to it goes to the survivor.

Nobody outside Pipedrive knows whether a child's update_time moves when it is re-pointed. Here it does, unless
merges are silent: then every second merge leaves the children's update_time as it was, which no
incremental reader can see.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sources.pipedrive.sandbox.changes import delete
from sources.pipedrive.sandbox.workday import live

if TYPE_CHECKING:
    from sources.pipedrive.sandbox.workday import Workday
    from sources.sandbox.store import Record


def merge_some(day: Workday, count: int, *, silent: bool = False) -> None:
    """Merge so many pairs of persons, of organizations and of deals, every second one silently if asked."""
    kinds = (merge_persons, merge_organizations, merge_deals)
    for number, merge in enumerate(kinds * count):
        merge(day, silent=silent and number % 2 == 1)


def merge_persons(day: Workday, *, silent: bool) -> None:
    """Merge two persons of one organization."""
    pair = _pair(day, "persons")
    if pair is None:
        return
    loser, survivor = pair
    at = _merge(day, "persons", loser, survivor)
    for deal in _children(day, "deals", "person_id", loser["id"]):
        _point(day, "deals", deal, {"person_id": survivor["id"]}, None if silent else at)
    for activity in _children(day, "activities", "org_id", loser["org_id"]):
        people = [one["person_id"] for one in activity["participants"] or ()]
        if loser["id"] in people:
            _point(
                day, "activities", activity, _participants(people, loser, survivor), None if silent else at
            )


def merge_organizations(day: Workday, *, silent: bool) -> None:
    """Merge two organizations, whose persons, deals and activities come together."""
    found = day.some("organizations", 2, day.editable)
    if len(found) < 2:  # noqa: PLR2004  it takes two
        return
    loser, survivor = found
    at = _merge(day, "organizations", loser, survivor)
    for name in ("persons", "deals", "activities"):
        for child in _children(day, name, "org_id", loser["id"]):
            _point(day, name, child, {"org_id": survivor["id"]}, None if silent else at)


def merge_deals(day: Workday, *, silent: bool) -> None:
    """Merge two deals with one organization."""
    pair = _pair(day, "deals")
    if pair is None:
        return
    loser, survivor = pair
    at = _merge(day, "deals", loser, survivor)
    for activity in _children(day, "activities", "org_id", loser["org_id"]):
        if activity["deal_id"] == loser["id"]:
            _point(day, "activities", activity, {"deal_id": survivor["id"]}, None if silent else at)


def _children(day: Workday, name: str, link: str, parent_id: int) -> list[Record]:
    """Find what is to be re-pointed; what is deleted keeps its links and the time of its deletion."""
    return [row for row in day.same(name, link, parent_id) if live(row)]


def _pair(day: Workday, name: str) -> tuple[Record, Record] | None:
    """Find two records of one organization."""
    for one in day.some(name, 25, lambda row: day.editable(row) and row["org_id"] is not None):
        others = day.same(name, "org_id", one["org_id"])
        if found := [row for row in others if day.editable(row) and row["id"] != one["id"]]:
            return one, found[0]
    return None


def _merge(day: Workday, name: str, loser: Record, survivor: Record) -> str:
    """Delete the loser and touch the survivor in one second, and return it."""
    at = max(day.moment(), loser["update_time"] or "", survivor["update_time"] or "")
    day.change(name, loser, f"{name} merged", partial(delete, day, loser), at=at)
    day.change(name, survivor, f"{name} that survived a merge", lambda _: {}, at=at)
    return at


def _point(day: Workday, name: str, child: Record, changes: Record, at: str | None) -> None:
    """Re-point a child; without a moment its update_time stays."""
    moved = {"update_time": max(at, child["update_time"] or "")} if at else {}
    day.account[name].put(child | changes | moved)
    day.counts[f"{name} re-pointed{'' if at else ' silently'}"] += 1


def _participants(people: list[int], loser: Record, survivor: Record) -> Record:
    """Put the survivor into the loser's place, once."""
    named = dict.fromkeys(survivor["id"] if one == loser["id"] else one for one in people)
    rows = [{"person_id": one, "primary": n == 0} for n, one in enumerate(named)]
    return {"participants": rows, "person_id": rows[0]["person_id"]}
