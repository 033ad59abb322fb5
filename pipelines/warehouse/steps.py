"""The steps that bring an older warehouse up to date, schema by schema, each from one version to the next.

A step is written once and stays as it is: warehouses that are far behind take them all, one after the other. It must do
with tables that are not there, which are made afterwards as they are today, and finds columns there that it would add
when a table was just made. What a step does is done as a whole or not at all.
"""

from collections.abc import Callable, Mapping, Sequence

from pipelines.warehouse.base import Warehouse

Step = Callable[[Warehouse], None]


def tell_what_transforms_built(warehouse: Warehouse) -> None:
    """Whether a run of the transforms was of all models, and up to when its rows were built."""
    for column, kind in (("is_whole", "boolean"), ("built", "varchar")):
        warehouse.execute(f"alter table if exists ops.transforms add column if not exists {column} {kind}")


def tell_what_fields_hold(warehouse: Warehouse) -> None:
    """In how many of the records that were read each field holds something."""
    warehouse.execute("alter table if exists ops.entity_loads add column if not exists filled json")


STEPS: Mapping[str, Sequence[Step]] = {"ops": (tell_what_transforms_built, tell_what_fields_hold)}
"""The first step of a schema leads from version 1 to version 2; one that has none is as it has always been."""
