"""Real commands in real processes, and what strikes them at which moment."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from tests.torture.course import Unit

GLANCE = 0.004
"""Seconds between two looks at a process."""
LONGEST = 300.0
"""Seconds after which a command hangs."""


@dataclass
class Process:
    """A command that runs, or has."""

    pid: int
    argv: Sequence[str]
    out: Path
    err: Path
    begun: float = field(default_factory=time.monotonic)
    code: int | None = None
    """How it ended; negative when by a signal."""
    seconds: float = 0.0
    cpu: float = 0.0
    """Of the processor, in seconds, as last seen."""
    _read: int = 0
    _lines: int = 0

    @property
    def text(self) -> str:
        """All that it said."""
        return "\n".join(file.read_text(errors="replace") for file in (self.out, self.err) if file.exists())

    def lines(self) -> int:
        """How many log lines it has written."""
        with suppress(FileNotFoundError), self.err.open("rb") as said:
            said.seek(self._read)
            news = said.read()
            self._read += len(news)
            self._lines += news.count(b"\n")
        return self._lines

    def look(self) -> None:
        """See how far it is."""
        with suppress(OSError):
            self.cpu = time.clock_gettime(~self.pid << 3 | 2)  # what clock_getcpuclockid makes of a process

    def kill(self) -> None:
        """Kill it, if it is there still."""
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass
class Trigger:
    """What is done when a command gets to a certain place, once."""

    unit: Unit
    at: float
    act: Callable[[], None]
    is_due_at_once: bool = False
    """Whether it is so quick that whoever meets the moment does it; else it is done in a thread of its own."""
    struck: bool = False
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self) -> None:
        """Do it, if it has not been done."""
        with self._lock:
            if self.struck:
                return
            self.struck = True
            if self.is_due_at_once:
                self.act()
            else:
                self._thread = threading.Thread(target=self.act, daemon=True)
                self._thread.start()

    def join(self) -> None:
        """Wait until it is done; if it has not begun, it does so no more."""
        with self._lock:
            self.struck = True
        if self._thread is not None:
            self._thread.join()


class Zygote:
    """The process that commands are forked from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._begun: Queue[int] = Queue()
        self._ended: dict[int, int] = {}
        self._news = threading.Condition()
        self._ready = threading.Event()
        self._starting = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not self._ready.wait(LONGEST):
            raise RuntimeError("the process that commands are forked from did not start")

    def start(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: Path, err: Path
    ) -> Process:
        """Start a command."""
        told = {"argv": list(argv), "env": dict(env), "cwd": str(cwd), "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        with self._starting:
            self._process.stdin.write(json.dumps({**told, "name": out.stem}) + "\n")
            self._process.stdin.flush()
            return Process(self._begun.get(timeout=60), argv, out, err)

    def follow(self, process: Process, triggers: Sequence[Trigger] = ()) -> int:
        """Wait for its end, and strike it on the way; its exit code."""
        while (code := self._code(process.pid)) is None:
            process.look()
            lines = process.lines() if any(one.unit == "lines" and not one.struck for one in triggers) else 0
            for one in triggers:
                if one.at <= {"cpu": process.cpu, "lines": lines}.get(one.unit, -1):
                    one.strike()
            if time.monotonic() - process.begun > LONGEST:
                os.kill(process.pid, signal.SIGKILL)
                raise AssertionError(f"`roundtrip {' '.join(process.argv)}` hung:\n{process.text}")
        process.code, process.seconds = code, time.monotonic() - process.begun
        return code

    def children(self) -> list[str]:
        """Processes that commands have left behind: none of theirs outlives them, and none of the zygote's is left."""
        told = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return told.read_text().split() if told.exists() else []

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for pid in self.children():  # where the course was interrupted
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._listener.join(timeout=60)
        self._process.stdout.close()

    def _code(self, pid: int) -> int | None:
        with self._news:
            if pid not in self._ended:
                self._news.wait(GLANCE)
            return self._ended.pop(pid, None)

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            told: dict[str, Any] = json.loads(line)
            if "begun" in told:
                self._begun.put(told["begun"])
            elif "ended" in told:
                with self._news:
                    self._ended[told["ended"]] = told["code"]
                    self._news.notify_all()
            else:
                self._ready.set()


@contextmanager
def zygote() -> Iterator[Zygote]:
    """A process to fork commands from, for a while."""
    made = Zygote()
    try:
        yield made
    finally:
        made.stop()
