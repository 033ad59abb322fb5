"""Which permissions an app needs in a CRM: those of the entities that are read and of the push models that are on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipelines.config import Settings
from pipelines.push.declared import entities_pushed
from sources.pushing import Pushing

Need = tuple[tuple[str, ...], str]
"""Permissions of which any is enough, the least first, and for what."""


def needed_scopes(settings: Settings, crms: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Every permission that is needed and no more, each with what for; empty for a CRM that has none.

    `crms` are all that take part: some push models are on only with another CRM.
    """
    return fewest(needs(settings, crms))


def needs(settings: Settings, crms: Iterable[str] = ()) -> list[Need]:
    """Everything that is asked of a CRM, and what it takes."""
    pushed = entities_pushed(settings.crm.name, [settings.crm.name, *crms])
    return [*_reading(settings), *_writing(settings, pushed)]


@dataclass(frozen=True)
class Comparison:
    """What was granted, beside what is needed."""

    missing: Mapping[str, tuple[str, ...]]
    """What should be granted, and for what."""
    unneeded: tuple[str, ...]
    """What is granted, though less would do."""


def compared(wanted: Collection[Need], granted: Collection[str]) -> Comparison:
    """Compare them: any permission that is enough is as good as the least."""
    unmet = [need for need in wanted if need[0] and not set(need[0]).intersection(granted)]
    needed = fewest(wanted)
    return Comparison(fewest(unmet), tuple(sorted(set(granted) - needed.keys())))


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


def pushes_of(settings: Settings) -> dict[str, Pushing]:
    """What may be written, by entity; by the older API where the settings say so."""
    crm = settings.crm
    older = {name: crm.legacy_pushes[name] for name in settings.legacy & crm.legacy_pushes.keys()}
    return {**crm.pushes, **older}


def _writing(settings: Settings, pushed: Mapping[str, Iterable[str]]) -> list[Need]:
    by_entity = pushes_of(settings)
    return [
        (by_entity[entity].scopes, f"push model {model}")
        for entity, models in pushed.items()
        if entity in by_entity
        for model in models
    ]
