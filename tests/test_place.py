"""What is made beside a warehouse, and for whom."""

import stat
from pathlib import Path

from pipelines.lock import locked
from tests.support import place_in


def test_the_state_folder_is_made_for_its_owner_alone_and_stays_as_somebody_opened_it(tmp_path: Path) -> None:
    place = place_in(tmp_path / "data")
    with locked(place, "load"):
        assert stat.S_IMODE(place.state_dir.stat().st_mode) == 0o700
    place.state_dir.chmod(0o750)
    with locked(place, "load"):
        assert stat.S_IMODE(place.state_dir.stat().st_mode) == 0o750
