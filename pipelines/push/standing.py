"""How pushes stand: the last applies, and what is open of each target. Reads the warehouse only."""

from collections.abc import Mapping
from typing import Any

from pipelines import console
from pipelines.warehouse import Warehouse

MOST = 10
WRONG = {"refused": "refused", "conflicts": "in conflict", "unknown": "of which the answer was lost"}
APPLIES = """
select run_id, command, status, started_at, requests, tokens, problem from ops.runs
where crm = ? and command = 'push' order by started_at desc limit 1
"""
TARGETS = """
with pushed as (
    select
        target,
        count(*) as keys,
        count(*) filter (where verdict in ('applied', 'already')) as written,
        count(*) filter (where verdict = 'unknown') as unknown,
        max(recorded_at) as last_at
    from ops.push_state where crm = ? group by target
),

unfinished as (
    select
        target,
        count(*) filter (where outcome = 'refused') as refused,
        count(*) filter (where outcome = 'conflict') as conflicts
    from ops.push_open where crm = ? group by target
)

select
    coalesce(pushed.target, unfinished.target) as target,
    coalesce(keys, 0) as keys,
    coalesce(written, 0) as written,
    coalesce(refused, 0) as refused,
    coalesce(conflicts, 0) as conflicts,
    coalesce(unknown, 0) as unknown,
    last_at
from pushed full outer join unfinished on pushed.target = unfinished.target
order by 1
"""
OPEN = """
select
    push_open.target,
    push_open.push_key,
    push_open.record_id,
    push_open.outcome,
    push_open.reason,
    push_state.attempts,
    push_state.next_try_at
from ops.push_open
left join ops.push_state
    on push_open.crm = push_state.crm
    and push_open.target = push_state.target
    and push_open.push_key = push_state.push_key
where push_open.crm = ? order by push_open.target, push_open.outcome, push_open.push_key
"""


def read(warehouse: Warehouse, crm: str) -> dict[str, Any] | None:
    """What `status` tells of pushes; nothing, when there was none."""
    last = next(iter(warehouse.records_of(APPLIES, [crm])), None)
    targets = warehouse.records_of(TARGETS, [crm, crm])
    if last is None and not targets:
        return None
    return {"last_apply": last, "targets": targets, "open": warehouse.records_of(OPEN, [crm])}


def show(found: Mapping[str, Any]) -> None:
    """Print it for a person."""
    last = found["last_apply"]
    when = f", last {last['status']} {last['started_at']:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    console.OUT.print(f"\nPush{when}", style="bold")
    for one in found["targets"]:
        told = [f"{one['written']:,} of {one['keys']:,} keys written"]
        told += [f"{one[name]:,} {text}" for name, text in WRONG.items() if one[name]]
        console.say(f"{one['target']}: {', '.join(told)}")
    for row in found["open"][:MOST]:
        then = f" Next try at {row['next_try_at']:%Y-%m-%d %H:%M} UTC." if row["next_try_at"] else ""
        console.note(f"  {row['target']}, {row['push_key']}: {row['outcome']}: {row['reason']}.{then}")
    if len(found["open"]) > MOST:
        console.note(f"  And {len(found['open']) - MOST:,} more, in the table ops.push_open.")
