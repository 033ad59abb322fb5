"""What a killed run leaves of a load package: it is made as if nothing of it had been loaded.

dlt takes note of a file only after the warehouse has it. Whoever is killed between the two finds the file staged a
second time by the next run; and as we tell dlt that no record comes twice, its merge would write both. So a package
whose loading has begun is loaded from its first file, into staging tables that dlt empties first. Merging again what is
merged already changes nothing.
"""

from contextlib import suppress
from pathlib import Path

import dlt
from dlt.common.storages.load_package import PackageStorage

from pipelines.config import Settings

FILES = PackageStorage.NEW_JOBS_FOLDER
BEGUN = (PackageStorage.STARTED_JOBS_FOLDER, PackageStorage.COMPLETED_JOBS_FOLDER)
NOTES = PackageStorage.PENDING_TRANSITIONS_FOLDER
DATA = ".parquet"
"""What we read; all other files dlt makes itself, some of them anew as soon as these are staged."""
OWN = "_dlt_"
"""Tables of dlt: they are appended to, each file once."""


def remember_basis(settings: Settings, load_id: str) -> None:
    """Take note of the load that a CRM's package goes on from, before it is made."""
    _basis(settings).write_text(load_id)


def basis(settings: Settings) -> str | None:
    """The load that a CRM's pending package goes on from."""
    with suppress(OSError):
        return _basis(settings).read_text()
    return None


def _basis(settings: Settings) -> Path:
    """Each CRM's packages go on from its own; another one's load between two of them changes nothing."""
    return settings.place.state_dir / f"basis_{settings.crm.name}"


def from_the_first_file(pipeline: dlt.Pipeline) -> None:
    """Make the pending packages of a pipeline as they were before anything of them was loaded."""
    folder = Path(pipeline.working_dir) / "load" / "normalized"
    for load_id in pipeline.list_normalized_load_packages():
        _rewind(folder / load_id)


def _rewind(package: Path) -> None:
    applied = package / PackageStorage.APPLIED_SCHEMA_UPDATES_FILE_NAME
    if not applied.exists():
        return  # loading has not begun
    for begun in BEGUN:
        for file in _ours(package / begun):
            # Of dlt's own files, a merge is made again when its table is staged again.
            file.rename(package / FILES / file.name) if file.suffix == DATA else file.unlink()
    for file in [*_ours(package / NOTES), *_merges(package / FILES)]:
        file.unlink()
    # Last: it makes dlt empty the staging tables. Killed before, we begin again here.
    applied.rename(package / PackageStorage.SCHEMA_UPDATES_FILE_NAME)


def _ours(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if not file.name.startswith(OWN)] if folder.exists() else []


def _merges(folder: Path) -> list[Path]:
    return [file for file in _ours(folder) if file.suffix != DATA]
