"""The second package of a load: lists that belong to single records, read once it is known which of those changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.sql import quoted
from sources.children import Children
from sources.entity import DELETED, LOADED_AT, Entity
from sources.paging import stamp
from sources.reading import Plan, Progress
from sources.resources import resource
from sources.walk import Fetcher, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipelines.load import Loading
    from pipelines.warehouse import Warehouse
    from sources.http import Client
    from sources.reading import After


@dataclass(frozen=True)
class Parents:
    """What a warehouse says of records, and of what belongs to them."""

    warehouse: Warehouse

    def live_children(self, entity: Entity, parents: Sequence[Any]) -> list[Any]:
        """The keys of those rows that are not marked deleted and belong to these parents."""
        if not self.warehouse.columns(entity) or entity.parent is None:
            return []
        marks = ", ".join("?" for _ in parents)
        query = (
            f"select {quoted(entity.primary_key)} from {self.warehouse.table(entity)} "  # noqa: S608 (quoted names)
            f"where not {DELETED} and {quoted(entity.parent.column)} in ({marks})"
        )
        return [row[0] for row in self.warehouse.rows_of(query, parents)]

    def changed(
        self, table: str, key: str, after: After | None, most: int
    ) -> list[tuple[Any, bool, datetime]]:
        """Key, whether deleted, and when loaded: of rows loaded after another one, in that order, at most so many."""
        if table not in self.warehouse.tables():
            return []
        bound = f"where ({LOADED_AT}, {quoted(key)}) > (?, ?) " if after else ""
        query = (
            f"select {quoted(key)}, {DELETED}, {LOADED_AT} "  # noqa: S608 (quoted names)
            f"from {quoted(self.warehouse.dataset)}.{quoted(table)} "
            f"{bound}order by {LOADED_AT}, {quoted(key)} limit {most}"
        )
        return [(row[0], row[1], row[2]) for row in self.warehouse.rows_of(query, after or ())]


def load_children(loading: Loading, client: Client, chosen: Sequence[Entity], *, full: bool) -> None:
    """Read and load, in a second package, the lists of the records that are now known to have changed."""
    if not chosen:
        return
    loading.watch("extracting what belongs to single records")
    loading.warehouse.check_types(chosen)
    with Fetcher(client) as fetcher:
        progresses = [Progress(Plan(one, stamp(loading.until)), Reader(client, one)) for one in chosen]
        loading.run.entities += progresses
        loading.into_files([resource(_children(loading, fetcher, one, full=full)) for one in progresses])
    loading.normalize_and_load()


def _children(loading: Loading, fetcher: Fetcher, progress: Progress, *, full: bool) -> Children:
    parent = progress.plan.entity.parent
    return Children(
        progress,
        fetcher,
        loading.warehouse,
        Parents(loading.warehouse),
        loaded_at=loading.run.started_at,
        parent_key=loading.settings.crm.entities[parent.entity].primary_key if parent else "",
        # Of a table that somebody dropped, everything is read again.
        full=full or progress.plan.entity.name not in loading.tables,
    )
