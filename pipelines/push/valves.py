"""What a plan costs, and why it may not be applied as it is: too many records, too large a share, deletes."""

from collections.abc import Iterable

from pipelines.push.actions import Action, Plan
from sources.pushing import Pushing

ALWAYS_ALLOWED = 10
"""Records that may be updated or deleted whatever share of all they are."""


def cost(pushing: Pushing, actions: Iterable[Action]) -> tuple[int, int]:
    """Requests and tokens: before an update or a delete the record is read."""
    tokens = {
        "create": pushing.create_cost,
        "update": pushing.read_cost + pushing.update_cost,
        "delete": pushing.read_cost + pushing.delete_cost,
    }
    needed = {"create": pushing.create_requests, "update": pushing.update_requests, "delete": 2}
    requests = spent = 0
    for action in actions:
        requests += needed[action.operation] + action.looks_first
        spent += tokens[action.operation] + action.looks_first * pushing.lookup_cost
    return requests, spent


def valve(made: Plan) -> str:
    """Why the plan may not be applied as it is, and what would allow it; empty when it may."""
    target, count, deletes = made.target, len(made.actions), made.count("delete")
    if deletes and not target.allow_deletes:
        return (
            f"{deletes:,} records would be deleted, and {target.name} allows no deletes: set `allow_deletes: true` "
            "in its meta, or give --allow-deletes."
        )
    if count > target.max_rows:
        return (
            f"{count:,} records would be written, more than {target.max_rows:,} (max_rows): "
            f"--limit {target.max_rows} takes them in parts, --max-rows {count} all at once."
        )
    return _share(made, deletes + made.count("update"))


def _share(made: Plan, changed: int) -> str:
    most = made.target.max_share
    if changed <= max(ALWAYS_ALLOWED, most * made.records):
        return ""
    share = changed / max(made.records, 1)
    return (
        f"{changed:,} of {made.records:,} records would be changed, {share:.1%}, more than {most:.0%} (max_share): "
        f"--limit takes them in parts, --max-share {_upwards(share)} all at once."
    )


def _upwards(share: float) -> float:
    """A share that allows this one, in whole per cent."""
    return min(1.0, (int(share * 100) + 1) / 100)
