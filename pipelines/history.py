"""What of `ops` is old enough to go: records of runs. What something still stands on stays, however old.

Kept whatever their age: of each list the last load, the last that got to its end and the last that read changes (how
far it is, which tables can be built); the last run of each command; the last proof; everything since the last published
and the last whole build (what is known of its tables). Ledger, accounts, custom fields and open rows are no history.
"""

import logging
from datetime import datetime, timedelta

from pipelines.warehouse import Warehouse
from sources.errors import LoadError

LOG = logging.getLogger("roundtrip.history")
ENTITY_LOADS = """
with ranked as (
    select
        entity_loads.run_id,
        entity_loads.entity,
        row_number() over (
            partition by entity_loads.crm, entity_loads.entity order by runs.started_at desc
        ) as latest,
        row_number() over (
            partition by entity_loads.crm, entity_loads.entity, window_until is null order by runs.started_at desc
        ) as latest_that_ended,
        row_number() over (
            partition by entity_loads.crm, entity_loads.entity, window_since is null order by runs.started_at desc
        ) as latest_of_changes
    from ops.entity_loads
    inner join ops.runs on entity_loads.run_id = runs.run_id
)

delete from ops.entity_loads
where run_id in (select runs.run_id from ops.runs where runs.started_at < ?)
    and (run_id, entity) not in (
        select ranked.run_id, ranked.entity from ranked
        where ranked.latest = 1 or ranked.latest_that_ended = 1 or ranked.latest_of_changes = 1
    )
"""
RUNS = """
delete from ops.runs
where started_at < ?
    and run_id not in (select entity_loads.run_id from ops.entity_loads)
    and run_id not in (
        select distinct on (latest.crm, latest.command) latest.run_id from ops.runs as latest
        order by latest.crm, latest.command, latest.started_at desc
    )
"""
SPEND = "delete from ops.token_spend where day < cast(? as date)"
RECONCILIATIONS = """
with ranked as (
    select
        run_id,
        entity,
        row_number() over (partition by crm, entity, is_proved order by started_at desc) as latest
    from ops.reconciliations
)

delete from ops.reconciliations
where started_at < ?
    and (run_id, entity) not in (select ranked.run_id, ranked.entity from ranked where ranked.latest = 1)
"""
TRANSFORMS = """
delete from ops.transforms
where started_at < ?
    and started_at < (select max(last.started_at) from ops.transforms as last where last.is_published)
    and started_at < (select max(last.started_at) from ops.transforms as last where last.is_whole)
"""
ALERTS = "delete from ops.alerts where ended_at < ?"
PRUNED = (ENTITY_LOADS, RUNS, SPEND, RECONCILIATIONS, TRANSFORMS, ALERTS)
"""In this order: a run stays as long as anything tells of it."""


def prune(warehouse: Warehouse, days: int | None, now: datetime) -> None:
    """Delete records of runs that are older; None keeps all. It ends no run: what it cannot do, the next one does."""
    if days is None:
        return
    before = now - timedelta(days=days)
    expected: tuple[type[Exception], ...] = (LoadError, *warehouse.errors)
    try:
        with warehouse.transaction():
            for statement in PRUNED:
                warehouse.execute(statement, [before])
    except expected as error:
        LOG.warning(
            "The history could not be pruned (%s); the next night tries again.", warehouse.told(error)
        )
