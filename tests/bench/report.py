"""The figures for a person, and for machines."""

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.course import Sizes
from tests.bench.measuring import Measurement
from tests.bench.targets import Target

COLUMNS: Mapping[str, Callable[[Measurement], str]] = {
    "account": lambda one: f"{one.activities:,}",
    "way": lambda one: one.way,
    "rows": lambda one: f"{one.rows:,}",
    "s": lambda one: f"{one.seconds:.2f}",
    "rows/s": lambda one: f"{one.rate:,.0f}",
    "CPU s": lambda one: f"{one.cpu_seconds:.2f}",
    "MB": lambda one: f"{one.peak_mb:,.0f}",
    "requests": lambda one: f"{one.requests:,}",
    "tokens": lambda one: f"{one.tokens:,}",
    "429": lambda one: f"{one.refused}",
    "walks": lambda one: f"{one.walkers or ''}",
    "import s": lambda one: f"{one.import_seconds:.2f}",
}
SHOWN = ("dlt", "duckdb", "pyarrow", "msgspec", "httpx")


def show(console: Console, found: Sequence[Measurement], judged: Sequence[Target], sizes: Sizes) -> None:
    """Print both tables."""
    console.print(_measurements(found))
    console.print(
        f"'dlt, dicts' is measured on {sizes.sample:,} rows only, and compared by rows a second: it takes too long."
        " Seconds are without imports; MB is the peak.",
        style="dim",
    )
    console.print(_targets(judged))
    if sizes != Sizes():
        console.print("These sizes are too small to judge by: fixed costs weigh more than rows.", style="dim")


def _measurements(found: Sequence[Measurement]) -> Table:
    drawn = Table(title="Measurements", title_justify="left", box=None, header_style="dim")
    for name in COLUMNS:
        drawn.add_column(name, justify="left" if name == "way" else "right", no_wrap=True)
    for one in found:
        drawn.add_row(*(show(one) for show in COLUMNS.values()))
    return drawn


def _targets(judged: Sequence[Target]) -> Table:
    drawn = Table(title="Targets", title_justify="left", box=None, header_style="dim")
    drawn.add_column("figure")
    drawn.add_column("is", justify="right")
    drawn.add_column("should be")
    drawn.add_column("")
    for one in judged:
        drawn.add_row(one.name, f"{one.value:,.2f}", _bound(one), _MARKS[one.met])
    return drawn


_MARKS = {True: "[green]met[/]", False: "[bold red]not met[/]", None: ""}


def _bound(target: Target) -> str:
    if target.at_most is not None:
        return f"at most {target.at_most:,.4g}"
    return "" if target.at_least is None else f"at least {target.at_least:,.4g}"


def write(file: Path, found: Sequence[Measurement], judged: Sequence[Target], sizes: Sizes) -> None:
    """Write everything as JSON."""
    document = {
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "cores": os.cpu_count(),
        },
        "versions": {name: version(name) for name in SHOWN},
        "sizes": asdict(sizes),
        "measurements": [{**asdict(one), "rows_per_second": one.rate} for one in found],
        "targets": [{**asdict(one), "met": one.met} for one in judged],
    }
    file.write_text(json.dumps(document, indent=2) + "\n")
