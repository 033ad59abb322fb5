"""Whatever step a push is killed in, the next one ends with exactly one record each."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.place import Place
from tests.dialects import IN_DESKERA, IN_PIPEDRIVE, Dialect
from tests.killed_push import AMIDST, INTERRUPTED, PATIENT, ROWS, STEPS
from tests.pushing import Model, target
from tests.support import Sandbox, at_length, place_in, query, run, sandbox

CREATES, UPDATES, DELETES = at_length((120, 60, 20), (30, 15, 5))


def rows_for(crm: Sandbox, dialect: Dialect) -> dict[str, Any]:
    """200 rows, or 50; each tenth create has a twin that differs in its key only; some updates are of one kind."""
    living = dialect.living(crm)
    ids, title, done = list(living), dialect.title, dialect.done
    rows: dict[str, Any] = {
        f"new{number:03}": {
            title: f"Pushed {number - (number % 10 == 1)}",
            dialect.kind: "call",
            "owner_id": 1,
        }
        for number in range(CREATES)
    }
    rows |= {f"old{one}": {"id": one, title: f"Changed {one}"} for one in ids[:UPDATES:2]}
    rows |= {f"old{one}": {"id": one, done: not living[one][done]} for one in ids[1:UPDATES:2]}
    rows |= {f"out{one}": {"id": one, "_delete": True} for one in ids[UPDATES : UPDATES + DELETES]}
    return rows


def pushed_by(crm: Sandbox, place: Place, step: str, dialect: Dialect) -> int:
    """The exit code of a push that meets a step."""
    command = [
        sys.executable,
        "-m",
        "tests.killed_push",
        step,
        dialect.crm,
        crm.url,
        str(place.warehouse),
        place.postgres_url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode, done.stderr
    return done.returncode


def check(crm: Sandbox, model: Model, dialect: Dialect) -> None:
    """The CRM's truth, row by row, and that the warehouse and the ledger know it."""
    truth = {row["id"]: row for row in dialect.truth(crm)}
    made = [row[dialect.title] for row in truth.values() if str(row[dialect.title]).startswith("Pushed")]
    wanted = [row[dialect.title] for key, row in model.rows.items() if key.startswith("new")]
    assert sorted(made) == sorted(wanted)
    for key, row in model.rows.items():
        if key.startswith("old"):
            assert truth[row["id"]].items() >= row.items()
        if key.startswith("out"):
            assert truth[row["id"]]["is_deleted"]
    assert dialect.differences(crm, model.settings) == []
    states = (
        "select verdict, count(*), count(distinct record_id) from ops.push_state group by verdict order by 1"
    )
    found = query(model.settings, states)
    assert {row[0] for row in found} <= {"applied", "already"}
    assert [sum(column) for column in list(zip(*found, strict=True))[1:]] == [len(model.rows)] * 2
    assert model.planned().actions == ()


CHAINS = [[step] for step in STEPS[:6]] + [[STEPS[2], step] for step in STEPS[6:8]]
OF_MANY = [[step] for step in STEPS[8:]]
SOME = [[STEPS[2], STEPS[7]]]
SOME_ON_POSTGRES = [[STEPS[4]]]
"""A process takes seconds to start; `make soak` kills at every step, on both."""


def cases(
    full: list[list[str]], short: list[list[str]], short_in_deskera: list[list[str]]
) -> pytest.MarkDecorator:
    """Which steps, in which CRM; only Deskera changes many at once."""
    chosen = [(IN_PIPEDRIVE, steps) for steps in at_length(full, short)]
    chosen += [(IN_DESKERA, steps) for steps in at_length(full + OF_MANY, short_in_deskera)]
    ids = [f"{dialect.crm}, {', then '.join(steps)}" for dialect, steps in chosen]
    return pytest.mark.parametrize(("dialect", "steps"), chosen, ids=ids)


def prepared(crm: Sandbox, place: Place, dialect: Dialect) -> Model:
    settings = crm.settings(place, crm=dialect.crm, entities=dialect.entities, settling=0, patience=PATIENT)
    run(settings)
    rows = rows_for(crm, dialect)
    model = Model(settings, target(crm=dialect.crm, allow_deletes=True), rows)
    place.warehouse.with_name(ROWS).write_text(json.dumps(model.rows))
    return model


def killed_and_made_good(place: Place, steps: list[str], dialect: Dialect) -> None:
    with sandbox(100, crms=[dialect.crm]) as crm:
        model = prepared(crm, place, dialect)
        for step in steps:
            assert pushed_by(crm, place, step, dialect) == -signal.SIGKILL
        outcomes = model.push()
        assert {one.verdict for one in outcomes.values()} <= {"applied", "already"}
        check(crm, model, dialect)


@cases(CHAINS, SOME, OF_MANY[:1])
def test_a_push_killed_at_any_step_is_made_good_by_the_next(
    dialect: Dialect, steps: list[str], tmp_path: Path
) -> None:
    killed_and_made_good(place_in(tmp_path), steps, dialect)


@cases(CHAINS, SOME_ON_POSTGRES, [])
def test_a_push_killed_at_any_step_is_made_good_on_postgres_too(
    dialect: Dialect, steps: list[str], postgres_place: Place
) -> None:
    killed_and_made_good(postgres_place, steps, dialect)


def test_after_an_interrupt_what_was_under_way_is_recorded_and_nothing_is_left_open(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with sandbox(100) as crm:
        model = prepared(crm, place, IN_PIPEDRIVE)
        assert pushed_by(crm, place, INTERRUPTED, IN_PIPEDRIVE) == -signal.SIGINT
        done = len([row for row in crm.truth("activities") if row["subject"].startswith("Pushed")])
        assert AMIDST <= done < AMIDST + 18
        states = query(place, "select verdict, count(*) from ops.push_state group by 1")
        assert states == [("applied", done)]
        assert query(place, "select status from ops.runs where command = 'push'") == [("failed",)]
        model.push()
        check(crm, model, IN_PIPEDRIVE)
