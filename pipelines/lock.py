"""The warehouse's run lock: one run at a time; the kernel lets go of it when a process dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pendulum
from filelock import FileLock, Timeout

from pipelines.place import Place
from sources.errors import Busy, UsageError


@contextmanager
def locked(place: Place, command: str) -> Iterator[None]:
    """Hold the warehouse's run lock; the kernel lets go of it when a process dies."""
    path = place.lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Busy(
            f"Another run holds the warehouse {place.title}: {_holder(path)}.",
            way_out="Wait until it has ended; nothing was changed.",
        ) from error
    except OSError as error:
        raise UsageError(
            f"The warehouse cannot be made at {place.title}: {error.strerror}.",
            way_out="Set roundtrip.warehouse to a place you may write to.",
        ) from error
    try:
        path.with_suffix(".run").write_text(
            f"`{command}`, process {os.getpid()}, since {pendulum.now('UTC')}"
        )
        yield
    finally:
        path.with_suffix(".run").unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    with suppress(OSError):
        return str(path.with_suffix(".run").read_text())
    return "a run that has just begun"
