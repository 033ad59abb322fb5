"""The nightly job, what a scheduler calls once a day: load, transform, publish, dashboard, push.

Every CRM is loaded, then what all of them brought is transformed and published once. A CRM that cannot be loaded stops
no other. Pushed are only the models that say `apply: nightly`, and only when the tables they are made of are well.
Whatever goes wrong with a push, what was loaded and published stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pendulum

from pipelines import dbt
from pipelines.config import Settings
from pipelines.history import prune
from pipelines.load import load
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.push.models import nightly_models
from pipelines.push.push import Asked, Push, apply_in, plan_in
from pipelines.readiness import half_read, what_is_lacking
from pipelines.several import Attempt, each, worst
from pipelines.transform import Transformation, transform_in
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import RoundtripError

NONE: Mapping[str, Any] = {}
BY_SEVERITY = ("failed", "partial", "done")


@dataclass(frozen=True)
class Part:
    """What one nightly job did with one CRM."""

    crm: str
    run: Run | None
    """None when the load failed as a whole."""
    load_problem: str = ""
    """Why it did."""
    push: Push | None = None
    """None when no model is the night's."""
    push_problem: str = ""
    """Why nothing could be pushed."""

    @property
    def load_status(self) -> str:
        """How the load went."""
        return self.run.status if self.run else "failed"

    @property
    def is_pushed(self) -> bool:
        """Whether nothing is wrong with the push."""
        return not self.push_problem and (self.push is None or self.push.status == "done")


@dataclass(frozen=True)
class Night:
    """What one nightly job did."""

    parts: Sequence[Part]
    transformation: Transformation | None
    """None when there is nothing yet to transform."""
    lacking: str = ""
    """What was not read to its end yet, so that the tables are not made, or lack a CRM."""

    @property
    def status(self) -> str:
        """As the worse of loads and transform; a push that fails makes the night one that is done in part."""
        statuses = {worst(part.load_status for part in self.parts)}
        statuses |= {self.transformation.status} if self.transformation else set()
        if not all(part.is_pushed for part in self.parts):
            statuses.add("partial")
        return next(status for status in BY_SEVERITY if status in statuses)

    @property
    def problem(self) -> str:
        """What went wrong, first things first."""
        loaded = [part.run.problem if part.run else part.load_problem for part in self.parts]
        transformed = self.transformation.problem if self.transformation else ""
        pushed = [part.push_problem or (part.push.problem if part.push else "") for part in self.parts]
        return self._told(loaded) or transformed or self._told(pushed)

    def _told(self, problems: Sequence[str]) -> str:
        named = len(self.parts) > 1
        told = zip(self.parts, problems, strict=True)
        return " ".join(f"{part.crm}: {text}" if named else text for part, text in told if text)


def nightly(
    *every: Settings,
    building: Mapping[str, Any] = NONE,
    watch: Callable[[Run, str], None] = lambda _run, _step: None,
    follow: Callable[[str], None] = lambda _step: None,
    **seams: Any,
) -> Night:
    """Do it all, holding the warehouse from the first step to the last.

    A load that fails as a whole leaves its CRM out; when none is left, it raises, and nothing follows. One that fails
    in some entities, or runs out of budget, has brought what it could, and that is transformed. `building` is what
    `transform_in` takes beside, as `variables`.
    """

    def loaded(settings: Settings) -> Run:
        return load(settings, command="nightly", is_locked=True, watch=watch, **seams)

    place = every[0].place
    # Held beside what each load opens, so that nobody comes in between them.
    with locked(place, "nightly"), open_warehouse(place, "ops") as warehouse:
        loads = each(every, loaded)
        parts = [Part(one.crm, one.done, one.problem) for one in loads]
        if lacking := what_is_lacking(warehouse):
            return Night(parts, None, lacking)
        run_id = next(part.run.run_id for part in parts if part.run)
        done = transform_in(warehouse, command="nightly", run_id=run_id, watch=follow, **building)
        if done.status == "done":
            variables = building.get("variables") or {}
            parts = _pushed(parts, loads, variables, watch=watch, follow=follow, **seams)
        prune(warehouse, place.keep_history_days, pendulum.now("UTC"))
        return Night(parts, done, half_read(warehouse))


def _pushed(
    parts: Sequence[Part], loads: Sequence[Attempt[Run]], variables: Mapping[str, Any], **options: Any
) -> list[Part]:
    """The parts with what became of the models that are the night's, of the CRMs that were loaded."""
    found = []
    for part, one in zip(parts, loads, strict=True):
        with open_warehouse(one.settings.place, one.settings.dataset) as warehouse:
            pushed = _push(one.settings, warehouse, variables, **options) if part.run else {}
        found.append(replace(part, **pushed))
    return found


def _push(
    settings: Settings,
    warehouse: Warehouse,
    variables: Mapping[str, Any],
    *,
    watch: Callable[[Run, str], None],
    follow: Callable[[str], None],
    **seams: Any,
) -> dict[str, Any]:
    """What became of one CRM's models; an error of ours is told, and ends nothing but the push."""
    try:
        names = tuple(nightly_models(dbt.manifest(warehouse.place), settings.crm.name))
        if not names:
            return {}
        asked = Asked(models=names, variables=variables)
        found = plan_in(settings, warehouse, asked, follow=follow)
        apply_in(settings, warehouse, asked, found, watch=watch, **seams)
    except RoundtripError as error:
        return {"push_problem": str(error)}
    return {"push": found}
