"""Raw tables into published ones: build and test with dbt, publish what is green, write the dashboard.

Nothing is published of a run in which a model could not be built or a test found rows. A run of chosen models publishes
only when nothing that it left out stands failed from an earlier run: so no failing state is ever seen.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pendulum

from pipelines import dashboard, dbt, fields, logs, ops
from pipelines.dbt import Node
from pipelines.failures import Failure, failures
from pipelines.garbage import garbage_left_lying
from pipelines.lock import locked
from pipelines.place import Place
from pipelines.publish import Edition, publish
from pipelines.push.models import FOLDER
from pipelines.readiness import ready_crms, what_is_lacking
from pipelines.readiness import variables as told_always
from pipelines.reports import Reports, open_reports
from pipelines.sql import named
from pipelines.warehouse import Warehouse, open_warehouse
from sources.errors import RoundtripError, TransformError, UsageError

BEGUN = (
    "insert into ops.transforms (run_id, command, started_at, status, is_published, is_whole, version) "
    "values (?, ?, ?, 'running', false, ?, ?)"
)
ENDED = (
    "update ops.transforms set ended_at = ?, status = ?, as_of = ?, models = ?, tests = ?, failures = ?, "
    "problem = ?, is_published = ?, unsettled = ? where run_id = ?"
)
LAST = "select unsettled from ops.transforms where run_id <> ? order by started_at desc limit 1"
MOST_TOLD = 3
LOADED_SINCE = """
select count(*) from ops.runs where started_at > (select max(started_at) from ops.transforms where is_whole)
"""
SNAPSHOTS = "/models/snapshots/"
EVERYTHING = ("everything",)
"""What is unsettled after a run that did not get to the end."""
WritePage = Callable[[Reports, Path], None]
"""Writes the dashboard out of the published tables."""
Watch = Callable[[str], None]
"""Told of each step as it begins."""


@dataclass
class Transformation:
    """One run of the transforms."""

    run_id: str
    command: str
    started_at: pendulum.DateTime
    ended_at: pendulum.DateTime | None = None
    status: str = "running"
    problem: str = ""
    as_of: datetime | None = None
    nodes: list[Node] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    """What keeps it from being published."""
    warnings: list[Failure] = field(default_factory=list)
    field_changes: list[fields.Change] = field(default_factory=list)
    """What became of custom fields in the CRM since the run before."""
    unsettled: tuple[str, ...] = EVERYTHING
    """Models and tests whose state as it is now is not known to be right."""
    tables: int = 0
    """How many are published; 0 when nothing was."""

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return ((self.ended_at or pendulum.now("UTC")) - self.started_at).total_seconds()

    def count(self, kind: str) -> int:
        """How many nodes of a kind were run."""
        return sum(node.kind == kind and node.status not in ("skipped", "error") for node in self.nodes)

    @property
    def snapshots_not_taken(self) -> list[str]:
        """Snapshots that this run was to take of its day, and could not."""
        return [node.name for node in self.nodes if SNAPSHOTS in node.file and not node.well]


def transform(place: Place, *, command: str = "transform", **options: Any) -> Transformation:
    """Build, test and publish, with the run lock held."""
    if place.destination == "duckdb" and not place.warehouse.exists():
        raise UsageError(
            f"There is no warehouse at {place.warehouse} yet.", way_out="Run `roundtrip load` first."
        )
    with locked(place, command), open_warehouse(place, "ops") as warehouse:
        return transform_in(warehouse, command=command, **options)


def transform_in(
    warehouse: Warehouse,
    *,
    command: str,
    run_id: str = "",
    full_refresh: bool = False,
    select: Sequence[str] = (),
    variables: Mapping[str, Any] | None = None,
    write_page: WritePage = dashboard.write,
    watch: Watch = lambda _step: None,
) -> Transformation:
    """Build, test and publish in an open warehouse. What is returned tells what was done, also what failed of it."""
    if lacking := what_is_lacking(warehouse):
        raise UsageError(lacking, way_out="Run `roundtrip load` first.")
    done = Transformation(run_id or uuid.uuid4().hex, command, pendulum.now("UTC"))
    _begin(warehouse, done, is_whole=not select)
    try:
        with garbage_left_lying(), logs.of_run(done.run_id, command):
            done.field_changes = fields.refresh(warehouse)
            done.nodes = dbt.build(
                warehouse.place,
                full_refresh=full_refresh,
                select=select,
                exclude=() if select else (FOLDER,),
                variables={**told_always(warehouse), **(variables or {})},
                follow=watch,
            )
            manifest = dbt.manifest(warehouse.place)
            done.as_of = _as_of(warehouse, manifest)
            _judge(warehouse, done, select)
            if not done.problem:
                fields.measure(warehouse, manifest)
                _publish(warehouse, done, manifest, watch)
                watch("writing the dashboard")
                _write_page(warehouse.place, write_page)
        done.status = "failed" if done.problem else "done"
    except BaseException as error:
        done.status, done.problem = "failed", str(error) or type(error).__name__
        if isinstance(error, UsageError) and not done.nodes:
            warehouse.execute(
                "delete from ops.transforms where run_id = ?", [done.run_id]
            )  # nothing was tried
        if not isinstance(error, RoundtripError) or isinstance(error, UsageError):
            raise
    finally:
        done.ended_at = pendulum.now("UTC")
        _end(warehouse, done)
    return done


def _judge(warehouse: Warehouse, done: Transformation, select: Sequence[str]) -> None:
    """Find out whether what is built may be seen."""
    before = _unsettled(warehouse, done) if select else ()
    if not done.nodes:
        raise UsageError(
            f"No model is called {', '.join(select)}." if select else "The dbt project has no models.",
            way_out="The models are the files in transforms/models; --select takes what dbt takes.",
        )
    done.failures = failures(warehouse, [node for node in done.nodes if node.status in ("fail", "error")])
    done.warnings = failures(warehouse, [node for node in done.nodes if node.status == "warn"])
    wrong = [node.node_id for node in done.nodes if not node.well]
    settled = {node.node_id for node in done.nodes if node.well}
    done.unsettled = tuple(dict.fromkeys([name for name in before if name not in settled] + wrong))
    if done.failures:
        done.problem = " ".join(str(failure) for failure in done.failures[:MOST_TOLD])
        more = len(done.failures) - MOST_TOLD
        done.problem += f" And {more} more." if more > 0 else ""
    elif done.unsettled:
        done.problem = _left_failing(done.unsettled)
    elif select and warehouse.rows_of(LOADED_SINCE)[0][0]:
        done.problem = (
            "What was selected is built, but not published, because data was loaded since all tables were built "
            "together. Run `roundtrip transform` without --select."
        )


def _left_failing(unsettled: Sequence[str]) -> str:
    names = ", ".join(node_id.split(".")[2] for node_id in unsettled if node_id.count("."))
    return (
        "What was selected is built, but not published, because an earlier run "
        + (f"left this failing: {names}." if names else "did not get to its end.")
        + " Run `roundtrip transform` without --select."
    )


def _publish(warehouse: Warehouse, done: Transformation, manifest: Mapping[str, Any], watch: Watch) -> None:
    if done.as_of is None:
        raise TransformError(
            "The model int_as_of has no row.", way_out="Bring it back: all others refer to it."
        )
    watch("publishing")
    proved_at = ops.proved_at(warehouse, ready_crms(warehouse))
    edition = Edition(done.run_id, done.as_of, pendulum.now("UTC"), version("roundtrip"), proved_at)
    done.tables = publish(warehouse, manifest, edition)


def _write_page(place: Place, write: WritePage) -> None:
    try:
        with open_reports(place) as reports:
            write(reports, place.dashboard)
    except RoundtripError as error:
        raise TransformError(
            f"The tables are published, but the dashboard is that of before: {error.message}",
            way_out=error.way_out,
        ) from error


def _as_of(warehouse: Warehouse, manifest: Mapping[str, Any]) -> datetime | None:
    """The moment that the tables tell of, as the build has fixed it."""
    model = manifest["nodes"].get("model.roundtrip.int_as_of", {})
    if not warehouse.columns_of(model.get("schema", ""), model.get("alias", "")):
        return None
    rows = warehouse.rows_of(f"select as_of from {named(model['schema'], model['alias'])}")  # noqa: S608 (quoted names)
    return datetime.fromisoformat(str(rows[0][0])) if rows else None


def _begin(warehouse: Warehouse, done: Transformation, *, is_whole: bool) -> None:
    warehouse.execute("update ops.transforms set status = 'killed' where status = 'running'")
    row = [done.run_id, done.command, done.started_at, is_whole, version("roundtrip")]
    warehouse.execute(BEGUN, row)


def _end(warehouse: Warehouse, done: Transformation) -> None:
    counts = [done.count("model"), done.count("test"), len(done.failures)]
    outcome = [done.problem or None, bool(done.tables), json.dumps(done.unsettled), done.run_id]
    warehouse.execute(ENDED, [done.ended_at, done.status, done.as_of, *counts, *outcome])


def _unsettled(warehouse: Warehouse, done: Transformation) -> tuple[str, ...]:
    """What the run before left failing; everything, when it did not end, or was none."""
    rows = warehouse.rows_of(LAST, [done.run_id])
    return tuple(json.loads(rows[0][0])) if rows and rows[0][0] else EVERYTHING
