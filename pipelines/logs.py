"""Log lines on standard error: one a step, as text or as JSON, each with the run that it belongs to.

What libraries warn of goes the same way. On a terminal the steps are a table that is redrawn, and only warnings are
lines, unless JSON was asked for.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any, Literal, get_args

from rich.console import Console
from rich.logging import RichHandler

from pipelines import values
from sources.errors import UsageError
from sources.veil import veiled

LogFormat = Literal["text", "json"]
OURS = "roundtrip"
TEXT = "%(asctime)s %(levelname)-7s %(run)s %(message)s"
SHORT = 8
"""How much of a run's id a line of text carries; JSON has it whole."""
NO_RUN = "-" * SHORT
TOLD = ("run_id", "command", "crm", "step")
"""What a line knows of the run, beside what it says."""
SAY_ADDRESSES = ("httpx", "httpcore")
"""Loggers that tell of each request with its URL, which may be a secret."""
TRACEBACK = "Traceback (most recent call last):"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; what is not known of the run is null."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: getattr(record, name, None) or None for name in TOLD},
            "message": " ".join(record.getMessage().split()),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Veiled(logging.Formatter):
    """Lines with stars in the place of secrets, tracebacks too: libraries log whatever a driver says."""

    def __init__(self, lines: logging.Formatter) -> None:
        super().__init__()
        self.lines = lines
        self.secrets: set[str] = set()

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return veiled(self.lines.format(record), self.secrets)


class _OfRun(logging.Filter):
    """Writes the run into each record; lets all pass."""

    def __init__(self, **told: str) -> None:
        super().__init__()
        self._told = told

    def filter(self, record: logging.LogRecord) -> bool:
        """Add what is known of the run."""
        for name, value in self._told.items():
            setattr(record, name, value)
        record.run = self._told["run_id"][:SHORT]
        return True


class _Short(logging.Filter):
    """Tells in a line what led to it, where it would come with a traceback; lets all pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the error in the place of its traceback, also of one that is part of the message."""
        said = record.getMessage()
        if TRACEBACK in said:
            said = said.partition(TRACEBACK)[0] + _ending(said)
        if record.exc_info and (error := record.exc_info[1]):
            told = " ".join(f"{type(error).__name__}: {error}".split())
            said = f"{said} ({told})"
            record.exc_info = record.exc_text = None
        record.msg, record.args = said, ()
        return True


def _ending(traceback: str) -> str:
    """The error that a traceback ends with: what follows the frames, which are indented, of the last one in a chain."""
    last = traceback.rpartition(TRACEBACK)[2].strip("\n").splitlines()
    return " ".join(" ".join(dropwhile(lambda line: line.startswith(" "), last)).split())


def log_format() -> LogFormat:
    """How the lines are to look; a setting that cannot be read is for the command to tell."""
    try:
        found = values.value("roundtrip.log_format")
    except UsageError:
        return "text"
    if found is None or found in get_args(LogFormat):
        return found or "text"
    raise UsageError(f"roundtrip.log_format must be 'text' or 'json', not {found!r}.")


def set_up(terminal: Console | None, *, form: LogFormat = "text", debug: bool = False) -> None:
    """Send log lines to standard error, or to the terminal that it is."""
    logging.captureWarnings(capture=True)
    handler: logging.Handler = logging.StreamHandler()
    level, lines = logging.INFO, logging.Formatter(TEXT, defaults={"run": NO_RUN})
    if form == "json":
        lines = JsonLines()
    elif terminal:
        handler, lines = RichHandler(console=terminal, show_path=False), logging.Formatter("%(message)s")
        level = logging.WARNING
    handler.setFormatter(Veiled(lines))
    handler.name = OURS
    if not debug:
        handler.addFilter(_Short())
    own, others = logging.getLogger(OURS), logging.getLogger()
    own.handlers, own.propagate = [handler], False
    others.handlers = [one for one in others.handlers if one.name != OURS] + [handler]
    own.setLevel(logging.DEBUG if debug else level)
    for name in SAY_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def is_json() -> bool:
    """Whether standard error is to hold nothing but JSON."""
    return any(isinstance(formatter.lines, JsonLines) for formatter in _formatters())


def hide(*secrets: str) -> None:
    """Let no line that is logged from now on hold these."""
    for formatter in _formatters():
        formatter.secrets.update(secrets)


def _formatters() -> list[Veiled]:
    formatters = [handler.formatter for handler in logging.getLogger(OURS).handlers]
    return [one for one in formatters if isinstance(one, Veiled)]


def adopt(name: str) -> None:
    """Let a library that has a handler of its own log as all others do."""
    if logging.getLogger(OURS).handlers:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True


@contextmanager
def of_run(run_id: str, command: str, crm: str = "") -> Iterator[None]:
    """Name the run in each line that is logged within, from whatever thread."""
    handlers = list(logging.getLogger(OURS).handlers)
    told = _OfRun(run_id=run_id, command=command, crm=crm)
    for handler in handlers:
        handler.addFilter(told)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(told)
