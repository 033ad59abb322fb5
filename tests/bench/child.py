"""One measurement, in a process of its own: `python -m tests.bench.child WAY URL PLACE [PAGES]` prints it as JSON."""

import importlib
import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.task import Task

WAYS = {
    "drain": ("drain", "measure"),
    "floor": ("floor", "measure"),
    "load": ("ours", "activities"),
    "load, all entities": ("ours", "everything"),
    "load of changes": ("ours", "activities"),
    "first load of all entities": ("ours", "everything"),
    "load of changes, all entities": ("ours", "everything"),
    "sweep": ("ours", "sweep"),
    "load at 150 ms": ("ours", "activities"),
    "load at 150 ms, all entities": ("ours", "everything"),
    "backfill at 150 ms": ("ours", "several_windows"),
    "backfill at 150 ms, one walk": ("ours", "one_window"),
    "load to push from": ("ours", "activities"),
    "push of updates at 150 ms": ("pushes", "updates"),
    "push of creates at 150 ms": ("pushes", "creates"),
    "plan of a push": ("pushes", "plan"),
    "floor of Deskera": ("deskera", "floor"),
    "load of Deskera": ("deskera", "ours"),
    "dlt, dicts": ("dicts", "by_default"),
    "dlt, dicts, parquet": ("dicts", "parquet_with_child_tables"),
    "dlt, dicts, parquet, no child tables": ("dicts", "parquet_without_child_tables"),
    **{
        f"{way}{where}": ("reports", function)
        for where in ("", " on Postgres")
        for way, function in (
            ("first night", "whole_night"),
            ("night of changes", "whole_night"),
            ("build of no change", "build_changes"),
            ("build of everything", "build_all"),
        )
    },
}
"""Each way of reading by its name: module and function."""
KIB_A_MB = 1024 if sys.platform == "linux" else 1024**2  # elsewhere the peak is told in bytes


def main(way: str, url: str, place: str, pages: str = "") -> None:
    """Import what the way needs, then do it on the clock."""
    begun = time.perf_counter()
    module, function = WAYS[way]
    measure = getattr(importlib.import_module(f"tests.bench.{module}"), function)
    ready = time.perf_counter()
    before = _cpu()
    outcome = measure(Task(url, Path(place), int(pages) if pages else None))
    figures = {
        **asdict(outcome),
        "seconds": time.perf_counter() - ready,
        "import_seconds": ready - begun,
        "cpu_seconds": _cpu() - before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_A_MB,
    }
    print(json.dumps(figures))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
