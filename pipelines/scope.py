"""What a run reads of an entity: the whole list, or what changed since the last run. Pure."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pendulum

from pipelines.config import Settings
from sources.crm import Crm
from sources.entity import Entity
from sources.paging import instant, stamp
from sources.reading import Plan
from sources.resources import EPOCH

LOG = logging.getLogger("roundtrip.load")
States = Mapping[str, Mapping[str, Any]]
"""What the packages left on record, by entity."""


def with_hosts(crm: Crm, chosen: Sequence[Entity]) -> list[Entity]:
    """The entities to read, with those in whose records some of them stand."""
    names = {entity.name for entity in chosen}
    names |= {entity.embedded.entity for entity in chosen if entity.embedded}
    asked = {entity.name: entity for entity in chosen}
    return [asked.get(name, entity) for name, entity in crm.entities.items() if name in names]


def plans(
    settings: Settings,
    chosen: Sequence[Entity],
    states: States,
    until: pendulum.DateTime,
    *,
    full: bool,
    force: bool,
) -> list[Plan]:
    """What to read of each entity; what stands within another one is read with it, as far back as it needs."""
    made: dict[str, Plan] = {}
    within = {entity.name: entity.embedded.entity for entity in chosen if entity.embedded}
    for entity in chosen:
        if entity.name in within:
            continue
        known = states.get(entity.name, {})
        reached = [
            states.get(name, {}).get("watermark", "") for name in within if within[name] == entity.name
        ]
        lacks = bool(known.get("watermark")) and not all(reached)
        if reached and known.get("watermark") and not lacks:
            known = {**known, "watermark": min(known["watermark"], *reached)}
        made[entity.name] = plan(settings, entity, known, until, full=full or lacks, force=force)
    return [
        made.get(entity.name) or _with_host(entity, made[within[entity.name]], states) for entity in chosen
    ]


def _with_host(entity: Entity, host: Plan, states: States) -> Plan:
    """The plan of what stands within another entity; `find_missing` says that there was a reading before."""
    begun = bool(states.get(entity.name, {}).get("watermark"))
    return Plan(entity, host.until, since=host.since, find_missing=begun and not host.since)


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
    reach = pendulum.duration(days=entity.whole_every) if entity.whole_every else settings.crm.deletions_reach
    too_late = bool(told_until) and instant(told_until) <= until - reach
    catching_up = too_late and entity.incremental and not full
    whole = full or catching_up or not entity.incremental
    if catching_up and entity.whole_every:
        LOG.info("%s: reading the whole list, for what was deleted since the last time.", entity.name)
    elif catching_up:
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
