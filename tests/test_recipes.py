"""The recipes run as given: their units are valid, their commands exist, and exit codes come to what is promised."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from pipelines.cli import app
from tests.support import ADMIN, FREE, sandbox

RECIPES = Path(__file__).parent.parent / ".github/recipes"
FILES = [file for file in RECIPES.rglob("*") if file.is_file() and file.suffix != ".md"]
HOME = "/opt/roundtrip"
OFTEN = {"nightly", "reconcile"}
ANALYZE = shutil.which("systemd-analyze")
Finished = subprocess.CompletedProcess[str]


def commands() -> Any:
    return typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_recipe_calls_commands_and_options_that_there_are() -> None:
    called: dict[str, set[str]] = {}
    for file in (*FILES, RECIPES / "README.md"):
        for command, options in re.findall(r"(?:bin/|`)roundtrip (\w+)((?: --[\w-]+)*)", file.read_text()):
            assert command in commands(), file
            known = {option for one in commands()[command].params for option in one.opts}
            assert set(options.split()) <= known, file
            called.setdefault(file.name, set()).add(command)
    assert called["crontab"] == OFTEN
    assert called["roundtrip.service"] | called["roundtrip-reconcile.service"] == OFTEN


@pytest.mark.parametrize("name", ["airflow_dag.py", "dagster_job.py"])
def test_the_schedulers_files_compile_and_schedule_both_commands(name: str) -> None:
    text = (RECIPES / name).read_text()
    compile(text, name, "exec")
    assert set(re.findall(r'"(\w+)"', text)) >= OFTEN
    assert "ROUNDTRIP_HOME" in text


def test_a_crontab_line_is_five_times_and_a_command_that_a_shell_understands() -> None:
    lines = [line for line in (RECIPES / "crontab").read_text().splitlines() if line[:1].isdigit()]
    assert len(lines) == len(OFTEN)
    for line in lines:
        *times, command = line.split(maxsplit=5)
        assert all(re.fullmatch(r"[\d*/,-]+", one) for one in times)
        assert "%" not in command, "cron takes it for a new line"
        assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0


@pytest.mark.skipif(not ANALYZE, reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("roundtrip")
    for file in (RECIPES / "systemd").iterdir():
        told = (
            file.read_text().replace(f"{HOME}/.venv/bin/roundtrip", str(command)).replace(HOME, str(tmp_path))
        )
        (tmp_path / file.name).write_text(told)
    units = sorted(map(str, tmp_path.iterdir()))
    assert len(units) == 2 * len(OFTEN)
    verified = subprocess.run([ANALYZE or "", "verify", *units], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    for line in (line for unit in units for line in Path(unit).read_text().splitlines()):
        if line.startswith("OnCalendar="):
            subprocess.run(
                [ANALYZE or "", "calendar", line.partition("=")[2]], capture_output=True, check=True
            )


# --- GitHub Actions ---


def workflow() -> Any:
    return yaml.safe_load((RECIPES / "github-actions.yml").read_text())


def test_the_workflow_runs_one_at_a_time_into_postgres_with_secrets_from_the_environment() -> None:
    found = workflow()
    assert found["concurrency"] == {"group": "roundtrip", "cancel-in-progress": False}
    job = found["jobs"]["roundtrip"]
    assert job["env"]["ROUNDTRIP__DESTINATION"] == "postgres"
    schedules = [one["cron"] for one in found[True]["schedule"]]  # YAML reads `on` so
    assert len(schedules) == len(OFTEN)
    assert [one for one in schedules if f"== '{one}' && 'reconcile' || 'nightly'" in job["env"]["COMMAND"]]
    text = (RECIPES / "github-actions.yml").read_text()
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"POSTGRES_URL", "PIPEDRIVE_API_TOKEN"}
    assert "${{" not in "".join(step.get("run", "") for step in job["steps"]), (
        "it would be put into the script as it is"
    )


def step(place: Path, url: str, **environment: str) -> Finished:
    """What the workflow runs, as GitHub's runner runs it: `bash -e` in a file."""
    (place / "script").write_text(
        next(one["run"] for one in workflow()["jobs"]["roundtrip"]["steps"] if one.get("name") == "Run")
    )
    (place / ".venv/bin").mkdir(parents=True, exist_ok=True)
    (place / ".venv/bin/roundtrip").unlink(missing_ok=True)
    (place / ".venv/bin/roundtrip").symlink_to(Path(sys.executable).with_name("roundtrip"))
    given = {
        "SOURCES__PIPEDRIVE__COMPANY_DOMAIN": url,
        "SOURCES__PIPEDRIVE__API_TOKEN": ADMIN,
        "COMMAND": "nightly",
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "script"],
        cwd=place,
        env={"PATH": os.environ["PATH"], "HOME": str(place), **given, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_workflow_passes_what_was_done_in_part_with_a_warning_and_fails_what_failed(
    tmp_path: Path,
) -> None:
    with sandbox(20) as crm:
        crm.control("limits", burst=FREE["burst"], daily_remaining=0)
        in_part = step(tmp_path, crm.url)
        refused = step(tmp_path, crm.url, SOURCES__PIPEDRIVE__API_TOKEN="")
    assert in_part.returncode == 0, in_part.stderr
    assert "::warning::" in in_part.stdout
    assert (refused.returncode, "::warning::" in refused.stdout) == (2, False)
