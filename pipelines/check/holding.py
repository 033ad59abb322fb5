"""Which process holds a file open as DuckDB does: asked of the kernel, without taking it for a moment."""

import fcntl
import os
import struct
import sys
from pathlib import Path

# type, whence, start, length, process: what F_GETLK is given, and answers in. The order is the system's.
LAYOUT, ORDER = ("qqihh", (3, 4, 0, 1, 2)) if sys.platform == "darwin" else ("hhqqi", (0, 1, 2, 3, 4))


def holder_of(path: Path) -> int | None:
    """The process that would keep us from writing the file; None when there is none."""
    asked = (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    told = [0] * len(ORDER)
    for value, place in zip(asked, ORDER, strict=True):
        told[place] = value
    descriptor = os.open(path, os.O_RDONLY)
    try:
        answer = struct.unpack(LAYOUT, fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(LAYOUT, *told)))
    finally:
        os.close(descriptor)
    return answer[ORDER[4]] if answer[ORDER[0]] != fcntl.F_UNLCK else None


def named(process: int) -> str:
    """A process as a person may know it."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"process {process}"
    return f"{Path(os.fsdecode(words[0])).name} (process {process})"
