"""A disk that gets full is told as what it is, and harms nothing."""

import json
from pathlib import Path

import pytest

from sources.errors import unexpected
from tests.support import PIPEDRIVE, differences, place_in, sandbox
from tests.test_cli import FAILED, roundtrip
from tests.torture.volume import volume

FULL = "No space left on device"


def test_a_full_disk_is_recognised_wherever_it_came_up_and_whatever_it_led_to() -> None:
    try:
        try:
            raise OSError(28, FULL, "/data/warehouse.duckdb.wal")
        finally:
            raise ValueError("the record of it could not be written either")
    except ValueError as error:
        told = str(unexpected(error))
    assert told.startswith(
        f"A disk is full: [Errno 28] {FULL}: '/data/warehouse.duckdb.wal'. Make room there."
    )
    assert "Please report it" in str(unexpected(ValueError("something else")))


def test_a_load_onto_a_full_disk_says_so_without_a_traceback_and_goes_on_once_there_is_room(
    tmp_path: Path,
) -> None:
    with volume(tmp_path / "small", 100) as disk, sandbox(100, crms=["pipedrive"]) as crm:
        if disk is None:
            pytest.skip("no file system may be mounted here")
        entities = ("-e", "deals", "-e", "activities")
        assert roundtrip(disk.folder, "load", *entities, url=crm.url).returncode == 0
        crm.control("advance", days=1)
        for left in (0, 20_000, 60_000):  # it gets full while reading, before loading, while loading
            disk.fill(left)
            failed = roundtrip(disk.folder, "load", "--json", *entities, url=crm.url)
            disk.empty()
            assert failed.returncode == FAILED
            assert FULL in json.loads(failed.stdout)["problem"]
            assert ". Make room there" in failed.stderr
            assert "Traceback" not in failed.stderr
        assert roundtrip(disk.folder, "load", *entities, url=crm.url).returncode == 0
        settings = crm.settings(place_in(disk.folder / "data"))
        found = [differences(crm, settings, PIPEDRIVE.entities[name]) for name in ("deals", "activities")]
        assert found == [[], []]
