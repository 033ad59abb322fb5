"""What a person sees: progress while it runs, a closing table, one sentence for an error.

On a terminal the table is redrawn in place; elsewhere each step is one log line on standard error.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleRenderable
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipelines import logs
from pipelines.ops import Run
from sources.errors import BudgetSpent
from sources.reading import Progress

WIDE = 200
"""Characters: enough for each table, where neither a terminal nor COLUMNS says how many there is room for."""
OUT = Console(
    width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE, soft_wrap=False, markup=False
)
ERR = Console(stderr=True, soft_wrap=True, markup=False)
LOG = logging.getLogger("roundtrip.load")
STYLES = {
    "done": "green",
    "skipped": "dim",
    "partial": "yellow",
    "failed": "bold red",
    "reading": "cyan",
    "waiting": "dim",
}
LEVELS = {"dim": logging.INFO, "yellow": logging.WARNING}
"""How grave a remark is; all others are errors."""
REFRESH = 5


def set_up_logging(*, debug: bool) -> None:
    """Log lines to standard error: warnings and steps, everything of ours with --debug."""
    logs.set_up(ERR if ERR.is_terminal else None, form=logs.log_format(), debug=debug)


class Display:
    """Shows a run as it goes."""

    def __init__(self, *, names_crm: bool = False) -> None:
        self._names_crm = names_crm
        self._run: Run | None = None
        self._step = "starting"
        self._begun = time.monotonic()

    def watch(self, run: Run, step: str) -> None:
        """Take note of the next step."""
        self._run, self._step = run, step
        LOG.info("%s: %s", title(run, names_crm=self._names_crm), step, extra={"step": step})

    def follow(self, step: str) -> None:
        """Take note of the next step of the transforms."""
        self._step = f"transform: {step}"
        LOG.info("%s", self._step, extra={"step": step})

    @contextmanager
    def shown(self, *, quiet: bool) -> Iterator[None]:
        """Redraw the table while the work goes on, if somebody watches."""
        if quiet or not ERR.is_terminal or logs.is_json():
            yield
            return
        with Live(console=ERR, refresh_per_second=REFRESH, transient=True, get_renderable=self._render):
            yield

    def _render(self) -> ConsoleRenderable:
        step = f"{self._step} ({time.monotonic() - self._begun:.0f} s)"
        if self._run is None:
            return Text(step)
        return table(self._run, f"{title(self._run, names_crm=self._names_crm)}: {step}", live=True)


def title(run: Run, *, names_crm: bool) -> str:
    """What a run is called: with its CRM where there are several."""
    return f"{run.crm} {run.command}" if names_crm else run.command


def grid(heading: str, *columns: str) -> Table:
    """An empty table; a column whose name begins with `>` holds numbers."""
    drawn = Table(title=heading, title_justify="left", title_style="bold", header_style="dim", box=None)
    drawn.padding, drawn.pad_edge = (0, 1, 0, 0), False
    for name in columns:
        drawn.add_column(
            name.removeprefix(">"), justify="right" if name.startswith(">") else "left", no_wrap=True
        )
    return drawn


def table(run: Run, heading: str, *, live: bool = False) -> Table:
    """A row for each entity; on a run in progress also the rate."""
    columns = (">read", ">rows/s") if live else (">read", ">new", ">changed", ">deleted")
    drawn = grid(heading, "entity", *columns, ">requests", ">tokens", ">retries", "")
    for progress in run.entities:
        drawn.add_row(progress.plan.entity.name, *_cells(progress, run, live=live), _outcome(progress))
    other = run.other
    blanks = ["" for _ in columns]
    drawn.add_row(
        Text("account, deletions", "dim"), *blanks, *_numbers(other.requests, other.tokens, other.retries), ""
    )
    return drawn


def _cells(progress: Progress, run: Run, *, live: bool) -> list[Text]:
    tally = progress.reader.tally
    rate = _numbers(round(tally.rows / max(run.seconds, 0.1)))
    counts = rate if live else _numbers(progress.inserted, progress.updated, progress.deleted)
    return [*_numbers(tally.rows), *counts, *_numbers(tally.requests, tally.tokens, tally.retries)]


def _numbers(*numbers: int) -> list[Text]:
    return [Text(f"{number:,}", "" if number else "dim") for number in numbers]


def _outcome(progress: Progress) -> Text:
    return Text(progress.outcome, STYLES[progress.outcome])


def closing(run: Run, *, names_crm: bool = False) -> None:
    """What a run did: the table, the sums, and what did not go well."""
    OUT.print(table(run, f"{title(run, names_crm=names_crm)}: {run.status} in {run.seconds:.1f} s"))
    left = f", {run.tokens_left:,} left today" if run.tokens_left is not None else ""
    OUT.print(
        f"{run.total('rows'):,} rows read: {run.total('inserted'):,} new, {run.total('updated'):,} changed, "
        f"{run.total('deleted'):,} deleted. {run.total('requests'):,} requests, {run.total('tokens'):,} tokens{left}."
    )
    if run.problem and not run.entities:
        note(run.problem)
    for progress in run.entities:
        if progress.drift:
            note(
                f"{progress.plan.entity.name}: kept in _extra, because not declared: {', '.join(progress.drift[:8])}"
            )
        if progress.remark:
            note(f"{progress.plan.entity.name}: {progress.remark}")
        if progress.problem:
            note(str(progress.problem), "yellow" if isinstance(progress.problem, BudgetSpent) else "red")


def say(text: str) -> None:
    """A line on standard output, as it is."""
    OUT.print(text, soft_wrap=True, highlight=False)


def note(text: str, style: str = "yellow") -> None:
    """A remark on standard error, as a log line where nothing else may stand there."""
    if logs.is_json():
        logging.getLogger(logs.OURS).log(LEVELS.get(style, logging.ERROR), "%s", text)
    else:
        ERR.print(Text(text, style))


def print_json(value: Any) -> None:
    """One JSON document on standard output, for machines."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False) + "\n")


def summary(run: Run) -> dict[str, Any]:
    """A run as JSON."""
    counts = ("rows", "inserted", "updated", "deleted", "requests", "tokens", "retries", "bytes")
    return {
        "run_id": run.run_id,
        "command": run.command,
        "crm": run.crm,
        "status": run.status,
        "problem": run.problem or None,
        "seconds": round(run.seconds, 3),
        "tokens_left_today": run.tokens_left,
        **{name: run.total(name) for name in counts},
        "entities": {progress.plan.entity.name: _entity_summary(progress) for progress in run.entities},
    }


def _entity_summary(progress: Progress) -> dict[str, Any]:
    tally = progress.reader.tally
    return {
        "status": progress.outcome,
        "problem": str(progress.problem) if progress.problem else None,
        "remark": progress.remark or None,
        "since": progress.plan.since or None,
        "until": progress.plan.until,
        "watermark": progress.watermark or None,
        "rows": tally.rows,
        **{
            name: getattr(progress, name) for name in ("inserted", "updated", "unchanged", "stale", "deleted")
        },
        **{name: getattr(tally, name) for name in ("requests", "tokens", "retries", "bytes")},
        "drift": progress.drift,
    }
