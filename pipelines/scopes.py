"""Which permissions an app needs in a CRM: those of the entities that are read and of the push models that are on."""

from collections.abc import Iterable, Mapping

from pipelines.config import Settings
from pipelines.push.declared import entities_pushed

Need = tuple[tuple[str, ...], str]
"""Permissions of which any is enough, the least first, and for what."""


def needed_scopes(settings: Settings, crms: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Every permission that is needed and no more, each with what for; empty for a CRM that has none.

    `crms` are all that take part: some push models are on only with another CRM.
    """
    pushed = entities_pushed(settings.crm.name, [settings.crm.name, *crms])
    return fewest([*_reading(settings), *_writing(settings, pushed)])


def lacking(needed: Iterable[tuple[str, ...]], granted: Iterable[str]) -> list[tuple[str, ...]]:
    """Those of the alternatives of which none is granted."""
    there = set(granted)
    return [one for one in needed if one and not there.intersection(one)]


def fewest(needs: Iterable[Need]) -> dict[str, tuple[str, ...]]:
    """The fewest permissions that are enough for all; what may also write serves for reading, once it is needed."""
    chosen: dict[str, list[str]] = {}
    # What leaves no choice is chosen first, so that it can serve for the rest.
    for enough, what in sorted(needs, key=lambda need: len(need[0])):
        if enough:
            scope = next((one for one in enough if one in chosen), enough[0])
            chosen.setdefault(scope, []).append(what)
    return {scope: tuple(whats) for scope, whats in sorted(chosen.items())}


def _reading(settings: Settings) -> list[Need]:
    crm, chosen = settings.crm, settings.chosen()
    needs = [(crm.identify_scopes, "the account")]
    if any(entity.deletion == "recents" for entity in chosen):
        needs.append((crm.deletions_scopes, "what was deleted"))
    return needs + [(entity.scopes, entity.name) for entity in chosen]


def _writing(settings: Settings, pushed: Mapping[str, Iterable[str]]) -> list[Need]:
    crm = settings.crm
    by_entity = {
        **crm.pushes,
        **{name: crm.legacy_pushes[name] for name in settings.legacy & crm.legacy_pushes.keys()},
    }
    return [
        (by_entity[entity].scopes, f"push model {model}")
        for entity, models in pushed.items()
        if entity in by_entity
        for model in models
    ]
