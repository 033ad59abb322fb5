"""What is open after an apply, as rows beside the ledger: `ops.push_open`.

The ledger holds what was sent. A row that was never sent, because the CRM would refuse it or somebody has changed its
record, is not in it; nor does the ledger know that a row has left its model. So each apply replaces what is open of its
targets: what it looked at, when it looked at a part only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pipelines.push.actions import Outcome, Plan
from pipelines.push.planning import EVERYTHING, Choice
from pipelines.warehouse import Warehouse

INSERT = "insert into ops.push_open values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
REASONS = {"refusal": "refused", "waiting": "refused", "conflict": "conflict", "gone": "gone"}
"""What is open of the rows that a plan leaves alone."""
OPEN = ("refused", "conflict", "unknown")
"""What is open of the rows that were sent."""


def keep(
    warehouse: Warehouse,
    made: Plan,
    outcomes: Iterable[Outcome],
    *,
    run_id: str,
    now: datetime,
    choice: Choice,
) -> None:
    """Replace what is open of a target."""
    rows = _open(made, outcomes)
    target = made.target
    with warehouse.transaction():
        _forget(warehouse, made, choice)
        for push_key, record_id, outcome, reason in rows:
            place = [target.crm, target.pushing.entity, target.name, push_key, record_id]
            warehouse.execute(INSERT, [*place, outcome, reason, run_id, now])


def _open(made: Plan, outcomes: Iterable[Outcome]) -> Sequence[tuple[str, int | None, str, str]]:
    found = {
        one.push_key: (one.push_key, one.record_id, REASONS[one.reason], one.text)
        for one in made.left
        if one.reason in REASONS
    }
    for one in outcomes:
        if one.action.target == made.target.name and one.verdict in OPEN:
            key = one.action.push_key
            found[key] = (key, one.record_id or one.action.record_id, one.verdict, one.reason)
    return list(found.values())


def _forget(warehouse: Warehouse, made: Plan, choice: Choice) -> None:
    of_target: list[Any] = [made.target.crm, made.target.name]
    forget = "delete from ops.push_open where crm = ? and target = ?"
    if choice == EVERYTHING:
        warehouse.execute(forget, of_target)
        return
    looked_at = {one.push_key for one in made.actions} | set(choice.only)
    looked_at |= {one.push_key for one in made.left if one.reason != "limit"}
    for push_key in looked_at:
        warehouse.execute(f"{forget} and push_key = ?", [*of_target, push_key])
