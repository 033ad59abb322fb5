"""Pushes to Deskera: the planner, the ledger and the applier are those of every CRM; here is what is its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.place import Place
from pipelines.push.acting import FOUND
from pipelines.push.columns import Taken
from pipelines.push.wanted import Rows, wanted_rows
from tests.pushing import Model, target, verdicts
from tests.support import DESKERA_TOKEN, Sandbox, query, run, sandbox

PATH = "/v1/crm/activities"
HEADERS = {"x-access-token": DESKERA_TOKEN}
ALIKE = "name, notes, is_status, visibility_type, owner_id, activity_type, is_send_invitation"
FULL = target(crm="deskera", allow_deletes=True)


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(40, crms=("deskera",)) as served:
        yield served


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse that is loaded: from the same seed comes the same account."""
    folder = tmp_path_factory.mktemp("loaded")
    with sandbox(40, crms=("deskera",)) as served:
        run(served.settings(folder, crm="deskera"))
    return folder


@pytest.fixture
def model(crm: Sandbox, loaded: Path, tmp_path: Path) -> Model:
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    return Model(crm.settings(tmp_path, crm="deskera", settling=0), FULL)


@pytest.fixture
def either(crm: Sandbox, place: Place) -> Model:
    """On DuckDB, and on Postgres."""
    settings = crm.settings(place, crm="deskera", settling=0)
    run(settings)
    return Model(settings, FULL)


def living(crm: Sandbox) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in crm.truth("activities", "deskera") if not row["is_deleted"]}


def held(model: Model) -> dict[int, tuple[Any, ...]]:
    rows = query(model.settings, f"select id, {ALIKE} from raw_deskera.activities where not is_deleted")
    return {row[0]: row[1:] for row in rows}


def is_known(crm: Sandbox, model: Model) -> bool:
    """Whether the warehouse has all that the CRM has."""
    return held(model) == {
        number: tuple(row[name] for name in ALIKE.split(", ")) for number, row in living(crm).items()
    }


def asked(crm: Sandbox) -> dict[str, int]:
    """How often each writing endpoint was asked."""
    endpoints = crm.stats()["endpoints"].items()
    counts = {name.replace(PATH[1:], ""): count["requests"] for name, count in endpoints}
    return {name: count for name, count in counts.items() if not name.startswith("GET")}


def edit(crm: Sandbox, record_id: int, **values: Any) -> None:
    """What a person does there, whose notes are lost by it."""
    row = living(crm)[record_id]
    kept = [one.name for one in FULL.pushing.fields if one.name != "notes" and row[one.name] is not None]
    body = {**{name: row[name] for name in kept}, **values}
    crm.server.clock.forward(1)
    httpx.put(f"{crm.url}{PATH}/{record_id}", json=body, headers=HEADERS).raise_for_status()


def test_creates_updates_and_deletes_are_done_and_the_next_plan_is_empty(crm: Sandbox, either: Model) -> None:
    before = living(crm)
    first, second, third = sorted(before)[:3]
    either.rows = {
        "new": {
            "name": "Call back",
            "activity_type": "call",
            "start": "2026-10-05T13:15:00Z",
            "end": "2026-10-05T13:30:00Z",
            "notes": "<b>Grüße</b>",
            "contact_ids": [2, 1],
            "linked_to": 4,
        },
        "renamed": {"id": first, "name": "Renamed", "is_status": True},
        "emptied": {"id": second, "notes": None, "contact_ids": None, "linked_to": None, "start": None},
        "out": {"id": third, "_delete": True},
    }
    assert set(verdicts(either.push()).values()) == {"applied"}
    after = living(crm)
    assert after.keys() == before.keys() - {third} | {max(after)}
    assert (after[max(after)]["notes"], after[max(after)]["contact_ids"]) == ("<b>Grüße</b>", [1, 2])
    assert (after[first]["name"], after[first]["notes"]) == ("Renamed", before[first]["notes"])
    assert (after[second]["notes"], after[second]["contact_ids"], after[second]["start"]) == ("", [], None)
    assert is_known(crm, either)
    assert either.planned().actions == ()
    crm.server.clock.forward(2)
    read = run(either.settings, "activities").entities[0]
    assert (read.inserted, read.updated, read.deleted) == (0, 0, 0)


def test_rows_that_change_only_status_or_visibility_go_together_by_what_they_become(
    crm: Sandbox, model: Model
) -> None:
    rows = sorted(living(crm).items())[:24]
    done = {
        f"a{number}": {"id": number, "is_status": not row["is_status"], "visibility_type": "team"}
        for number, row in rows
    }
    deletes = {f"d{number}": {"id": number, "_delete": True} for number in sorted(living(crm))[30:35]}
    model.rows = {**done, **deletes}
    crm.control("stats/reset")
    assert set(verdicts(model.push()).values()) == {"applied"}
    # Those that became done, those that were reopened, each with or without a new visibility.
    assert asked(crm)["POST /bulkDelete"] == 1
    assert asked(crm).keys() == {"PATCH /bulkUpdate", "POST /bulkDelete"}
    assert asked(crm)["PATCH /bulkUpdate"] <= 4
    assert is_known(crm, model)
    assert model.planned().actions == ()


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", f"{PATH}/bulkUpdate"), ("POST", f"{PATH}/bulkDelete")]
)
def test_what_became_of_many_whose_answer_was_lost_is_read_row_by_row(
    crm: Sandbox, model: Model, method: str, path: str
) -> None:
    wanted = {"is_status": True} if method == "PATCH" else {"_delete": True}
    chosen = [number for number, row in sorted(living(crm).items()) if not row["is_status"]][:4]
    model.rows = {f"r{number}": {"id": number, **wanted} for number in chosen}
    crm.arm("failed_after", path=path, method=method)
    outcomes = model.push()
    assert {(one.verdict, one.reason) for one in outcomes.values()} == {("applied", FOUND)}
    assert asked(crm) == {f"{method} {path.removeprefix(PATH)}": 1}
    assert is_known(crm, model)
    assert model.planned().actions == ()


