"""After merges: children of what was deleted are asked for again.

A merge deletes one record and points its children to another, and whether their update time moves is not known. So
whenever a deletion is learned, held records that still point to the deleted one are read again by id, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.sql import quoted
from sources.entity import DELETED, LOADED_AT, Entity
from sources.resources import LINKS_SINCE, Reread, resource
from sources.walk import Fetcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.load import Loading
    from pipelines.warehouse import Warehouse
    from sources.http import Client
    from sources.reading import Progress


def reread_children(loading: Loading, client: Client) -> None:
    """Read again what points to records that were deleted since it was last read again; a package of its own."""
    asked = [
        (progress, ids)
        for progress in loading.run.entities
        if progress.outcome == "done" and (ids := _children(loading, progress))
    ]
    if not asked:
        return
    loading.watch("reading again what pointed to deleted records")
    with Fetcher(client) as fetcher:
        extractions = [
            Reread(ids, progress, fetcher, loading.warehouse, loaded_at=loading.run.started_at)
            for progress, ids in asked
        ]
        loading.into_files([resource(one) for one in extractions])
    loading.normalize_and_load()


def _children(loading: Loading, progress: Progress) -> Sequence[int]:
    entity = progress.plan.entity
    since = loading.state.get("resources", {}).get(entity.name, {}).get(LINKS_SINCE)
    if not (since and entity.links and entity.by_id) or entity.is_legacy_reading:
        return []
    return _pointing_to_deleted(loading.warehouse, entity, datetime.fromisoformat(since))


def _pointing_to_deleted(warehouse: Warehouse, entity: Entity, since: datetime) -> list[int]:
    """Keys of living records that point to one whose deletion was written after `since`."""
    tables = warehouse.tables()
    links = {field: parent for field, parent in entity.links.items() if parent in tables}
    if not links or entity.name not in tables:
        return []
    conditions = " or ".join(
        f"{quoted(field)} in (select id from {quoted(warehouse.dataset)}.{quoted(parent)} "  # noqa: S608 (quoted names)
        f"where {DELETED} and {LOADED_AT} > ?)"
        for field, parent in links.items()
    )
    key = quoted(entity.primary_key)
    query = f"select {key} from {warehouse.table(entity)} where not {DELETED} and ({conditions}) order by 1"  # noqa: S608 (quoted names)
    return [row[0] for row in warehouse.rows_of(query, [since] * len(links))]
