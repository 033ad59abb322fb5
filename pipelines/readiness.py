"""Which CRMs the warehouse holds enough of for the reporting tables.

dbt is told of them, and leaves out the models of all others: a CRM that was only half read would leave the snapshots of
its days wrong for good. dbt reads all its files anew whenever it is told something else, so their order never changes.
"""

from typing import Any

from pipelines.config import raw_schema
from pipelines.warehouse import Warehouse
from sources.registry import CRMS

READ = """
select entity, count(window_until) from ops.entity_loads where crm = ? group by entity order by entity
"""
SNAPSHOTTED = ("activities", "deals")
"""What the snapshots are of."""


def ready_crms(warehouse: Warehouse) -> list[str]:
    """The CRMs whose raw tables are there, and whose activities and deals have been read to the end once."""
    read = {name: _read(warehouse, name) for name in CRMS}
    return [name for name, found in read.items() if any(found.values()) and not _never(found)]


def variables(warehouse: Warehouse) -> dict[str, Any]:
    """What dbt is always told."""
    return {"crms": ready_crms(warehouse)}


def what_is_lacking(warehouse: Warehouse) -> str:
    """Why the warehouse cannot be transformed yet; empty when it can be."""
    if ready_crms(warehouse):
        return ""
    return half_read(warehouse) or f"{warehouse.place.title} holds nothing to transform."


def half_read(warehouse: Warehouse) -> str:
    """What has to be read to its end before the tables can be of it too; empty when there is nothing such."""
    read = {name: found for name in CRMS if (found := _read(warehouse, name))}
    named = len(read) > 1
    told = [f"{name} " * named + entity for name, found in read.items() for entity in _never(found)]
    return f"{warehouse.place.title} has not been read to the end once: {', '.join(told)}." if told else ""


def _read(warehouse: Warehouse, crm: str) -> dict[str, int]:
    """How often each entity of a CRM was read to its end; nothing where its tables are not there."""
    # Once any entity has been loaded, all raw tables are there.
    if not warehouse.catalog(raw_schema(CRMS[crm])) or not warehouse.columns_of("ops", "entity_loads"):
        return {}
    return {entity: int(times) for entity, times in warehouse.rows_of(READ, [crm])}


def _never(read: dict[str, int]) -> list[str]:
    return [entity for entity in SNAPSHOTTED if not read.get(entity, 1)]
