"""Whatever step a push is killed in, the next one ends with exactly one record each."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.place import Place
from tests.killed_push import AMIDST, INTERRUPTED, ROWS, STEPS
from tests.pushing import Model, target
from tests.support import PIPEDRIVE, Sandbox, at_length, differences, place_in, query, run, sandbox

CREATES, UPDATES, DELETES = at_length((120, 60, 20), (30, 15, 5))
ACTIVITIES = PIPEDRIVE.entities["activities"]


def rows_for(crm: Sandbox) -> dict[str, Any]:
    """200 rows, or 50; each tenth create has a twin that differs in its key only."""
    living = [row["id"] for row in crm.truth("activities") if not row["is_deleted"]]
    owner = crm.truth("users")[0]["id"]
    rows: dict[str, Any] = {
        f"new{number:03}": {
            "subject": f"Pushed {number - (number % 10 == 1)}",
            "type": "call",
            "owner_id": owner,
        }
        for number in range(CREATES)
    }
    rows |= {f"old{one}": {"id": one, "subject": f"Changed {one}"} for one in living[:UPDATES]}
    rows |= {f"out{one}": {"id": one, "_delete": True} for one in living[UPDATES : UPDATES + DELETES]}
    return rows


def pushed_by(crm: Sandbox, place: Place, step: str) -> int:
    """The exit code of a push that meets a step."""
    command = [
        sys.executable,
        "-m",
        "tests.killed_push",
        step,
        crm.url,
        str(place.warehouse),
        place.postgres_url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode, done.stderr
    return done.returncode


def check(crm: Sandbox, model: Model) -> None:
    """The CRM's truth, row by row, and that the warehouse and the ledger know it."""
    truth = {row["id"]: row for row in crm.truth("activities")}
    subjects = sorted(row["subject"] for row in truth.values() if row["subject"].startswith("Pushed"))
    assert subjects == sorted(row["subject"] for key, row in model.rows.items() if key.startswith("new"))
    for key, row in model.rows.items():
        if key.startswith("old"):
            assert truth[row["id"]]["subject"] == row["subject"]
        if key.startswith("out"):
            assert truth[row["id"]]["is_deleted"]
    assert differences(crm, model.settings, ACTIVITIES) == []
    states = (
        "select verdict, count(*), count(distinct record_id) from ops.push_state group by verdict order by 1"
    )
    found = query(model.settings, states)
    assert {row[0] for row in found} <= {"applied", "already"}
    assert [sum(column) for column in list(zip(*found, strict=True))[1:]] == [len(model.rows)] * 2
    assert model.planned().actions == ()


CHAINS = [[step] for step in STEPS[:6]] + [[STEPS[2], step] for step in STEPS[6:]]
SOME = [[STEPS[2], STEPS[7]]]
SOME_ON_POSTGRES = [[STEPS[4]]]
"""A process takes seconds to start; `make soak` kills at every step, on both."""


def prepared(crm: Sandbox, place: Place) -> Model:
    settings = crm.settings(place, entities=("users", "activities"), settling=0)
    run(settings)
    model = Model(settings, target(allow_deletes=True), rows_for(crm))
    place.warehouse.with_name(ROWS).write_text(json.dumps(model.rows))
    return model


def killed_and_made_good(place: Place, steps: list[str]) -> None:
    with sandbox(100) as crm:
        model = prepared(crm, place)
        for step in steps:
            assert pushed_by(crm, place, step) == -signal.SIGKILL
        outcomes = model.push()
        assert {one.verdict for one in outcomes.values()} <= {"applied", "already"}
        check(crm, model)


@pytest.mark.parametrize("steps", at_length(CHAINS, SOME), ids=", then ".join)
def test_a_push_killed_at_any_step_is_made_good_by_the_next(steps: list[str], tmp_path: Path) -> None:
    killed_and_made_good(place_in(tmp_path), steps)


@pytest.mark.parametrize("steps", at_length(CHAINS, SOME_ON_POSTGRES), ids=", then ".join)
def test_a_push_killed_at_any_step_is_made_good_on_postgres_too(
    steps: list[str], postgres_place: Place
) -> None:
    killed_and_made_good(postgres_place, steps)


def test_after_an_interrupt_what_was_under_way_is_recorded_and_nothing_is_left_open(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with sandbox(100) as crm:
        model = prepared(crm, place)
        assert pushed_by(crm, place, INTERRUPTED) == -signal.SIGINT
        done = len([row for row in crm.truth("activities") if row["subject"].startswith("Pushed")])
        assert AMIDST <= done < AMIDST + 18
        states = query(place, "select verdict, count(*) from ops.push_state group by 1")
        assert states == [("applied", done)]
        assert query(place, "select status from ops.runs where command = 'push'") == [("failed",)]
        model.push()
        check(crm, model)
