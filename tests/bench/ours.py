"""Our load and our backfill, as the commands do them; into a warehouse that is there already a load is incremental."""

import time
from itertools import pairwise

from pipelines import planning
from pipelines.backfill import backfill
from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.reconcile import reconcile
from sources.registry import CRMS
from tests.bench.pages import TOKEN
from tests.bench.task import Outcome, Task


def activities(task: Task) -> Outcome:
    """Load activities."""
    return _load(task, "activities")


def everything(task: Task) -> Outcome:
    """Load every entity."""
    return _load(task)


def sweep(task: Task) -> Outcome:
    """Walk the whole list of activities, and compare it with what is held."""
    run, found = reconcile(settings(task), entities=["activities"])
    if run.status != "done" or not all(one.is_proved for one in found):
        raise RuntimeError(run.problem or "not proved")
    return Outcome(rows=sum(one.differences for one in found), read=run.total("rows"))


def several_windows(task: Task) -> Outcome:
    """Backfill activities, with as many walks as the limit can feed."""
    return _backfill(task, walkers=0)


def one_window(task: Task) -> Outcome:
    """Backfill activities with one walk."""
    return _backfill(task, walkers=1)


def _backfill(task: Task, walkers: int) -> Outcome:
    asked: list[float] = []

    def clock() -> float:
        """Tell the time, and keep when anything was asked or answered."""
        asked.append(time.monotonic())
        return asked[-1]

    run = backfill(settings(task), entities=["activities"], since="2000-01-01", walkers=walkers, clock=clock)
    if run.status != "done":
        raise RuntimeError(run.problem)
    return Outcome(
        rows=run.total("inserted") + run.total("updated"),
        read=run.total("rows"),
        steps={"reading": asked[-1] - asked[0]},
    )


def settings(task: Task) -> Settings:
    """The settings of a measurement: a warehouse in its folder."""
    connection = {"company_domain": task.url, "api_token": TOKEN}
    return Settings(CRMS["pipedrive"], connection, Place(warehouse=task.place / "warehouse.duckdb"))


def _load(task: Task, *entities: str) -> Outcome:
    begun: list[tuple[str, float]] = []

    def watch(_run: Run, step: str) -> None:
        begun.append((step, time.perf_counter()))

    run = load(settings(task), entities=entities, watch=watch)
    begun.append(("end", time.perf_counter()))
    if run.status != "done":
        raise RuntimeError(run.problem)
    steps: dict[str, float] = {step: after - at for (step, at), (_, after) in pairwise(begun)}
    steps["fewest tokens"] = _fewest_tokens(run)
    return Outcome(
        rows=sum(one.inserted + one.updated for one in run.entities),
        read=run.total("rows"),
        walkers=run.entities[-1].reader.client.limiter.walkers(),
        steps=steps,
    )


def _fewest_tokens(run: Run) -> int:
    """What a night has to ask at least, as tokens.

    Who we are; the deletions, in a list of all changes; each list once, and once more for each further page of the
    records that changed, or of all of them where a list does not tell what changed.
    """
    crm = CRMS["pipedrive"]
    changed = {one.plan.entity.name: one.inserted + one.updated for one in run.entities}
    needed = {
        one.plan.entity.name: changed[one.plan.entity.name] + (0 if one.plan.since else one.unchanged)
        for one in run.entities
    }
    entities = [one.plan.entity for one in run.entities]
    reported = sum(changed[entity.name] for entity in entities if entity.deletion == "recents")
    lists = [planning.of_changes(entity, needed[entity.name], "") for entity in entities]
    account = [planning.of_account(crm), planning.of_deletions(crm, reported)]
    return sum(one.tokens for one in [*account, *lists])
