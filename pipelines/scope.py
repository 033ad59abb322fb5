"""What a run reads of an entity: the whole list, or what changed since the last run. Pure."""

import logging
from collections.abc import Mapping
from typing import Any

import pendulum

from pipelines.config import Settings
from sources.entity import Entity
from sources.paging import instant, stamp
from sources.reading import Plan
from sources.resources import EPOCH

LOG = logging.getLogger("roundtrip.load")


def plan(
    settings: Settings,
    entity: Entity,
    state: Mapping[str, Any],
    until: pendulum.DateTime,
    *,
    full: bool,
    force: bool,
) -> Plan:
    """What to read of an entity, from how far its state says we are."""
    end = stamp(until)
    told_until = state.get("deletions_since", "")
    too_late = bool(told_until) and instant(told_until) < until - settings.crm.deletions_reach
    catching_up = too_late and entity.incremental and not full
    whole = full or catching_up or not entity.incremental
    if catching_up:
        LOG.warning(
            "%s: the last run is too long ago to ask for deletions; reading the whole list.", entity.name
        )
    # A first load that broke off is read in order of time, so that each run gets further.
    since = state.get("watermark") or (EPOCH if state.get("resume") else "")
    if since and not entity.is_legacy_reading:
        # What was read through the older API lacks fields: read it again.
        since = min(since, state.get("legacy_since", since))
    return Plan(
        entity,
        end,
        since="" if whole else min(since, end),
        deletions_since=told_until if entity.deletion == "recents" and not too_late else "",
        find_missing=whole,
        allow_mass_deletion=force,
        most_missing=settings.max_share_deleted,
        catching_up=catching_up,
        reached=state.get("reached", {}),
    )
