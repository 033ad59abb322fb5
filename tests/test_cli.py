"""The command as a person, a scheduler or a script meets it: a process, its output and its exit code."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer

from pipelines.alerts.outcome import INTERRUPTED
from pipelines.cli import app
from pipelines.lock import locked
from tests.support import ADMIN, FREE, REGULAR, Sandbox, sandbox

DONE, FAILED, USAGE, PARTIAL = 0, 1, 2, 3
WRONG = "wr0ng" * 8
Finished = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


def roundtrip(place: Path, *arguments: str, url: str = "", token: str = ADMIN, **settings: str) -> Finished:
    """Run the command in `place`. Whatever happens, nobody sees the token, and a traceback only who asked for it."""
    given = {"SOURCES__PIPEDRIVE__COMPANY_DOMAIN": url, "SOURCES__PIPEDRIVE__API_TOKEN": token if url else ""}
    told = {name.upper(): value for name, value in {**given, **settings}.items() if value}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment = {**kept, **told, "HOME": str(place)}
    command = [sys.executable, "-m", "pipelines", *arguments]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert token not in done.stdout + done.stderr
    assert ("Traceback" in done.stdout + done.stderr) <= ("--debug" in arguments), done.stderr
    return done


def failure(done: Finished, code: int = USAGE) -> str:
    """The one sentence that a failure ends with."""
    assert done.returncode == code, done.stdout + done.stderr
    return next(line for line in done.stderr.splitlines() if line.startswith("Error: "))


# --- what works ---


@pytest.fixture(scope="module")
def place(crm: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a warehouse from one nightly run."""
    place = tmp_path_factory.mktemp("place")
    done = roundtrip(place, "nightly", "--json", url=crm.url)
    assert done.returncode == DONE, done.stderr
    (place / "nightly.json").write_text(done.stdout)
    (place / "nightly.log").write_text(done.stderr)
    return place


def test_nightly_prints_one_json_document_and_its_steps_elsewhere(place: Path) -> None:
    run = json.loads((place / "nightly.json").read_text())
    assert (run["command"], run["status"], run["problem"]) == ("nightly", "done", None)
    assert {entity["status"] for entity in run["entities"].values()} == {"done"}
    assert run["rows"] == run["inserted"] > 100
    log = (place / "nightly.log").read_text()
    assert all(step in log for step in ("connecting", "extracting", "normalizing", "loading"))


def test_a_plan_asks_nothing_and_a_reconciliation_costs_what_was_announced(
    crm: Sandbox, tmp_path: Path
) -> None:
    place = tmp_path
    assert roundtrip(place, "load", "-e", "stages", "-e", "users", url=crm.url).returncode == DONE
    before = crm.stats()["requests"]
    done = roundtrip(place, "plan", "reconcile", "-e", "stages", "-e", "users", "--json", url=crm.url)
    plan = json.loads(done.stdout)
    assert crm.stats()["requests"] == before
    assert [one["entity"] for one in plan["entities"]] == ["", "users", "stages"]
    done = roundtrip(place, "reconcile", "-e", "stages", "-e", "users", "--json", url=crm.url)
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"], found["differences"]) == (DONE, "done", 0)
    assert found["planned"]["tokens"] == found["tokens"] == plan["tokens"] == 27
    assert all(one["is_proved"] for one in found["reconciliations"].values())
    assert "reconcile: about 3 requests, 27 tokens" in done.stderr


def test_load_prints_a_table_and_what_it_cost(crm: Sandbox, place: Path) -> None:
    done = roundtrip(place, "load", "--entity", "deals", "-e", "stages", url=crm.url)
    assert done.returncode == DONE
    assert "load: done in" in done.stdout
    assert {line.split()[0] for line in done.stdout.splitlines() if line.endswith("done")} == {
        "deals",
        "stages",
    }
    assert "tokens" in done.stdout


def test_backfill_says_what_it_read_and_what_no_window_tells(crm: Sandbox, place: Path) -> None:
    window = ("--from", "2026-01-01", "--to", "2026-09-01T12:00:00+02:00")
    done = roundtrip(place, "backfill", "-e", "activities", *window, "--json", url=crm.url)
    assert done.returncode == DONE, done.stderr
    (entity,) = json.loads(done.stdout)["entities"].values()
    assert (entity["since"], entity["until"]) == ("2026-01-01T00:00:00Z", "2026-09-01T10:00:00Z")
    assert entity["rows"] == entity["unchanged"] > 0
    assert "match no window" in entity["remark"]
    assert "is no time" in failure(
        roundtrip(place, "backfill", "-e", "deals", "--from", "May", url=crm.url), USAGE
    )


