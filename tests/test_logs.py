"""What stands on standard error: a line for each step, as text or JSON, and the run that it belongs to."""

import json
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import console, logs
from sources.errors import LoadError
from tests.support import Sandbox, sandbox
from tests.test_cli import DONE, PARTIAL, USAGE, Finished, roundtrip

Lines = Callable[[], str]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What stands on standard error since it was last asked; the loggers are as before afterwards."""
    dlt = logging.getLogger("dlt")
    loggers = [logging.getLogger(), logging.getLogger(logs.OURS), dlt]
    before = [(one.handlers, one.level, one.propagate) for one in loggers]
    # As a command adopts it; whoever opened a pipeline before may not have.
    dlt.handlers, dlt.propagate = [], True
    yield lambda: capsys.readouterr().err
    for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_of_json_says_when_how_grave_and_of_which_run(lines: Lines) -> None:
    logs.set_up(None, form="json")
    log = logging.getLogger("roundtrip.load")
    with logs.of_run("0123456789abcdef", "nightly", "pipedrive"):
        log.info("nightly: %s", "loading", extra={"step": "loading"})
    log.warning("two\nlines")
    first, second = objects(lines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "info",
        "logger": "roundtrip.load",
        "run_id": "0123456789abcdef",
        "command": "nightly",
        "crm": "pipedrive",
        "step": "loading",
        "message": "nightly: loading",
    }
    assert (second["run_id"], second["message"]) == (None, "two lines")


def test_a_line_of_text_carries_the_run_too(lines: Lines) -> None:
    logs.set_up(None)
    log = logging.getLogger("roundtrip.load")
    with logs.of_run("0123456789abcdef", "nightly"):
        log.info("loading")
    log.info("done")
    first, second = lines().splitlines()
    assert first.endswith(" INFO    01234567 loading")
    assert second.endswith(" INFO    -------- done")


def test_the_run_within_a_run_is_the_one_that_is_named(lines: Lines) -> None:
    logs.set_up(None, form="json")
    with logs.of_run("outer", "nightly"):
        with logs.of_run("inner", "push", "pipedrive"):
            logging.getLogger("roundtrip").info("sent")
        logging.getLogger("roundtrip").info("published")
    assert [one["run_id"] for one in objects(lines())] == ["inner", "outer"]


def test_what_libraries_warn_of_goes_the_same_way_and_no_address_is_told(lines: Lines) -> None:
    logs.set_up(None, form="json", debug=True)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    logging.getLogger("some.library").warning("odd")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("httpx").info("HTTP Request: POST https://hooks.example/secret")
    told = objects(lines())
    assert [one["logger"] for one in told] == ["py.warnings", "some.library"]


def test_a_traceback_is_part_of_its_line(lines: Lines) -> None:
    logs.set_up(None, form="json", debug=True)
    try:
        int("x")
    except ValueError as error:
        logging.getLogger("roundtrip").debug("", exc_info=error)
    (told,) = objects(lines())
    assert told["traceback"].endswith("with base 10: 'x'")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_library_logs_with_a_traceback_is_one_line_unless_somebody_debugs(
    form: logs.LogFormat, lines: Lines
) -> None:
    for debug in (False, True):
        logs.set_up(None, form=form, debug=debug)
        try:
            Path("/nowhere/at/all").read_text()
        except OSError:
            logging.getLogger("dlt").exception("worker %s died", 3)
        told = lines()
        assert ("Traceback" in told) is debug
        assert "worker 3 died" in told
        assert "No such file or directory: '/nowhere/at/all'" in told


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_within_what_a_library_says_is_what_it_ends_with_unless_somebody_debugs(
    form: logs.LogFormat, lines: Lines
) -> None:
    try:
        try:
            duckdb.sql("select 1 +")
        except duckdb.Error as error:
            raise LoadError("the job failed") from error
    except LoadError:
        chain = traceback.format_exc()
    for said in (chain, chain.partition("\n\nThe above")[0]):
        for debug in (False, True):
            logs.set_up(None, form=form, debug=debug)
            logging.getLogger("dlt").warning(f"100% of it retried with message {said}")  # noqa: G004 (as dlt does)
            told = lines()
            assert ("Traceback" in told) is debug
            assert (len(told.splitlines()) == 1) is (form == "json" or not debug)
            ending = "sources.errors.LoadError: the job failed" if said == chain else "syntax error at"
            assert ending in told


def test_remarks_are_lines_too_where_nothing_but_json_may_stand(lines: Lines) -> None:
    logs.set_up(None, form="json")
    for style in ("dim", "yellow", "bold red"):
        console.note("hello", style)
    assert [one["level"] for one in objects(lines())] == ["info", "warning", "error"]


# --- the command ---


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    with sandbox(60) as served:
        yield served


def stages(place: Path, crm: Sandbox, *arguments: str, **settings: str) -> Finished:
    return roundtrip(place, *arguments, "-e", "stages", url=crm.url, roundtrip__log_format="json", **settings)


def test_every_line_of_a_run_is_an_object_and_each_step_names_the_run(crm: Sandbox, tmp_path: Path) -> None:
    crm.arm("server_error", path="/*", nth=2, times=1)
    done = stages(tmp_path, crm, "reconcile", "--json")
    assert done.returncode == DONE, done.stderr
    run = json.loads(done.stdout)
    told = objects(done.stderr)
    steps = [one for one in told if one["step"]]
    assert {(one["run_id"], one["command"], one["crm"]) for one in steps} == {
        (run["run_id"], "reconcile", "pipedrive")
    }
    assert [one["step"] for one in steps][:2] == ["connecting", "extracting"]
    assert any(one["logger"] == "roundtrip.http" and one["run_id"] == run["run_id"] for one in told)
    assert any("about" in one["message"] and one["level"] == "info" for one in told)


def test_a_failure_is_an_object_too(crm: Sandbox, tmp_path: Path) -> None:
    crm.control("limits", burst=1_000_000, daily_remaining=0)
    try:
        done = stages(tmp_path, crm, "load")
    finally:
        crm.control("limits", burst=1_000_000, daily_remaining=100_000_000)
    assert done.returncode == PARTIAL
    assert any("tokens are spent" in one["message"] for one in objects(done.stderr))
    done = roundtrip(tmp_path, "load", "-e", "nonsense", url=crm.url, roundtrip__log_format="json")
    assert done.returncode == USAGE
    assert [one["level"] for one in objects(done.stderr)] == ["error"]


def test_another_format_is_refused(tmp_path: Path) -> None:
    done = roundtrip(tmp_path, "status", roundtrip__log_format="xml")
    assert done.returncode == USAGE
    assert "must be 'text' or 'json'" in done.stderr
