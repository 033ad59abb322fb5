"""The warehouse: a DuckDB file or a Postgres database, behind one interface."""

from pipelines.place import Place
from pipelines.warehouse.base import Warehouse, quoted
from pipelines.warehouse.duckdb import DuckDB
from pipelines.warehouse.postgres import Postgres

__all__ = ["Warehouse", "open_warehouse", "quoted"]


def open_warehouse(place: Place, dataset: str, *, read_only: bool = False) -> Warehouse:
    """Open the warehouse of a place. On DuckDB a writer is alone with it."""
    opened: type[DuckDB | Postgres] = DuckDB if place.destination == "duckdb" else Postgres
    return opened(place, dataset, read_only=read_only)