def test_one_row_that_is_gone_stops_no_other_of_many(crm: Sandbox, model: Model) -> None:
    chosen = [number for number, row in sorted(living(crm).items()) if not row["is_status"]][:4]
    httpx.delete(f"{crm.url}{PATH}/{chosen[0]}", headers=HEADERS).raise_for_status()
    model.rows = {f"r{number}": {"id": number, "is_status": True} for number in chosen}
    outcomes = verdicts(model.push())
    assert outcomes == {f"r{number}": "applied" for number in chosen} | {f"r{chosen[0]}": "gone"}


def test_what_somebody_changed_since_is_left_and_the_rest_is_written(crm: Sandbox, model: Model) -> None:
    first, second = sorted(living(crm))[:2]
    edit(crm, first, name="Theirs")
    edit(crm, second, name="Theirs")
    model.rows = {
        "some": {"id": first, "name": "Ours", "user_timezone": "Asia/Tokyo"},
        "all": {"id": second, "name": "Ours"},
    }
    assert verdicts(model.push()) == {"some": "applied", "all": "conflict"}
    truth = living(crm)
    assert (truth[first]["name"], truth[first]["user_timezone"]) == ("Theirs", "Asia/Tokyo")
    assert truth[second]["name"] == "Theirs"


@pytest.mark.parametrize("kind", ["reset", "failed_after"])
def test_a_creation_whose_answer_was_lost_is_found_and_made_once(
    crm: Sandbox, model: Model, kind: str
) -> None:
    model.rows = {f"n{number}": {"name": f"Once {number}", "activity_type": "call"} for number in range(3)}
    crm.arm(kind, path=PATH, method="POST")
    outcomes = model.push()
    assert set(verdicts(outcomes).values()) == {"applied"}
    assert [one.reason for one in outcomes.values()].count(FOUND) == 1
    assert sorted(row["name"] for row in living(crm).values() if row["name"].startswith("Once")) == [
        "Once 0", "Once 1", "Once 2",
    ]  # fmt: skip
    assert model.planned().actions == ()


def test_a_creation_that_could_not_be_read_back_is_known_and_not_made_again(
    crm: Sandbox, model: Model
) -> None:
    model.rows = {"n": {"name": "Unread", "activity_type": "call"}}
    crm.arm("server_error", path=f"{PATH}/[0-9]*", method="GET", times=None)
    (outcome,) = model.push().values()
    crm.calm()
    assert outcome.verdict == "applied"
    assert living(crm)[outcome.record_id or 0]["name"] == "Unread"
    crm.server.clock.forward(2)
    run(model.settings, "activities")
    assert model.planned().actions == ()
    assert model.push() == {}


def test_a_field_that_is_not_as_it_was_after_an_update_is_told_as_a_conflict(
    crm: Sandbox, model: Model
) -> None:
    strange = next(number for number, row in living(crm).items() if "<script>" in row["name"])
    crm.control("normalise", crm="deskera", fields=["name"])
    model.rows = {"r": {"id": strange, "user_timezone": "Asia/Tokyo"}}
    (outcome,) = model.push().values()
    assert (outcome.verdict, "name" in outcome.reason) == ("conflict", True)
    assert is_known(crm, model)
    assert model.planned().actions == ()


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("activity_type", "fax", "is none of call, meeting, task, deadline, email, lunch"),
        ("visibility_type", "secret", "is none of private, public, team"),
        ("start", "2026-10-05 13:15", "no time with its zone"),
        ("end", "9999-12-31T23:59:59Z", "no time with its zone"),
        ("contact_ids", '["1"]', "no list of whole numbers"),
        ("linked_to", "four", "no whole number"),
        ("is_status", "yes", "neither true nor false"),
    ],
)
def test_a_value_that_deskera_would_refuse_is_told_and_never_sent(column: str, value: str, told: str) -> None:
    rows = Rows(["push_key", column], [["k", value]], are_texts=True)
    (wanted,) = wanted_rows(rows, [Taken(column, FULL.fields[column])])
    assert told in "; ".join(wanted.problems)


def test_what_the_crm_says_for_nothing_is_nothing(crm: Sandbox, model: Model) -> None:
    for name, ways in {
        "linked_to": (0, None),
        "start": ("0001-01-01T00:00:00Z", None),
        "notes": ("", None),
    }.items():
        without = next(number for number, row in living(crm).items() if not row[name])
        for nothing in ways:
            model.rows = {"r": {"id": without, name: nothing}}
            assert model.planned().actions == ()
