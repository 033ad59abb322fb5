"""What is held and what was read, compared in Arrow."""

import pyarrow as pa
import pyarrow.compute as pc


def place_in(held: pa.Table, table: pa.Table, key: str) -> pa.Array:
    """For each row, where its key is among those that are held; null where it is not."""
    return pc.index_in(table[key].combine_chunks(), held[key].combine_chunks())


def distinct(one: pa.Array, other: pa.Array) -> pa.Array:
    """Where two columns differ; null differs from every value, and not from null."""
    differs = pc.fill_null(pc.not_equal(one, other), fill_value=False)
    return pc.or_(differs, pc.xor(pc.is_null(one), pc.is_null(other)))


def count(which: pa.Array) -> int:
    """How many are true."""
    return int(pc.sum(which).as_py() or 0)
