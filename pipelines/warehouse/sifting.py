"""What of a table is news, compared with what is held."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.warehouse.comparing import count, distinct, place_in
from sources.entity import DELETED, DELETED_AT, LOADED_AT, Entity
from sources.reading import Sifted


@dataclass(frozen=True)
class Sieve:
    """Leaves out rows of one entity that are held as they are, or newer."""

    entity: Entity
    held: Callable[[Entity, Sequence[str], pa.ChunkedArray], pa.Table]
    """Columns of the held rows with these keys."""

    def sift(self, table: pa.Table, *, whole: bool) -> Sifted:
        """Leave them out, and count.

        What stands within others is new only if it looks otherwise than it is held. A whole list shows what there is
        to see: what was held of it as newer was seen in a record that is gone.
        """
        entity = self.entity
        if entity.embedded and entity.embedded.sometimes:
            table = self._completed(table, entity.embedded.sometimes)
        new, newer, same, were_deleted = self._verdicts(table)
        if entity.embedded:
            newer, same = pc.and_(newer, same), pc.invert(new) if whole else pc.or_(newer, same)
        changed = self._changed(table, same)
        updated, deleted = pc.or_(newer, changed), table[DELETED].combine_chunks()
        kept = table.filter(pc.or_(new, updated))
        if entity.is_legacy_reading:
            kept = self._completed(kept, entity.legacy_lacks)
        counts = [count(which) for which in (new, newer, same, changed)]
        tells_changes = entity.watermark and not entity.embedded
        return Sifted(
            kept,
            inserted=counts[0],
            updated=counts[1] + counts[3],
            unchanged=counts[2] - counts[3],
            stale=table.num_rows - sum(counts[:3]),
            silent=count(pc.and_(changed, pc.equal(deleted, were_deleted))) if tells_changes else 0,
            deleted=count(pc.and_(updated, pc.and_not(deleted, were_deleted))),
            revived=count(pc.and_(updated, pc.and_not(were_deleted, deleted))),
        )

    def _verdicts(self, table: pa.Table) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
        """Which rows are new, which newer than what is held, which of the same time; the others are older.

        And which are held as deleted.
        """
        key, time = self.entity.primary_key, self.entity.watermark or LOADED_AT
        held = self.held(self.entity, [key, time, DELETED], table[key])
        place = place_in(held, table, key)
        new, known = pc.is_null(place), pc.is_valid(place)
        deleted = pc.fill_null(held[DELETED].combine_chunks().take(place), fill_value=False)
        if not self.entity.watermark:
            return new, pc.and_(new, known), known, deleted  # none is newer
        before = held[time].combine_chunks().take(place)
        same = pc.and_(known, pc.invert(distinct(table[time].combine_chunks(), before)))
        later = pc.fill_null(pc.greater(table[time].combine_chunks(), before), fill_value=False)
        newer = pc.and_not(pc.and_(known, pc.or_(later, pc.is_null(before))), same)
        return new, newer, same, deleted

    def _changed(self, table: pa.Table, same: pa.Array) -> pa.Array:
        """Which of the rows of the same time differ in content from what is held."""
        entity, nothing = self.entity, pa.array([False] * table.num_rows)
        if not count(same):
            return nothing
        left_out = {DELETED_AT, LOADED_AT} | (entity.legacy_lacks if entity.is_legacy_reading else set())
        left_out |= {entity.watermark} if entity.embedded else set()
        compared = [name for name in table.schema.names if name not in left_out]
        held = self.held(entity, compared, table[entity.primary_key].filter(same))
        place = place_in(held, table, entity.primary_key)
        differs = nothing
        for name in compared:
            before = held[name].combine_chunks().take(place)
            differs = pc.or_(differs, distinct(table[name].combine_chunks(), before))
        return pc.and_(same, differs)

    def _completed(self, table: pa.Table, fields: Iterable[str]) -> pa.Table:
        """The rows, with what is held of these fields where they tell nothing of them."""
        key, lacking = self.entity.primary_key, sorted(fields)
        held = self.held(self.entity, [key, *lacking], table[key])
        place = place_in(held, table, key)
        for name in lacking:
            known = held[name].combine_chunks().take(place)
            number = table.schema.get_field_index(name)
            table = table.set_column(number, table.schema.field(name), pc.coalesce(table[name], known))
        return table
