"""The same for several CRMs, one after the other: what fails with one of them stops no other."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pipelines import console
from pipelines.config import GROUPS, Settings
from pipelines.keys import unknown_entity
from sources.errors import LoadError, RoundtripError, unexpected

LOG = logging.getLogger("roundtrip")
Done = TypeVar("Done")


@dataclass(frozen=True)
class Attempt(Generic[Done]):
    """What came of it with one CRM."""

    settings: Settings
    done: Done | None
    problem: str = ""
    """Why nothing was done."""

    @property
    def crm(self) -> str:
        """The CRM's name."""
        return self.settings.crm.name


def each(every: Sequence[Settings], act: Callable[[Settings], Done]) -> list[Attempt[Done]]:
    """Do it with each CRM. When it fails with all of them, that is an error; with a single one, its own."""
    if len(every) == 1:
        return [Attempt(every[0], act(every[0]))]
    errors: dict[str, RoundtripError] = {}
    attempts = [_tried(settings, act, errors) for settings in every]
    if len(errors) < len(every):
        return attempts
    first = next(iter(errors.values()))
    if len({str(error) for error in errors.values()}) == 1:
        raise first
    raise LoadError(" ".join(f"{crm}: {error}" for crm, error in errors.items())) from first


def _tried(
    settings: Settings, act: Callable[[Settings], Done], errors: dict[str, RoundtripError]
) -> Attempt[Done]:
    try:
        return Attempt(settings, act(settings))
    except Exception as error:  # whatever it is, the other CRMs are not to blame
        LOG.debug("", exc_info=error)
        told = error if isinstance(error, RoundtripError) else unexpected(error)
        errors[settings.crm.name] = told
        return Attempt(settings, None, str(told))


def worst(statuses: Iterable[str]) -> str:
    """How it went altogether: failed when all did, done when all are, else done in part."""
    found = set(statuses)
    return found.pop() if len(found) == 1 else "partial"


def narrowed(every: Sequence[Settings], names: Sequence[str]) -> list[Settings]:
    """Those of the CRMs that have any of these entities, each to read its own of them; all CRMs, when none is named."""
    known = dict.fromkeys(name for one in every for name in (*GROUPS, *one.crm.entities))
    for name in names:
        if name not in known:
            raise unknown_entity(name, [*known][len(GROUPS) :])
    found = [_narrowed(one, names) for one in every] if names else every
    # A wrong setting of one CRM is an error before anything is asked of another.
    return [one for one in found if one.chosen() and (one.entities or not names)]


def _narrowed(settings: Settings, names: Sequence[str]) -> Settings:
    own = tuple(name for name in names if name in (*GROUPS, *settings.crm.entities))
    return replace(settings, entities=own)


def document(parts: Sequence[Mapping[str, Any]], **whole: Any) -> dict[str, Any]:
    """What is told of a single CRM; of several the same of each, under `crms`, beside what is told of all."""
    return dict(parts[0]) if len(parts) == 1 else {**whole, "crms": list(parts)}


def summaries(
    attempts: Sequence[Attempt[Done]], summary: Callable[[Done], Mapping[str, Any]]
) -> dict[str, Any]:
    """As JSON, what came of it with each CRM, and how it went altogether."""
    parts = [{"crm": one.crm, **_summed(one, summary)} for one in attempts]
    problems = [f"{part['crm']}: {part['problem']}" for part in parts if part["problem"]]
    return document(parts, status=worst(part["status"] for part in parts), problem=" ".join(problems) or None)


def _summed(one: Attempt[Done], summary: Callable[[Done], Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"status": "failed", "problem": one.problem} if one.done is None else summary(one.done)


def shown(attempts: Sequence[Attempt[Done]], show: Callable[[Done], None]) -> None:
    """For a person, what came of it with each CRM."""
    for one in attempts:
        if one.done is None:
            console.note(f"{one.crm}: {one.problem}", "bold red")
        else:
            show(one.done)
