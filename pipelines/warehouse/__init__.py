"""The warehouse: a DuckDB file or a Postgres database, behind one interface."""

from pipelines.place import Place
from pipelines.warehouse.base import Warehouse
from pipelines.warehouse.duckdb import DuckDB
from pipelines.warehouse.postgres import Postgres
from pipelines.warehouse.versions import bring_up_to_date, refuse_others

__all__ = ["Warehouse", "open_warehouse"]


def open_warehouse(place: Place, dataset: str, *, read_only: bool = False) -> Warehouse:
    """Open the warehouse of a place. On DuckDB a writer is alone with it.

    One that a newer Roundtrip has made is refused. One that an older has made is brought up to date when it may be
    written to, with the run lock held; else it is refused too.
    """
    opened: type[DuckDB | Postgres] = DuckDB if place.destination == "duckdb" else Postgres
    warehouse = opened(place, dataset, read_only=read_only)
    try:
        refuse_others(warehouse) if read_only else bring_up_to_date(warehouse)
    except BaseException:
        warehouse.close()
        raise
    return warehouse