def test_status_tells_a_person_and_a_machine_the_same_and_needs_no_crm(place: Path) -> None:
    shown, told = roundtrip(place, "status"), roundtrip(place, "status", "--json")
    assert (shown.returncode, told.returncode) == (DONE, DONE)
    status = json.loads(told.stdout)
    assert (status["healthy"], status["problems"]) == (True, [])
    assert "All is well." in shown.stdout
    assert status["runs"][-1]["command"] == "nightly"
    for entity in status["entities"]:
        line = next(line for line in shown.stdout.splitlines() if line.split()[:1] == [entity["entity"]])
        assert f" {entity['rows']:,} " in line
        assert entity["status"] == "done"


def test_check_tells_who_we_are_and_that_every_list_is_reached(crm: Sandbox, tmp_path: Path) -> None:
    done = roundtrip(tmp_path, "check", "--json", url=crm.url)
    found = json.loads(done.stdout)
    assert (done.returncode, found["well"], found["admin"]) == (DONE, True, True)
    assert all(one["reached"] for one in found["lists"])
    assert found["tokens_spent"] < 400  # a page of each default list
    assert not list(tmp_path.iterdir())  # it leaves nothing behind


def test_check_says_what_is_not_reached_and_why(crm: Sandbox, tmp_path: Path) -> None:
    configured(tmp_path, '[sources.pipedrive]\nentities = ["activities", "deals"]\napi = {activities = "v1"}')
    done = roundtrip(tmp_path, "check", url=crm.url, token=REGULAR)
    assert done.returncode == FAILED
    assert "not a global admin" in done.stdout
    lines = done.stdout.splitlines()
    refused = next(number for number, line in enumerate(lines) if line.startswith("  problem lists"))
    assert "activities: /v1/activities/collection answered 403: You do not have perm" in lines[refused]
    assert lines[refused + 1].split()[:2] == ["→", "The"]
    assert any("lists are reached: deals, deletions." in line for line in lines)
    assert lines[-1] == "1 problem and 2 warnings."


def configured(place: Path, config: str) -> None:
    (place / ".dlt").mkdir()
    (place / ".dlt/config.toml").write_text(config)


def commands() -> dict[str, Any]:
    found: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return found


def test_every_command_and_every_option_has_help() -> None:
    assert set(commands()) >= {"nightly", "load", "status", "check", "sandbox", "demo"}
    for command in commands().values():
        assert command.help.endswith(".")
        assert [option.name for option in command.params if not option.help] == []


def test_help_is_printed_without_settings_and_without_touching_anything(tmp_path: Path) -> None:
    done = roundtrip(tmp_path, "load", "-h")
    assert done.returncode == DONE
    assert all(option in done.stdout for option in ("--entity", "--full", "--force", "--json"))
    assert not list(tmp_path.iterdir())


# --- done in part, or not at all ---


def test_a_run_that_spends_the_budget_is_done_in_part(crm: Sandbox, tmp_path: Path) -> None:
    crm.control("limits", burst=FREE["burst"], daily_remaining=30)
    try:
        done = roundtrip(tmp_path, "load", "--json", "-e", "users", "-e", "activities", url=crm.url)
    finally:
        crm.control("limits", **FREE)
    assert done.returncode == PARTIAL, done.stderr
    run = json.loads(done.stdout)
    assert run["status"] == "partial"
    assert "daily API tokens are spent" in run["problem"]


def test_a_budget_that_was_spent_before_is_done_in_part_too(crm: Sandbox, tmp_path: Path) -> None:
    crm.control("limits", burst=FREE["burst"], daily_remaining=0)
    try:
        done = roundtrip(tmp_path, "load", "-e", "stages", url=crm.url)
    finally:
        crm.control("limits", **FREE)
    assert done.returncode == PARTIAL


def test_an_entity_that_fails_fails_the_run_and_stops_no_other(crm: Sandbox, tmp_path: Path) -> None:
    crm.arm("server_error", path="/v1/currencies", times=None)
    try:
        chosen = ("-e", "currencies", "-e", "stages")
        done = roundtrip(tmp_path, "load", *chosen, url=crm.url, sources__pipedrive__request_tries="1")
    finally:
        crm.calm()
    assert done.returncode == FAILED
    assert "currencies: /v1/currencies answered 503" in done.stderr
    lines = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.strip()}
    assert (lines["currencies"], lines["stages"]) == ("failed", "done")


# --- wrong settings ---


def test_a_wrong_token_is_named_with_the_file_to_mend(crm: Sandbox, tmp_path: Path) -> None:
    message = failure(roundtrip(tmp_path, "nightly", url=crm.url, token=WRONG))
    assert "401" in message
    assert ".dlt/secrets.toml" in message


