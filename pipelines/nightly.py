"""The nightly job, what a scheduler calls once a day: load, transform, publish, dashboard, push.

Pushed are only the models that say `apply: nightly`, and only when the tables they are made of are well. Whatever goes
wrong with a push, what was loaded and published stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines import dbt
from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.push.models import nightly_models
from pipelines.push.push import Asked, Push, apply_in, plan_in
from pipelines.transform import Transformation, transform_in, what_is_lacking
from pipelines.warehouse import Warehouse
from sources.errors import RoundtripError

NONE: Mapping[str, Any] = {}
BY_SEVERITY = ("failed", "partial", "done")


@dataclass(frozen=True)
class Night:
    """What one nightly job did."""

    run: Run
    transformation: Transformation | None
    """None when there is nothing yet to transform."""
    lacking: str = ""
    """Why there is not."""
    push: Push | None = None
    """None when no model is the night's."""
    push_problem: str = ""
    """Why nothing could be pushed."""

    @property
    def status(self) -> str:
        """As the worse of load and transform; a push that fails makes the night one that is done in part."""
        statuses = {self.run.status} | ({self.transformation.status} if self.transformation else set())
        if self.push_problem or (self.push and self.push.status != "done"):
            statuses.add("partial")
        return next(status for status in BY_SEVERITY if status in statuses)

    @property
    def problem(self) -> str:
        """What went wrong, first things first."""
        transformed = self.transformation.problem if self.transformation else ""
        pushed = self.push_problem or (self.push.problem if self.push else "")
        return self.run.problem or transformed or pushed


def nightly(
    settings: Settings,
    *,
    building: Mapping[str, Any] = NONE,
    watch: Callable[[Run, str], None] = lambda _run, _step: None,
    follow: Callable[[str], None] = lambda _step: None,
    **seams: Any,
) -> Night:
    """Do it all, holding the warehouse from the first step to the last.

    A load that fails as a whole raises, and nothing follows. One that fails in some entities, or runs out of budget,
    has brought what it could, and that is transformed. `building` is what `transform_in` takes beside, as `variables`.
    """
    followed: dict[str, Any] = {}

    def then(warehouse: Warehouse, run: Run) -> None:
        followed["lacking"] = what_is_lacking(warehouse)
        if followed["lacking"]:
            return
        done = transform_in(warehouse, command="nightly", run_id=run.run_id, watch=follow, **building)
        followed["transformation"] = done
        if done.status == "done":
            variables = building.get("variables") or {}
            followed.update(_pushed(settings, warehouse, variables, watch=watch, follow=follow, **seams))

    run = load(settings, command="nightly", watch=watch, then=then, **seams)
    return Night(run, **{"transformation": None, **followed})


def _pushed(
    settings: Settings,
    warehouse: Warehouse,
    variables: Mapping[str, Any],
    *,
    watch: Callable[[Run, str], None],
    follow: Callable[[str], None],
    **seams: Any,
) -> dict[str, Any]:
    """What became of the models that are the night's; an error of ours is told, and ends nothing but the push."""
    try:
        names = tuple(nightly_models(dbt.manifest(warehouse.place)))
        if not names:
            return {}
        asked = Asked(models=names, variables=variables)
        found = plan_in(settings, warehouse, asked, follow=follow)
        apply_in(settings, warehouse, asked, found, watch=watch, **seams)
    except RoundtripError as error:
        return {"push_problem": str(error)}
    return {"push": found}
