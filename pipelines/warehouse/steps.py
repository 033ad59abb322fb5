"""The steps that bring an older warehouse up to date, schema by schema, each from one version to the next.

A step is written once and stays as it is: warehouses that are far behind take them all, one after the other. It must do
with tables that are not there, for they are made afterwards as they are today, and with columns that are there already,
as in a warehouse of somebody who follows the development. What a step does is done as a whole or not at all.

Raw tables may be met by a package that a killed run of before has left: a step that renames or retypes a column of them
has to see to it that pipelines/pending.py does not load it.
"""

from collections.abc import Callable, Mapping, Sequence

from pipelines.sql import quoted
from pipelines.warehouse.base import Warehouse

IS_NEEDED = """
select 1 from pg_class
where oid = cast(? as regclass) and (
    relacl is not null or exists (
        select 1 from pg_depend
        where refclassid = cast('pg_class' as regclass) and refobjid = pg_class.oid and deptype = 'n'
    )
)
"""
"""Whether somebody may read a table of Postgres, or has made a view of it."""

Step = Callable[[Warehouse], None]


def tell_what_transforms_built(warehouse: Warehouse) -> None:
    """Whether a run of the transforms was of all models, and up to when its rows were built."""
    for column, kind in (("is_whole", "boolean"), ("built", "varchar")):
        warehouse.execute(f"alter table if exists ops.transforms add column if not exists {column} {kind}")


def tell_what_fields_hold(warehouse: Warehouse) -> None:
    """In how many of the records that were read each field holds something."""
    warehouse.execute("alter table if exists ops.entity_loads add column if not exists filled json")


def tell_crm_of_snapshots(warehouse: Warehouse) -> None:
    """When the snapshots began there was one CRM, and no column said so; it comes first in all tables."""
    for table, columns in warehouse.catalog("snapshots").items():
        if table in ("snap_deal_daily", "snap_activity_daily") and next(iter(columns)) != "crm":
            name = f"snapshots.{table}"
            if "crm" not in columns:
                warehouse.execute(f"alter table {name} add column crm varchar")
                warehouse.execute(f"update {name} set crm = 'pipedrive'")  # noqa: S608 (a name of ours)
            if not _is_needed(warehouse, name):
                _put_first(warehouse, name, {"crm": "varchar", **columns})


def _is_needed(warehouse: Warehouse, name: str) -> bool:
    """Whether making a table anew would take something from somebody: on Postgres rights and views go with it."""
    return warehouse.place.destination == "postgres" and bool(warehouse.rows_of(IS_NEEDED, [name]))


def _put_first(warehouse: Warehouse, name: str, columns: Mapping[str, str]) -> None:
    """Make a table of days anew, its columns in another order; every row is there afterwards, or nothing was done."""
    listed = ", ".join(map(quoted, columns))
    typed = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    warehouse.execute(f"create table {name}_anew ({typed})")
    warehouse.execute(f"insert into {name}_anew ({listed}) select {listed} from {name}")  # noqa: S608 (a name of ours, quoted columns)
    warehouse.execute(f"drop table {name}")
    warehouse.execute(f"alter table {name}_anew rename to {name.partition('.')[2]}")
    if warehouse.place.destination == "postgres":
        warehouse.execute(f"create index on {name} (snapshot_date)")


STEPS: Mapping[str, Sequence[Step]] = {
    "ops": (tell_what_transforms_built, tell_what_fields_hold),
    "snapshots": (tell_crm_of_snapshots,),
}
"""The first step of a schema leads from version 1 to version 2; one that has none is as it has always been."""
