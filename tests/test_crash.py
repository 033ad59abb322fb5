"""Whatever step a run is killed in, the next one brings the warehouse to the truth, without a row twice."""

import signal
import subprocess
import sys

import pytest

from pipelines.place import Place
from sources.sandbox.clock import stamp
from tests.killed import STEPS
from tests.support import FEW, PIPEDRIVE, Sandbox, at_length, differences, erase, query, run, sandbox

LEAVE_NOTHING = ("in extract", "after everything but the record of it")


def killed(crm: Sandbox, place: Place, step: str) -> None:
    command = [sys.executable, "-m", "tests.killed", step, crm.url, str(place.warehouse), place.postgres_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


AGAIN = "reading it again"
"""Said of a package that cannot be loaded: on Postgres, when a file was staged twice."""
FIRST = [
    ("first load", step)
    for step in at_length(
        STEPS, ("in extract", "as folders for packages are made", "in load", "after a file was loaded")
    )
]
LATER = [("later load", step) for step in STEPS]


@pytest.mark.parametrize(("when", "step"), [*FIRST, *LATER])
def test_a_run_killed_at_any_step_is_made_good_by_the_next(
    when: str, step: str, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    days_before = int(when == "later load")
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        if days_before:
            run(settings)
            crm.control("advance", days=days_before)
        killed(crm, place, step)
        crm.control("advance", days=1)
        now = stamp(crm.server.clock.now())
        steps: list[str] = []
        assert run(settings, watch=lambda _run, begun: steps.append(begun)).status == "done"
        assert ("finishing what an interrupted run has read" in steps) is (step not in LEAVE_NOTHING)
        assert "extracting" in steps, "the run goes on to what is new"
        if not days_before and (step == "in extract" or AGAIN in caplog.text):
            crm.begun = now  # nothing was kept, so what was deleted until then was never seen
        found = [line for name in FEW for line in differences(crm, settings, PIPEDRIVE.entities[name])]
        assert found == []
        statuses = [
            status for (status,) in query(settings, "select status from ops.runs order by started_at")
        ]
        assert statuses == ["done"] * days_before + ["killed", "done"]


def test_a_warehouse_that_was_deleted_is_read_from_the_beginning(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        first = run(settings)
        erase(place)
        again = run(settings)
        assert again.total("inserted") == first.total("inserted")
        assert differences(crm, settings, PIPEDRIVE.entities["activities"]) == []


def test_a_warehouse_whose_state_folder_was_lost_goes_on_from_its_own_record(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        settings.place.state_dir.rename(place.state_dir.with_name("lost"))
        crm.control("advance", days=1)
        second = run(settings)
        activities = next(one for one in second.entities if one.plan.entity.name == "activities")
        assert activities.plan.since
        assert differences(crm, settings, activities.plan.entity) == []