def test_debug_shows_a_traceback_and_still_no_token(crm: Sandbox, tmp_path: Path) -> None:
    done = roundtrip(tmp_path, "nightly", "--debug", url=crm.url, token=WRONG)
    assert "Traceback" in done.stderr
    assert "401" in failure(done)


def test_a_host_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    once = {"sources__pipedrive__request_tries": "1"}
    message = failure(roundtrip(tmp_path, "nightly", url="http://127.0.0.1:9", **once))
    assert "cannot reach 127.0.0.1:9" in message
    assert "Check the company domain and the network." in message


@contextmanager
def other_host(
    status: int, *headers: tuple[str, str], body: bytes = b"<html>Welcome</html>"
) -> Iterator[str]:
    """A web server that is no CRM."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (*headers, ("content-length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "header"),
    [(200, ("content-type", "text/html")), (302, ("location", "https://example.com/login"))],
)
def test_a_host_that_is_no_pipedrive_is_named(tmp_path: Path, status: int, header: tuple[str, str]) -> None:
    with other_host(status, header) as url:
        message = failure(roundtrip(tmp_path, "load", url=url))
    assert "Is the company domain right?" in message


def test_missing_settings_are_named_with_the_places_they_may_go(tmp_path: Path) -> None:
    message = failure(roundtrip(tmp_path, "check"))
    assert "sources.pipedrive.company_domain is missing" in message
    assert "roundtrip demo" in message


def test_a_misspelt_setting_is_refused_by_every_command(tmp_path: Path) -> None:
    configured(tmp_path, '[roundtrip]\nwarehose = "x.duckdb"')
    assert "Did you mean 'warehouse'?" in failure(roundtrip(tmp_path, "status"))


def test_an_unknown_entity_is_refused_before_anything_is_asked(crm: Sandbox, tmp_path: Path) -> None:
    before = crm.stats()
    message = failure(roundtrip(tmp_path, "load", "-e", "activites", url=crm.url))
    assert "Did you mean 'activities'?" in message
    assert crm.stats() == before


# --- the warehouse ---


def test_status_without_a_warehouse_says_what_makes_one(tmp_path: Path) -> None:
    message = failure(roundtrip(tmp_path, "status"))
    assert "no warehouse at data/warehouse.duckdb" in message
    assert "roundtrip nightly" in message


def test_a_place_that_cannot_be_written_to_is_named(crm: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    message = failure(roundtrip(tmp_path, "load", url=crm.url, roundtrip__warehouse="taken/w.duckdb"))
    assert "cannot be made at taken/w.duckdb" in message
    assert "Set roundtrip.warehouse" in message


def test_a_file_that_is_no_warehouse_is_named_and_left_alone(crm: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious " * 1000)
    message = failure(roundtrip(tmp_path, "load", url=crm.url, roundtrip__warehouse="notes.txt"))
    assert "DuckDB cannot open notes.txt" in message
    assert (tmp_path / "notes.txt").read_text() == "precious " * 1000


def test_a_warehouse_held_open_elsewhere_is_refused_with_the_holder(crm: Sandbox, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")):
        done = roundtrip(tmp_path, "load", url=crm.url, roundtrip__warehouse="w.duckdb")
    message = failure(done)
    assert "held open" in message
    assert str(os.getpid()) in message


def test_a_second_run_at_once_is_refused_and_told_of_the_first(crm: Sandbox, tmp_path: Path) -> None:
    with locked(crm.settings(tmp_path).place, "nightly"):
        done = roundtrip(tmp_path, "load", url=crm.url, roundtrip__warehouse="warehouse.duckdb")
    message = failure(done)
    assert "Another run holds the warehouse warehouse.duckdb" in message
    assert f"`nightly`, process {os.getpid()}" in message
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_a_sandbox_on_a_port_that_is_taken_says_so(crm: Sandbox, tmp_path: Path) -> None:
    port = crm.url.rsplit(":", 1)[1]
    assert f"port {port}" in failure(roundtrip(tmp_path, "sandbox", "--port", port))


def test_several_entities_in_one_option_are_told_apart(tmp_path: Path) -> None:
    done = roundtrip(tmp_path, "load", "--entity", "deals,persons", url="http://127.0.0.1:9")
    assert failure(done).endswith("There is no entity 'deals,persons'. Give --entity once for each.")


def test_a_sandbox_that_is_stopped_says_nothing_more() -> None:
    command = [sys.executable, "-m", "pipelines", "sandbox", "--port", "0", "--activities", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("serving at ")
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    assert process.returncode == DONE
    assert told.rstrip().endswith("Stop: Ctrl-C")


def test_a_command_that_is_interrupted_while_it_is_read_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "pipelines", "status"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.endswith(" typer\n"):
                process.send_signal(signal.SIGINT)
                break
        told = process.communicate(timeout=60)[1]
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in told
