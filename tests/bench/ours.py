"""Our load, as `roundtrip load` does it; into a warehouse that is there already it is an incremental one."""

import time
from itertools import pairwise

from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.place import Place
from sources.registry import CRMS
from tests.bench.pages import TOKEN
from tests.bench.task import Outcome, Task


def activities(task: Task) -> Outcome:
    """Load activities."""
    return _load(task, "activities")


def everything(task: Task) -> Outcome:
    """Load every entity."""
    return _load(task)


def _load(task: Task, *entities: str) -> Outcome:
    begun: list[tuple[str, float]] = []

    def watch(_run: Run, step: str) -> None:
        begun.append((step, time.perf_counter()))

    connection = {"company_domain": task.url, "api_token": TOKEN}
    settings = Settings(CRMS["pipedrive"], connection, Place(warehouse=task.place / "warehouse.duckdb"))
    run = load(settings, entities=entities, watch=watch)
    begun.append(("end", time.perf_counter()))
    if run.status != "done":
        raise RuntimeError(run.problem)
    steps = {step: after - at for (step, at), (_, after) in pairwise(begun)}
    return Outcome(
        rows=sum(one.inserted + one.updated for one in run.entities),
        read=run.total("rows"),
        walkers=run.entities[-1].reader.client.limiter.walkers(),
        steps=steps,
    )
