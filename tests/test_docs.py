"""What README and API.md say is what there is."""

import re
from pathlib import Path

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from pipelines.cli import app
from pipelines.keys import ALERTS, ROUNDTRIP, SOURCE
from pipelines.warehouse import open_warehouse
from tests.support import DEFAULT, PIPEDRIVE, place_in

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MOST_STEPS = 10
API = (ROOT / "sources/pipedrive/API.md").read_text()


def test_the_readme_lists_every_command_and_no_other() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    rows = re.findall(r"^\| `roundtrip (\w+)`(?:, `(\w+)`)?", README, re.MULTILINE)
    assert {name for row in rows for name in row if name} == commands


@pytest.mark.parametrize("way", ["## Your own account", "### OAuth instead of a token"])
def test_a_new_user_gets_to_the_dashboard_in_ten_commands(way: str) -> None:
    steps = README.split(f"\n{way}\n")[1].split("```")[1].strip().splitlines()
    assert len(steps) <= MOST_STEPS
    assert steps[0].startswith("make install")
    assert "\ninstall:" in (ROOT / "Makefile").read_text()
    asked = [found[1] for step in steps[1:] if (found := re.match(r"\.venv/bin/roundtrip (\w+)", step))]
    assert len(asked) == len(steps) - 1
    assert set(asked) <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {"init", "nightly", "dashboard"} <= set(asked)


def test_the_readme_names_every_table_that_is_read_by_default() -> None:
    assert [entity.name for entity in DEFAULT if f"`{entity.name}`" not in README] == []


def test_the_api_table_and_the_declarations_are_equal() -> None:
    declared = {
        (entity.name, listing.path, listing.cost)
        for entity in PIPEDRIVE.entities.values()
        for listing in entity.lists
    }
    rows = re.findall(r"^\| (\w+) \| `(/\S+)` \| (\d+) \|", API, re.MULTILINE)
    assert {(name, path, int(cost)) for name, path, cost in rows} == declared


def test_the_api_table_says_what_is_read_by_default() -> None:
    read = set(re.findall(r"^\| (\w+) \| `/\S+` \|.*\| yes \| [\w, ]+ \|$", API, re.MULTILINE))
    assert read == {entity.name for entity in DEFAULT}


def test_the_api_file_names_every_endpoint_once_and_each_declared_one_among_them() -> None:
    loaded, left_out = API.split("## Endpoints not loaded")
    table = set(re.findall(r"^\| \w+ \| `(/\S+)` \|", loaded, re.MULTILINE))
    others = re.findall(r"`(/\S+)` \(\d+\)", left_out)
    v1, v2 = map(int, re.findall(r"have (\d+) GET endpoints of v1 and (\d+) of v2", left_out)[0])
    named = [*table, *others]
    assert len(named) == len(set(named))
    assert sum(one.startswith("/api/v2/") for one in named) == v2
    assert sum(one.startswith("/v1/") for one in named) == v1
    assert table == {listing.path for entity in PIPEDRIVE.entities.values() for listing in entity.lists}


def test_the_api_table_says_which_lists_are_read_whole() -> None:
    whole = set(re.findall(r"^\| (\w+) \| `/\S+` \| \d+ \| whole", API, re.MULTILINE))
    read = PIPEDRIVE.entities.values()
    assert whole == {one.name for one in read if not one.incremental and not one.parent}


def test_the_api_table_says_which_lists_are_read_for_single_records() -> None:
    single = dict(re.findall(r"^\| (\w+) \| `/\S+` \| \d+ \| for (?:each of its )?(\w+)", API, re.MULTILINE))
    assert single == {one.name: one.parent.entity for one in PIPEDRIVE.entities.values() if one.parent}


def test_the_shipped_settings_file_shows_every_setting_that_is_no_secret() -> None:
    shipped = (ROOT / ".dlt/config.toml").read_text()
    assert PIPEDRIVE.login
    public = [key for key, text in PIPEDRIVE.settings.items() if not text.startswith("*")]
    public += PIPEDRIVE.login.options
    public += [key for key, text in ALERTS.items() if not text.startswith("*")]
    assert [key for key in [*ROUNDTRIP, *SOURCE, *public] if key not in shipped] == []


def test_the_shipped_secrets_file_shows_every_secret_of_alerts() -> None:
    shipped = (ROOT / ".dlt/secrets.toml.example").read_text()
    assert [key for key, text in ALERTS.items() if text.startswith("*") and key not in shipped] == []


def test_the_api_file_says_how_what_is_pushed_is_written() -> None:
    pushes = {
        **PIPEDRIVE.pushes,
        **{f"{name}, by setting": one for name, one in PIPEDRIVE.legacy_pushes.items()},
    }
    declared = {
        name: [
            *(f"POST {one.path}", one.create_cost, f"{one.update_method} {one.path}/{{id}}", one.update_cost),
            *(f"DELETE {one.path}/{{id}}", one.delete_cost, f"GET {one.path}/{{id}}", one.read_cost),
        ]
        for name, one in pushes.items()
    }
    rows = re.findall(r"^\| ([\w, ]+) \| (`POST .*) \| spec", API, re.MULTILINE)
    told = {name: [cell.strip("`") for cell in cells.split(" | ")] for name, cells in rows}
    assert told == {name: [str(cell) for cell in cells] for name, cells in declared.items()}


def test_every_table_and_column_of_ops_is_described_and_no_other(tmp_path: Path) -> None:
    with open_warehouse(place_in(tmp_path), "ops") as warehouse:
        there = {(table, column) for table, columns in warehouse.catalog("ops").items() for column in columns}
    file = ROOT / "transforms/models/staging/ops/_sources.yml"
    (source,) = yaml.safe_load(file.read_text())["sources"]
    told = [(table["name"], column["name"]) for table in source["tables"] for column in table["columns"]]
    assert set(told) == there
    assert len(told) == len(there)
    assert all(
        one["description"].endswith(".") for one in [*source["tables"], *source["tables"][0]["columns"]]
    )
