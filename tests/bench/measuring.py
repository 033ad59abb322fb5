"""A sandbox of a size, and one measurement against it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from pipelines.sandbox import Process, sandbox_process
from tests.bench.pages import PARAMS, PATH, TOKEN

ROOT = Path(__file__).parents[2]
FREE = {"burst": 1_000_000, "daily_remaining": 100_000_000}
"""Limits that no client meets, in its answers' headers too."""
LONGEST = 900.0


@dataclass(frozen=True)
class Measurement:
    """One way of reading, once. Requests, tokens and refusals are counted by the sandbox."""

    way: str
    activities: int
    rows: int
    seconds: float
    import_seconds: float
    cpu_seconds: float
    peak_mb: float
    requests: int
    tokens: int
    refused: int
    read: int | None = None
    walkers: int | None = None
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


@dataclass(frozen=True)
class Account:
    """A running sandbox with so many activities."""

    box: Process
    activities: int

    def measure(self, way: str, place: Path | None = None, *, pages: int | None = None) -> Measurement:
        """Measure one way of reading, in a fresh folder unless one is given."""
        with TemporaryDirectory(prefix="roundtrip-bench-") as fresh:
            self.box.control("stats/reset")
            figures = _measured(way, self.box.url, place or Path(fresh), pages)
        asked = httpx.get(f"{self.box.url}/_sandbox/stats", timeout=60).raise_for_status().json()
        counts = {"requests": asked["requests"], "tokens": asked["tokens"], "refused": asked["refused_429"]}
        return Measurement(way, self.activities, **counts, **figures)

    def warm(self, order: str) -> None:
        """Ask once for what the sandbox may have to sort anew first: a page in this order, and recent changes."""
        now = httpx.get(f"{self.box.url}/_sandbox/clock").json()["now"]
        self._ask(PATH, {**PARAMS, "sort_by": order})
        self._ask("/v1/recents", {"since_timestamp": f"{now[:10]} {now[11:19]}", "items": "activity"})

    def _ask(self, path: str, params: Mapping[str, str]) -> None:
        url, headers = f"{self.box.url}{path}", {"x-api-token": TOKEN}
        httpx.get(url, params=params, headers=headers, timeout=60).raise_for_status()


@contextmanager
def account(activities: int, crm: str = "pipedrive") -> Iterator[Account]:
    """A sandbox of one CRM without limits or latency, in a process of its own."""
    with sandbox_process("--crm", crm, "--activities", str(activities)) as box:
        box.control("limits", **FREE)
        opened = Account(box, activities)
        if crm == "pipedrive":
            opened.warm("id")
        yield opened


def _measured(way: str, url: str, place: Path, pages: int | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.child", way, url, str(place), str(pages or "")]
    # in the folder, so that nobody's dlt settings are read
    environment = os.environ | {"PYTHONPATH": str(ROOT), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
