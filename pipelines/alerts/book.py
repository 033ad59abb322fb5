"""Where it is kept what was told: `ops.alerts`, or, while the warehouse cannot be had, a file beside it."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, astuple, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.alerts.standing import Entry
from pipelines.place import Place
from pipelines.warehouse import Warehouse

NAMES = [one.name for one in fields(Entry)]
OPEN = f"select {', '.join(NAMES)} from ops.alerts where ended_at is null or end_told_at is null"  # noqa: S608
FORGET = "delete from ops.alerts where channel = ? and problem = ? and since = ?"
KEEP = f"insert into ops.alerts ({', '.join(NAMES)}) values ({', '.join('?' for _ in NAMES)})"  # noqa: S608
TIMES = ("since", "seen_at", "told_at", "ended_at", "end_told_at", "tried_at")


class Book:
    """The account in the warehouse, if it is open; with what the file holds, which is put into it."""

    def __init__(self, place: Place, warehouse: Warehouse | None) -> None:
        # Found again also when no more than the warehouse's name can be read of the settings.
        self._file = place.warehouse.with_name(f".{place.warehouse.name}.alerts.json")
        self._warehouse = warehouse

    def entries(self) -> list[Entry]:
        """What is not settled."""
        kept = self._warehouse.records_of(OPEN) if self._warehouse else []
        told = {_key(one): one for one in [*(Entry(**row) for row in kept), *_read(self._file)]}
        return list(told.values())

    def keep(self, entries: Iterable[Entry]) -> None:
        """Put on record how entries are now."""
        if self._warehouse is None:
            now = {_key(one): one for one in [*_read(self._file), *entries]}
            _write(self._file, [one for one in now.values() if one.ended_at is None or one.end_is_due])
            return
        changed = {_key(one): one for one in [*_read(self._file), *entries]}
        with self._warehouse.transaction():
            for key, one in changed.items():
                self._warehouse.execute(FORGET, key)
                self._warehouse.execute(KEEP, astuple(one))
        self._file.unlink(missing_ok=True)


def _key(entry: Entry) -> tuple[str, str, datetime]:
    return entry.channel, entry.problem, entry.since


def _read(file: Path) -> list[Entry]:
    """What the file holds; one that cannot be read holds nothing."""
    with suppress(OSError, ValueError, TypeError):
        return [Entry(**_timed(one)) for one in json.loads(file.read_text(encoding="utf-8"))]
    return []


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(row[name]) for name in TIMES if row[name]}
    return row | times


def _write(file: Path, entries: Iterable[Entry]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_suffix(".new")
    made.write_text(json.dumps([asdict(one) for one in entries], default=str), encoding="utf-8")
    made.replace(file)
