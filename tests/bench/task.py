"""What a measuring process is told, and what it tells."""

from dataclasses import dataclass, field
from pathlib import Path

POSTGRES = "postgres_url"
"""The file in a measurement's folder that says that its warehouse is on Postgres, and where."""


@dataclass(frozen=True)
class Task:
    """Where to read from and where to write to; `pages` is how many to read at most, None means all."""

    url: str
    place: Path
    pages: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What a way of reading has done: rows it delivered, and where known rows read, walks at once, seconds by step."""

    rows: int
    read: int | None = None
    walkers: int | None = None
    steps: dict[str, float] = field(default_factory=dict)
