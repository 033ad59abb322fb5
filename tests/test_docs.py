"""What README and API.md say is what there is."""

import re
from pathlib import Path

import typer

from pipelines.cli import app
from pipelines.config import ROUNDTRIP, SOURCE
from tests.support import PIPEDRIVE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
API = (ROOT / "sources/pipedrive/API.md").read_text()


def test_the_readme_lists_every_command_and_no_other() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `roundtrip (\w+)`", README, re.MULTILINE)) == commands


def test_the_readme_names_every_table() -> None:
    assert [name for name in PIPEDRIVE.entities if f"`{name}`" not in README] == []


def test_the_api_table_and_the_declarations_are_equal() -> None:
    declared = {
        (entity.name, listing.path, listing.cost)
        for entity in PIPEDRIVE.entities.values()
        for listing in entity.lists
    }
    rows = re.findall(r"^\| (\w+) \| `(/\S+)` \| (\d+) \|", API, re.MULTILINE)
    assert {(name, path, int(cost)) for name, path, cost in rows} == declared


def test_the_api_table_says_which_lists_are_read_whole() -> None:
    whole = set(re.findall(r"^\| (\w+) \| `/\S+` \| \d+ \| whole", API, re.MULTILINE))
    assert whole == {entity.name for entity in PIPEDRIVE.entities.values() if not entity.incremental}


def test_the_shipped_settings_file_shows_every_setting_that_is_no_secret() -> None:
    shipped = (ROOT / ".dlt/config.toml").read_text()
    public = [key for key, text in PIPEDRIVE.settings.items() if not text.startswith("*")]
    assert [key for key in [*ROUNDTRIP, *SOURCE, *public] if key not in shipped] == []
