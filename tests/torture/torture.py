"""A course from its beginning to the verdict."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.place import Destination
from tests.support import records
from tests.torture.course import course
from tests.torture.judge import verdict
from tests.torture.report import figures
from tests.torture.rig import Rig, readers, rig
from tests.torture.story import Story

LEAST_REQUESTS_A_KILL = 50
"""A course of 200 kills is one of 10,000 requests."""
Replayed = Mapping[tuple[int, int], Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """What course it is to be."""

    seed: int
    days: int = 60
    kills: int = 200
    destination: Destination = "duckdb"
    activities: int = 300
    has_whole_days: bool = True
    """Whether there are days of the whole project and of all entities, the last one among them."""

    @property
    def command(self) -> str:
        """What runs the same course again."""
        return (
            f"python -m tests.torture --seed {self.seed} --days {self.days} --kills {self.kills} "
            f"--activities {self.activities} --destination {self.destination}"
        )


@dataclass
class Outcome:
    """What came of it."""

    asked: Asked
    folder: Path
    findings: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    """How it was less than was asked for: on a machine that is busy with other things, strikes come late."""
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nothing was found by all that was asked for."""
        return not (self.findings or self.lacking)


def torture(asked: Asked, *, tell: Callable[[str], None], replayed: Replayed | None = None) -> Outcome:
    """Run it; the folder is kept if anything was found."""
    outcome = Outcome(asked, Path(tempfile.mkdtemp(prefix=f"torture-{asked.seed}-")))
    begun = time.monotonic()
    days = course(asked.seed, days=asked.days, kills=asked.kills, destination=asked.destination)
    if not asked.has_whole_days:
        days = [replace(day, is_whole=False) for day in days]
    options: Any = {"seed": asked.seed, "destination": asked.destination, "activities": asked.activities}
    with rig(outcome.folder, **options) as made:
        story = Story(made, tell, replayed or {})
        try:
            story.begin()
            with readers(made) as seen:
                for day in days:
                    story.live_through(day)
                    if story.findings:  # what is wrong is not to be covered by what comes next
                        outcome.findings += story.findings
                        break
                else:
                    outcome.findings += verdict(story, is_whole=asked.has_whole_days)
        except Exception as error:
            outcome.findings += [*story.findings, f"the course broke off: {type(error).__name__}: {error}"]
            _keep(made)
            raise Broken(outcome) from error
        outcome.findings += [f"torn: {row}" for one in seen for row in one["torn"]]
        outcome.figures = figures(story, seen, days=asked.days, seconds=time.monotonic() - begun)
        outcome.lacking = _lacking(asked, outcome.figures)
        if outcome.findings:
            _keep(made)
    if not outcome.findings:
        shutil.rmtree(outcome.folder)
    return outcome


class Broken(Exception):
    """A course that did not get to its end."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("\n".join(outcome.findings))
        self.outcome = outcome


def _lacking(asked: Asked, found: Mapping[str, Any]) -> list[str]:
    """Whether it was the torture that was asked for."""
    lacking = []
    if found["kills"] < asked.kills:
        lacking.append(f"only {found['kills']} of {asked.kills} kills came in time")
    if found["requests"] < asked.kills * LEAST_REQUESTS_A_KILL:
        lacking.append(f"only {found['requests']:,} requests")
    if not found["reads"]:
        lacking.append("nobody read anything")
    return lacking


def _keep(made: Rig) -> None:
    """Copy what goes with the course: the small file system, what pushes have done, and what the CRMs hold."""
    kept = made.folder / "kept"
    shutil.copytree(made.place.warehouse.parent, kept, dirs_exist_ok=True)
    with suppress(Exception):  # of a course that broke off there is what there is
        held = {table: records(made.place, f"select * from ops.{table}") for table in ("runs", "push_ledger")}
        held |= {crm: made.crm.truth("activities", crm) for crm in ("pipedrive", "deskera")}
        for name, rows in held.items():
            (kept / f"{name}.json").write_text(json.dumps(rows, default=str, indent=1))


def recorded(log: Path) -> Replayed:
    """Where exactly each strike of an earlier course came."""
    events = [json.loads(one) for one in log.read_text().splitlines()]
    return {(one["day"], one["number"]): one["struck"] for one in events}
