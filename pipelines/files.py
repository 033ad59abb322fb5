"""Files that are replaced as a whole."""

import os
import shutil
from pathlib import Path


def put(new: Path, place: Path) -> None:
    """Rename a file over another one, so that it is there as a whole after a power cut too; who may read it stays."""
    if place.exists():
        shutil.copymode(place, new)
    _synced(new)
    new.replace(place)
    _synced(place.parent)


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
