"""The nightly job, what a scheduler calls once a day: load, transform, publish, dashboard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.transform import Transformation, transform_in, what_is_lacking
from pipelines.warehouse import Warehouse

BY_SEVERITY = ("failed", "partial", "done")


@dataclass(frozen=True)
class Night:
    """What one nightly job did."""

    run: Run
    transformation: Transformation | None
    """None when there is nothing yet to transform."""
    lacking: str = ""
    """Why there is not."""

    @property
    def status(self) -> str:
        """As the worse of its two halves."""
        statuses = {self.run.status} | ({self.transformation.status} if self.transformation else set())
        return next(status for status in BY_SEVERITY if status in statuses)

    @property
    def problem(self) -> str:
        """What went wrong, first things first."""
        return self.run.problem or (self.transformation.problem if self.transformation else "")


def nightly(
    settings: Settings,
    *,
    watch: Callable[[Run, str], None] = lambda _run, _step: None,
    follow: Callable[[str], None] = lambda _step: None,
    **seams: Any,
) -> Night:
    """Do it all, holding the warehouse from the first step to the last.

    A load that fails as a whole raises, and nothing follows. One that fails in some entities, or runs out of budget,
    has brought what it could, and that is transformed.
    """
    transformations: list[Transformation] = []
    lacking: list[str] = []

    def then(warehouse: Warehouse, run: Run) -> None:
        lacking.append(what_is_lacking(warehouse))
        if not lacking[0]:
            done = transform_in(warehouse, command="nightly", run_id=run.run_id, watch=follow)
            transformations.append(done)

    run = load(settings, command="nightly", watch=watch, then=then, **seams)
    return Night(run, next(iter(transformations), None), "".join(lacking))
