"""From what is read to what is written: each record once a run, nothing that is held as it is, deletions as rows."""

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.entity import DELETED, DELETED_AT, LOADED_AT, Entity
from sources.paging import instant
from sources.reading import Held, Progress
from sources.seen import Seen

BATCH = 10_000


class Writing:
    """Makes the tables of one entity in one run."""

    def __init__(self, progress: Progress, held: Held, loaded_at: datetime) -> None:
        self.progress = progress
        self.plan = progress.plan
        self.entity: Entity = progress.plan.entity
        self._reader = progress.reader
        self._held = held
        self._loaded_at = loaded_at
        self._seen = Seen()

    def _table(self, rows: list[Any]) -> pa.Table:
        """The rows met for the first time in this run; a second version lies beyond the window: next run's."""
        keys = [getattr(row, self.entity.primary_key) for row in rows]
        fresh = self._seen.first_time(keys)
        kept = rows if fresh is None else [row for row, is_new in zip(rows, fresh, strict=True) if is_new]
        return self._reader.decoder.table(kept, self._loaded_at)

    def _sifted(self, table: pa.Table) -> Iterator[pa.Table]:
        if table.num_rows:
            self.progress.living += table.num_rows - (pc.sum(table[DELETED]).as_py() or 0)
            sifted = self._held.sift(self.entity, table, whole=not self.plan.since)
            self.progress.add(sifted)
            if sifted.table.num_rows:
                yield sifted.table

    def _buried(self, gone: Sequence[tuple[Any, datetime | None]]) -> Generator[pa.Table, None, set[Any]]:
        """Write held records again, marked deleted, with their last content; returns the keys that are held."""
        held: set[Any] = set()
        times = dict(gone)
        keys = list(times)
        for start in range(0, len(keys), BATCH):
            table = self._held.rows(self.entity, keys[start : start + BATCH])
            held.update(table[self.entity.primary_key].to_pylist())
            self._seen.first_time([key for key in keys[start : start + BATCH] if key not in self._seen])
            living = table.filter(pc.invert(table[DELETED]))
            if living.num_rows:
                marks = [times[key] for key in living[self.entity.primary_key].to_pylist()]
                self.progress.deleted += living.num_rows
                yield self._mark(living, marks)
        return held

    def _mark(self, table: pa.Table, times: Sequence[datetime | None]) -> pa.Table:
        """The rows, deleted: at the time told, else by the end of this run's window."""
        latest = instant(self.plan.until)
        utc = table.schema.field(DELETED_AT).type
        columns = {
            DELETED: pa.array([True] * table.num_rows, pa.bool_()),
            DELETED_AT: pa.array([time or latest for time in times], utc),
            LOADED_AT: pa.array([self._loaded_at] * table.num_rows, utc),
        }
        if self.entity.watermark:
            told = pa.array(times, utc)
            columns[self.entity.watermark] = pc.coalesce(told, table[self.entity.watermark])
        for name, values in columns.items():
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
        return table
