"""What the CRM answered goes straight into the raw table, as if it had been read: the next load finds it unchanged."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sql import quoted
from pipelines.warehouse import Warehouse
from pipelines.warehouse.comparing import place_in
from sources.arrow import Decoder
from sources.entity import DELETED, DELETED_AT, EXTRA, LOADED_AT, Entity
from sources.writer import Record


class Landing:
    """One entity's raw table. One that nobody has loaded yet, or emptied, is left so: a load reads it as a whole."""

    def __init__(self, warehouse: Warehouse, entity: Entity, loaded_at: datetime) -> None:
        self.warehouse = warehouse
        self.entity = entity
        self.loaded_at = loaded_at
        self.is_held = bool(warehouse.columns(entity))
        self._decoder = Decoder(entity)

    def of_answers(self, records: Sequence[Record]) -> pa.Table | None:
        """The rows to write: what was not answered is as it is held, and nothing older replaces a newer one."""
        last = {record.record_id: record for record in records}
        if not last or not self.is_held:
            return None
        body = b'{"data":[' + b",".join(record.raw for record in last.values()) + b"]}"
        table = self._decoder.table(self._decoder.decode(body).rows, self.loaded_at)
        return self.warehouse.sift(self.entity, self._completed(table, list(last.values()))).table

    def of_deleted(self, ids: Sequence[int], at: datetime) -> pa.Table | None:
        """The held rows, marked deleted. Their update time is for the next load to tell: it knows the second."""
        if not ids or not self.is_held:
            return None
        held = self.warehouse.rows(self.entity, ids)
        table = held.filter(pc.invert(held[DELETED]))
        size, utc = table.num_rows, table.schema.field(DELETED_AT).type
        marks = {
            DELETED: pa.array([True] * size, pa.bool_()),  # there may be none, which has no type of its own
            DELETED_AT: pa.array([at] * size, utc),
            LOADED_AT: pa.array([self.loaded_at] * size, utc),
        }
        for name, values in marks.items():
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
        return table

    def write(self, table: pa.Table | None) -> None:
        """Put rows in the place of those with their keys, in the transaction that is open."""
        if table is None or not table.num_rows:
            return
        key, keys = self.entity.primary_key, table[self.entity.primary_key].to_pylist()
        marks = ", ".join("?" for _ in keys)
        name = self.warehouse.table(self.entity)
        self.warehouse.execute(f"delete from {name} where {quoted(key)} in ({marks})", keys)  # noqa: S608 (quoted names)
        held = self.warehouse.columns(self.entity)
        self.warehouse.append(name, table.select([one for one in table.schema.names if one in held]))

    def _completed(self, table: pa.Table, records: Sequence[Record]) -> pa.Table:
        """The rows, with what is held of the fields that the answers do not carry."""
        if all(record.is_whole for record in records):
            return table
        lacking = {
            one.name: mask
            for one in self.entity.fields
            if any(mask := [one.name not in record.row for record in records])
        }
        held = self.warehouse.rows(self.entity, table[self.entity.primary_key].to_pylist())
        place = place_in(held, table, self.entity.primary_key)
        lacking[EXTRA] = pc.is_null(table[EXTRA]).combine_chunks()
        for name, mask in lacking.items():
            number = table.schema.get_field_index(name)
            known = held[name].combine_chunks().take(place)
            values = pc.if_else(
                pa.array(mask, pa.bool_()) if isinstance(mask, list) else mask, known, table[name]
            )
            table = table.set_column(number, table.schema.field(name), values)
        return table
