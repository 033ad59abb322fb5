"""Reporting tables out of a loaded warehouse: as `roundtrip transform` and `roundtrip nightly` make them."""

import time
from itertools import pairwise
from pathlib import Path

from pipelines.config import Settings
from pipelines.nightly import nightly
from pipelines.place import Place
from pipelines.reports import open_reports
from pipelines.transform import transform
from sources.registry import CRMS
from tests.bench.pages import TOKEN
from tests.bench.task import POSTGRES, Outcome, Task

STEPS = {"publishing": "publishing", "writing the dashboard": "dashboard"}
LOADING = ("connecting", "extracting", "normalizing", "loading")


def build_all(task: Task) -> Outcome:
    """Build, test and publish everything anew."""
    return _transformed(task, full_refresh=True)


def build_changes(task: Task) -> Outcome:
    """Build what changed since the last time, test and publish."""
    return _transformed(task, full_refresh=False)


def whole_night(task: Task) -> Outcome:
    """The whole nightly job."""
    steps = _Steps()
    connection = {"company_domain": task.url, "api_token": TOKEN}
    settings = Settings(CRMS["pipedrive"], connection, _place(task.place))
    night = nightly(settings, watch=lambda _run, step: steps.begin(step), follow=steps.begin)
    if night.status != "done":
        raise RuntimeError(night.problem)
    return Outcome(rows=_rows(settings.place), steps=steps.end())


def _transformed(task: Task, *, full_refresh: bool) -> Outcome:
    steps = _Steps()
    place = _place(task.place)
    done = transform(place, full_refresh=full_refresh, watch=steps.begin)
    if done.status != "done":
        raise RuntimeError(done.problem)
    return Outcome(rows=_rows(place), steps=steps.end())


def _place(folder: Path) -> Place:
    url = folder / POSTGRES
    return Place(
        destination="postgres" if url.exists() else "duckdb",
        warehouse=folder / "warehouse.duckdb",
        postgres_url=url.read_text() if url.exists() else "",
        reports=folder / "reports.duckdb",
        dashboard=folder / "dashboard.html",
    )


def _rows(place: Place) -> int:
    with open_reports(place) as reports:
        return int(reports.rows("select count(*) as found from fct_activity")[0]["found"])


class _Steps:
    """The seconds of each step; everything that is none of the others is building."""

    def __init__(self) -> None:
        self._begun = [("building", time.perf_counter())]

    def begin(self, step: str) -> None:
        name = step if step in LOADING else STEPS.get(step, "building")
        self._begun.append((name, time.perf_counter()))

    def end(self) -> dict[str, float]:
        seconds: dict[str, float] = {}
        for (step, at), (_, after) in pairwise([*self._begun, ("end", time.perf_counter())]):
            seconds[step] = seconds.get(step, 0.0) + after - at
        return seconds
