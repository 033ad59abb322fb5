"""What the warehouse holds of the records that a push is about: read from the raw tables, never from the marts."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipelines.push.actions import Held, Target, Wanted
from pipelines.sql import quoted
from pipelines.warehouse import Warehouse
from sources.crm import Crm
from sources.entity import DELETED, Entity
from sources.pushing import CUSTOM, Writable
from sources.values import canonical

MOST_KEPT = 10_000
"""Different values of a column that are remembered."""
ACTIVE = "active_flag"
"""The column that says, in some lists, whether a record is in use."""


def held_records(warehouse: Warehouse, entity: Entity, target: Target, ids: Iterable[int]) -> dict[int, Held]:
    """The records with these ids, deleted ones too."""
    more = [one for one in target.pushing.fields if one.name in target.pushing.completed]
    fields = list({one.name: one for one in [*target.fields.values(), *more]}.values())
    plain = [one for one in fields if not one.name.startswith(CUSTOM)]
    custom = [one for one in fields if one.name.startswith(CUSTOM)]
    names = [one.name for one in plain] + [CUSTOM[:-1]] * bool(custom)
    basis = [entity.watermark] if entity.watermark else []
    table = warehouse.rows(
        entity, sorted(set(ids)), list(dict.fromkeys([entity.primary_key, DELETED, *basis, *names]))
    )
    columns = [_canonical(one, table[one.name]) for one in plain]
    if custom:
        texts = table[CUSTOM[:-1]].to_pylist()
        members = [json.loads(text) if text else {} for text in texts]
        columns += [_custom(one, members) for one in custom]
    times = table[entity.watermark].to_pylist() if entity.watermark else [None] * table.num_rows
    keys, deleted = table[entity.primary_key].to_pylist(), table[DELETED].to_pylist()
    values = zip(*columns, strict=True) if columns else [()] * len(keys)
    told = [one.name for one in [*plain, *custom]]
    return {
        key: Held(key, dict(zip(told, row, strict=True)), time, is_deleted=bool(gone))
        for key, time, gone, row in zip(keys, times, deleted, values, strict=True)
    }


def lacking(
    warehouse: Warehouse, crm: Crm, target: Target, wanted: Sequence[Wanted]
) -> dict[str, dict[Any, str]]:
    """By field, the values that refer to what is not there, or no longer in use; each with why."""
    found: dict[str, dict[Any, str]] = {}
    for name, writable in target.fields.items():
        values = {row.values.get(name) for row in wanted if not row.problems} if writable.refers else set()
        values.discard(None)
        if values and writable.refers:
            entity, column = writable.refers
            there = _living(warehouse, crm.entities[entity], column)
            text = f"there is no {{!r}} among the {entity} in use".replace("_", " ")
            found[name] = (
                {}
                if there is None
                else {
                    value: text.format(value)
                    for value in values
                    if _is_below_ids(value) or value not in there
                }
            )
    return found


def _is_below_ids(value: Any) -> bool:
    """Whether a number cannot be an id, which a set of ids refuses to be asked for."""
    return isinstance(value, int) and value < 0


def _living(warehouse: Warehouse, entity: Entity, column: str) -> Any:
    """The values of a column in living records; None when nothing is known of them."""
    columns = warehouse.columns(entity)
    if column not in columns:
        return None
    if column == entity.primary_key and ACTIVE not in columns:
        return warehouse.live_keys(entity)
    active = f" and coalesce({ACTIVE}, true)" if ACTIVE in columns else ""
    query = f"select {quoted(column)} from {warehouse.table(entity)} where not {DELETED}{active}"  # noqa: S608 (quoted names)
    return {value for (value,) in warehouse.rows_of(query)}


def _canonical(writable: Writable, column: pa.ChunkedArray) -> list[Any]:
    """The canonical values of a column; each different one is made once, as far as there are not too many."""
    nested = writable.kind in ("ints", "object", "objects")
    if pa.types.is_date(column.type):
        column = column.cast(pa.string())

    def made(value: Any) -> Any:
        return canonical(writable, json.loads(value) if nested and isinstance(value, str) else value)

    return _remembered(made, column.to_pylist())


def _custom(writable: Writable, members: Iterable[Mapping[str, Any]]) -> list[Any]:
    key = writable.name.removeprefix(CUSTOM)
    return [canonical(writable, one.get(key)) for one in members]


def _remembered(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    known: dict[Any, Any] = {None: None}
    found = []
    for value in values:
        if value not in known:
            if len(known) >= MOST_KEPT:
                known = {None: None}
            known[value] = function(value)
        found.append(known[value])
    return found
