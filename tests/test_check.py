"""What `roundtrip check` finds: of the CRM, the warehouse and this machine, without changing any of them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pendulum
import pytest

from pipelines.check import Checked, Finding, check, crm, places, rights, show, warehouse
from pipelines.check.holding import holder_of
from pipelines.check.postgres import needed
from pipelines.check.reach import Reach, Reached
from pipelines.place import Place
from pipelines.warehouse.versions import Version
from sources.budget import Tally
from sources.crm import Account
from sources.errors import NotAllowed
from tests.support import Sandbox, execute, place_in, run, sandbox, settings_of

NOON = pendulum.datetime(2026, 10, 2, 12)
ACCOUNT = Account(1, "Ada", "Acme", 7, is_admin=True, server_time=NOON)
NOT_MINE = NotAllowed("/v1/roles answered 403.", way_out="Ask an admin.")


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with sandbox(30) as running:
        yield running


def only(found: Checked, area: str) -> Finding:
    (one,) = [one for one in found.findings if one.area == area]
    return one


def reached(tmp_path: Path, **changes: Any) -> Reached:
    settings = replace(
        settings_of("pipedrive", "http://127.0.0.1:1", place_in(tmp_path)), entities=("deals",)
    )
    found = Reached(settings, ACCOUNT, (), Tally(requests=3, tokens=22), 90_000, 100_000, 40, 0.2)
    return replace(found, **changes)


def judged(found: Reached, area: str) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in crm.findings_of(found) if one.area == area]


# --- what a CRM's answers mean ---


@pytest.mark.parametrize(
    ("ahead", "level", "told"),
    [
        (10.0, "ok", "less than 10 s apart"),
        (-10.0, "ok", "less than 10 s apart"),
        (10.5, "warning", "10 s ahead of pipedrive's"),
        (-61.0, "warning", "61 s behind pipedrive's"),
        (-3_600.0, "warning", "60 minutes behind pipedrive's"),
        (5_400_000.0, "warning", "62 days ahead of pipedrive's"),
    ],
)
def test_a_clock_that_is_wrong_is_told_with_what_it_does(
    tmp_path: Path, ahead: float, level: str, told: str
) -> None:
    ((found, message),) = judged(reached(tmp_path, ahead=ahead), "clock")
    assert (found, told in message) == (level, True), message
    assert ("No change is missed" in message) == (level == "warning")


@pytest.mark.parametrize(
    ("left", "level"), [(90_000, "ok"), (5_000, "ok"), (4_999, "warning"), (0, "warning"), (None, "ok")]
)
def test_a_budget_that_is_nearly_spent_is_a_warning(tmp_path: Path, left: int | None, level: str) -> None:
    ((found, message),) = judged(reached(tmp_path, tokens_left=left), "limits")
    assert found == level
    assert ("names no limits" in message) == (left is None)


def test_what_is_skipped_is_a_warning_what_is_refused_a_problem_and_both_say_why(tmp_path: Path) -> None:
    lists = (
        Reach("deals", "/api/v2/deals", None, ()),
        Reach("roles", "/v1/roles", NOT_MINE, (), optional=True),
        Reach("persons", "/api/v2/persons", NOT_MINE, ()),
        Reach("stages", "/api/v2/stages", None, ("mood",)),
    )
    found = [one for one in crm.findings_of(reached(tmp_path, reach=lists)) if one.area == "lists"]
    assert [one.level for one in found] == ["ok", "warning", "problem", "warning"]
    assert [one.remedy for one in found[1:3]] == ["Ask an admin."] * 2
    assert "mood" in found[3].message
    assert "_extra" in found[3].remedy


@pytest.mark.parametrize("is_admin", [True, False, None])
def test_what_may_be_written_is_not_claimed_to_have_been_tried(
    tmp_path: Path, *, is_admin: bool | None
) -> None:
    asked = reached(tmp_path, account=replace(ACCOUNT, is_admin=is_admin))
    ((level, message),) = [(one.level, one.message) for one in rights.findings_of(asked, [])]
    assert level == "ok"
    assert message.startswith("activities, deals, persons: ")
    assert ("global admin" in message) == (is_admin is True)
    assert message.endswith("Not tried: only a write would tell.")


def test_what_belongs_to_single_records_is_said_to_be_untried(served: Sandbox, tmp_path: Path) -> None:
    found = check(served.settings(tmp_path, entities=("deals", "deal_products")))
    assert found.well
    assert any(one.message.startswith("deal_products: not tried") for one in found.findings)


def test_the_clock_is_compared_with_the_servers(tmp_path: Path) -> None:
    with sandbox(20, start=pendulum.now("UTC")) as crm_of_today:
        found = check(crm_of_today.settings(tmp_path, entities=("stages",)))
        assert only(found, "clock").level == "ok"
        crm_of_today.control("clock", by=3_600)
        found = check(crm_of_today.settings(tmp_path, entities=("stages",)))
    assert "60 minutes behind pipedrive's" in only(found, "clock").message


def test_a_crm_that_does_not_let_us_in_leaves_the_rest_to_be_looked_at(
    served: Sandbox, tmp_path: Path
) -> None:
    found = check(served.settings(tmp_path, token="wr0ng"))
    assert [one.area for one in found.findings if one.level == "problem"] == ["account"]
    assert ".dlt/secrets.toml" in only(found, "account").remedy
    assert only(found, "warehouse").level == "ok"


@pytest.mark.parametrize("company", ["Acme [/b]", "[red]Acme"])
def test_names_are_shown_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], company: str
) -> None:
    found = reached(tmp_path, account=replace(ACCOUNT, company=company))
    show(Checked(("pipedrive",), (found,), tuple(crm.findings_of(found))))
    told = capsys.readouterr().out
    assert company in told
    assert "All is well." in told


# --- the warehouse ---


def test_nothing_is_made_by_looking(served: Sandbox, tmp_path: Path) -> None:
    found = check(served.settings(tmp_path / "not/there", entities=("stages",)))
    assert only(found, "warehouse").message.endswith("is not there yet: the first run makes it.")
    assert not list(tmp_path.iterdir())


def test_a_warehouse_is_left_as_it_is_and_its_latest_run_told(served: Sandbox, tmp_path: Path) -> None:
    settings = served.settings(tmp_path, entities=("stages",))
    run(settings, "stages")
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    bytes_before = settings.place.warehouse.read_bytes()
    found = check(settings)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before
    assert settings.place.warehouse.read_bytes() == bytes_before
    assert "can be read and written" in only(found, "warehouse").message
    assert only(found, "runs").message.startswith("The latest load began ")
    execute(settings, "update ops.runs set started_at = started_at - interval 3 day")
    assert only(check(settings), "runs").level == "warning"


@pytest.mark.parametrize("how", ["read_only=True", "read_only=False"])
def test_whoever_holds_the_file_is_named(served: Sandbox, tmp_path: Path, how: str) -> None:
    settings = served.settings(tmp_path, entities=("stages",))
    execute(settings, "create table t (i int)")
    assert holder_of(settings.place.warehouse) is None
    hold = f"import duckdb, time; c = duckdb.connect('{settings.place.warehouse}', {how}); print('held', flush=True); "
    with subprocess.Popen([sys.executable, "-c", f"{hold}time.sleep(60)"], stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        found = only(check(settings), "warehouse")
        other.kill()
    assert (found.level, f"(process {other.pid}) holds" in found.message) == ("problem", True)
    assert "Close it there" in found.remedy


def test_a_run_that_is_under_way_is_no_fault(served: Sandbox, tmp_path: Path) -> None:
    settings = served.settings(tmp_path, entities=("stages",))
    night = (
        "import duckdb, os, sys, time; from pathlib import Path; from pipelines.lock import locked\n"
        "from tests.support import place_in; place = place_in(Path(sys.argv[1]))\n"
        "with locked(place, 'nightly'), duckdb.connect(str(place.warehouse)):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", night, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        found = only(check(settings), "warehouse")
        other.kill()
    assert (found.level, f"`nightly`, process {other.pid}" in found.message) == ("warning", True)


@pytest.mark.parametrize(
    ("run_of_then", "level", "told"),
    [
        (None, "ok", "No run yet"),
        ({"status": "done", "hours": 35}, "ok", "; done."),
        ({"status": "done", "hours": 50}, "warning", "50 hours ago"),
        ({"status": "failed", "hours": 1, "problem": "no room"}, "warning", "failed: no room"),
        ({"status": "killed", "hours": 1}, "warning", "killed"),
    ],
)
def test_the_latest_run_tells_whether_runs_go_on(
    run_of_then: dict[str, Any] | None, level: str, told: str
) -> None:
    begun = {"command": "nightly", "problem": None, **(run_of_then or {})}
    row = begun | {"started_at": NOON.subtract(hours=begun["hours"])} if run_of_then else None
    found = warehouse.age("pipedrive", row, NOON)
    assert (found.level, told in found.message) == (level, True), found.message


@pytest.mark.parametrize(
    ("found", "level", "told"),
    [
        ((None, 3), "ok", "raw_pipedrive is of version 3."),
        ((2, 3), "ok", "ops is of version 2, raw_pipedrive is of version 3."),
        ((1, 3), "warning", "this Roundtrip makes version 2 of ops."),
        ((1, 4), "problem", "this Roundtrip knows version 2 of ops, 3 of raw_pipedrive."),
        ((None, None), "ok", "There are none yet."),
    ],
)
def test_a_warehouse_of_another_version_is_told(
    found: tuple[int | None, int | None], level: str, told: str
) -> None:
    of_each = [Version("ops", 2, found[0]), Version("raw_pipedrive", 3, found[1])]
    finding = warehouse.schema(of_each)
    assert (finding.level, told in finding.message) == (level, True), finding.message


def test_a_warehouse_that_a_newer_roundtrip_made_is_a_problem(served: Sandbox, tmp_path: Path) -> None:
    settings = served.settings(tmp_path, entities=("stages",))
    run(settings, "stages")
    assert "ops is of version" in only(check(settings), "schemas").message
    execute(settings, "update ops.schema_versions set version = 99 where schema_name = 'ops'")
    found = check(settings)
    assert only(found, "schemas").remedy.startswith("Upgrade Roundtrip")
    assert not [one for one in found.findings if one.area == "runs"]


def test_a_file_that_is_no_warehouse_is_a_problem(served: Sandbox, tmp_path: Path) -> None:
    settings = served.settings(tmp_path, entities=("stages",))
    settings.place.warehouse.write_text("precious " * 1000)
    assert "DuckDB cannot open" in only(check(settings), "warehouse").message


def test_a_table_that_is_another_users_is_told_on_postgres(postgres_place: Place) -> None:
    place = postgres_place
    execute(place, "create role stranger")
    execute(place, "create schema raw_pipedrive")
    execute(place, "create table raw_pipedrive.deals (id int)")
    execute(place, "create role short_of_rights login password 'well-kept'")
    execute(place, f"grant create on database {place.database} to short_of_rights")
    execute(place, "grant all on schema raw_pipedrive to short_of_rights")
    url = place.postgres_url.replace("//postgres:", "//short_of_rights:")
    guest = replace(place, postgres_url=url)
    told = list(warehouse.findings_of(guest, []))
    assert [one.level for one in told if one.area == "warehouse"] == ["ok"], (
        "the schema is no CRM's that is set"
    )
    told = list(warehouse.findings_of(guest, [settings_of("pipedrive", "", place).crm]))
    (found,) = [one for one in told if one.area == "warehouse"]
    assert (
        found.level,
        "the table deals of the schema raw_pipedrive is another user's" in found.message,
    ) == (
        "problem",
        True,
    )
    execute(place, "drop owned by short_of_rights cascade")
    execute(place, "drop role short_of_rights")
    execute(place, "drop role stranger")


def test_every_schema_that_is_built_must_be_writable() -> None:
    assert {"raw_x", "raw_x_staging", "ops", "build", "build_staging", "push", "reports"} <= {
        *needed(["raw_x"])
    }


# --- files of this machine ---


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert "is a file, not a folder" in places.written("reports", tmp_path / "taken/r.duckdb").message
    assert "is a folder" in places.written("dashboard", tmp_path).message
    assert "Set roundtrip.dashboard" in places.written("dashboard", tmp_path).remedy
    assert places.written("reports", tmp_path / "new/folder/r.duckdb").level == "ok"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else_is_a_problem() -> None:
    assert places.written("reports", Path("/r.duckdb")).level == "problem"


@pytest.mark.parametrize(("free", "level"), [(7e9, "ok"), (5.9e9, "warning"), (9e7, "problem")])
def test_a_disk_that_is_nearly_full_is_told(free: float, level: str) -> None:
    assert places.room(Path("data"), int(free), held=5_000_000_000).level == level


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "warning"), (0o604, "warning")])
def test_secrets_that_others_may_read_are_a_warning(tmp_path: Path, mode: int, level: str) -> None:
    file = tmp_path / "secrets.toml"
    assert list(places.secrets(file)) == []
    file.touch(mode=mode)
    (found,) = places.secrets(file)
    assert (found.level, found.remedy) == (level, f"`chmod 600 {file}`" if level == "warning" else "")


def test_a_secret_in_the_file_that_git_keeps_is_a_warning_that_does_not_show_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert list(places.misplaced(file, tmp_path / "secrets.toml")) == []
    file.write_text(
        '[sources.pipedrive]\ncompany_domain = "acme"\napi_token = "t0ken"\nclient_secret = ""\n'
        '[alerts]\nsmtp_password = "w0rd"\n'
    )
    found = list(places.misplaced(file, tmp_path / "secrets.toml"))
    assert [one.level for one in found] == ["warning", "warning"]
    assert [one.message.split()[0] for one in found] == [
        "alerts.smtp_password",
        "sources.pipedrive.api_token",
    ]
    assert not any(secret in f"{found}" for secret in ("t0ken", "w0rd"))
