"""Our push, as the command does it: from a table in a warehouse that was loaded before. `pages` says how many rows."""

import time

import duckdb

from pipelines.push.push import Asked, Push, push
from pipelines.push.targets import Overrides
from tests.bench.ours import settings
from tests.bench.task import Outcome, Task

FREELY = Overrides(max_rows=10**9, max_share=1.0)
OF_ALL = (
    "select id::varchar as push_key, id, subject, due_date from raw_pipedrive.activities where not is_deleted"
)
CHANGED = "select 'changed ' || push_key as push_key, id, 'Changed ' || id as subject from ({}) limit {}"
NEW = (
    "select 'new ' || push_key as push_key, 'New ' || id as subject, 'call' as type, due_date, '10:00' as due_time "
    "from ({}) limit {}"
)
SOME_DIFFER = (
    "select push_key, id, due_date, subject || case when row_number() over (order by id) <= {} then '!' else '' end "
    "as subject from ({})"
)


def updates(task: Task) -> Outcome:
    """Update records."""
    return _applied(task, CHANGED.format(OF_ALL, task.pages))


def creates(task: Task) -> Outcome:
    """Create records."""
    return _applied(task, NEW.format(OF_ALL, task.pages))


def plan(task: Task) -> Outcome:
    """Compare all records with rows of which some differ, and send nothing."""
    _want(task, SOME_DIFFER.format(task.pages, OF_ALL))
    begun = time.perf_counter()
    found = push(settings(task), Asked(source="desk.wanted", entity="activities", overrides=FREELY))
    taken = time.perf_counter() - begun
    if len(found.plans[0].actions) != task.pages:
        raise RuntimeError(f"{len(found.plans[0].actions)} actions")
    return Outcome(rows=found.plans[0].rows, steps={"planning": taken})


def _want(task: Task, query: str) -> None:
    with duckdb.connect(str(task.place / "warehouse.duckdb")) as connection:
        connection.execute("create schema if not exists desk")
        connection.execute(f"create or replace table desk.wanted as {query}")


def _applied(task: Task, query: str) -> Outcome:
    """Push, and time it from the first request to the last answer."""
    _want(task, query)
    asked: list[float] = []

    def clock() -> float:
        """Tell the time, and keep when anything was asked or answered."""
        asked.append(time.monotonic())
        return asked[-1]

    begun = time.perf_counter()
    what = Asked(source="desk.wanted", entity="activities", overrides=FREELY)
    found: Push = push(settings(task), what, act=True, clock=clock)
    if found.status != "done":
        raise RuntimeError(found.problem)
    applied = sum(one.verdict == "applied" for one in found.outcomes)
    return Outcome(
        rows=applied, steps={"whole": time.perf_counter() - begun, "reading": asked[-1] - asked[0]}
    )
