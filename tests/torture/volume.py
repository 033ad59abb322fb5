"""Disks that get full: a small file system of its own for a folder, where one may be mounted."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
BALLAST = "ballast"


@dataclass(frozen=True)
class Volume:
    """A folder on a file system of its own."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / BALLAST

    def fill(self, left: int) -> None:
        """Leave so many bytes of it, or none."""
        there = os.statvfs(self.folder)
        size = there.f_bavail * there.f_frsize - left
        if size > 0:
            descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT)
            with suppress(OSError):  # others write at the same time
                os.posix_fallocate(descriptor, 0, size)
            os.close(descriptor)

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    @property
    def used(self) -> int:
        """Bytes."""
        there = os.statvfs(self.folder)
        return (there.f_blocks - there.f_bfree) * there.f_frsize


@contextmanager
def volume(folder: Path, megabytes: int) -> Iterator[Volume | None]:
    """A file system of this size in a folder; None where nobody lets us mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _mounted(folder, megabytes):
        yield None
        return
    try:
        yield Volume(folder)
    finally:
        # Whoever has just been killed may have a file open for a moment more.
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mounted(folder: Path, megabytes: int) -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
