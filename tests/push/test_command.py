"""`roundtrip push` as a person or a scheduler meets it: a process, its output and its exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import app
from pipelines.lock import locked
from pipelines.push.showing import LONGEST, SHORTER, shown
from sources.errors import UsageError
from tests.push.project import alive
from tests.support import ADMIN, Sandbox, place_in, sandbox
from tests.test_cli import DONE, PARTIAL, Finished, roundtrip


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


@pytest.fixture(scope="module")
def place(crm: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where users and activities have been loaded."""
    place = tmp_path_factory.mktemp("place")
    done = roundtrip(place, "load", "-e", "users", "-e", "activities", "-e", "activity_types", url=crm.url)
    assert done.returncode == DONE, done.stderr
    return place


@pytest.fixture
def pushed(crm: Sandbox, place: Path) -> Any:
    """Push a file of these lines."""

    def push(lines: str, *options: str) -> Finished:
        (place / "rows.csv").write_text(lines)
        return roundtrip(place, "push", "--from", "rows.csv", "--to", "activities", *options, url=crm.url)

    return push


def test_a_plan_shows_each_field_and_its_price_and_sends_nothing(crm: Sandbox, pushed: Any) -> None:
    number, record = next(iter(alive(crm.truth("activities")).items()))
    before = crm.stats()
    done = pushed(f"push_key,id,subject\nk1,{number},Quite new\n")
    assert (done.returncode, crm.stats()) == (DONE, before), done.stderr
    assert "rows.csv: 1 to update" in done.stdout
    assert f"~ k1 (record {number})" in done.stdout
    assert f"subject  {shown(record['subject'], SHORTER)} → Quite new" in done.stdout
    assert "3 requests, 8 tokens" in done.stdout
    assert "Nothing was sent. The same command with --apply sends it." in done.stdout


def test_an_apply_tells_what_became_of_each_row(crm: Sandbox, pushed: Any) -> None:
    lines = "push_key,subject,type\nc1,Created,call\nc2,Created too,call\n"
    told = json.loads(pushed(lines, "--apply", "--json", "--only", "c1").stdout)
    (target,) = told["targets"]
    assert (told["status"], told["applied"], target["creates"]) == ("done", True, 1)
    ((outcome),) = target["outcomes"]
    assert (outcome["push_key"], outcome["verdict"]) == ("c1", "applied")
    assert alive(crm.truth("activities"))[outcome["record_id"]]["subject"] == "Created"
    assert {one["field"]: one["after"] for one in target["actions"][0]["changes"]} == {
        "subject": "Created",
        "type": "call",
    }


def test_a_row_that_would_be_refused_makes_an_apply_one_in_part(crm: Sandbox, pushed: Any) -> None:
    lines = "push_key,subject,owner_id\nr1,Good,\nr2,Bad,x\n"
    done = pushed(lines, "--apply")
    assert done.returncode == PARTIAL, done.stderr
    assert "owner_id: 'x' is no whole number" in done.stdout
    assert "rows.csv: 1 applied." in done.stdout
    assert "Good" in {one["subject"] for one in alive(crm.truth("activities")).values()}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "rows.csv"), "--from needs --to"),
        (("push_x", "--from", "rows.csv", "--to", "activities"), "no models beside it"),
        (("--from", "rows.csv", "--to", "activitys"), "Did you mean 'activities'?"),
        (("--from", "nothing.at_all", "--to", "activities"), "There is no table or view 'nothing.at_all'"),
        (("--from", "nothing.csv", "--to", "activities"), "nothing.csv cannot be read: No such file"),
        ((), "has no reporting tables yet. Run `roundtrip nightly` first."),
    ],
)
def test_what_cannot_be_pushed_is_said_with_a_way_out(
    crm: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    assert said in _refusal(crm, place, monkeypatch, *options)


def test_a_push_while_another_run_holds_the_warehouse_is_refused(
    crm: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(place_in(place / "data"), "nightly"):
        found = _refusal(crm, place, monkeypatch, "--from", "x.y", "--to", "activities", "--apply")
    assert "Another run holds the warehouse" in found


def _refusal(crm: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What the command says in this process, without the time that a process of its own takes."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("SOURCES__PIPEDRIVE__COMPANY_DOMAIN", crm.url)
    monkeypatch.setenv("SOURCES__PIPEDRIVE__API_TOKEN", ADMIN)
    with pytest.raises(UsageError) as caught:
        app(["push", *options], standalone_mode=False)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "(empty)"),
        (True, "true"),
        ({"a": "ü"}, '{"a": "ü"}'),
        ("a\n  b", "a b"),
        ("x" * 99, "x" * 59 + "…"),
    ],
)
def test_a_value_is_shown_on_one_line(value: Any, expected: str) -> None:
    assert shown(value) == expected
    assert len(shown(value)) <= LONGEST
