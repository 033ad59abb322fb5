"""Whether one field is to be written: three ways, between what is wanted, what is there, and what was last pushed.

The planner asks it of the warehouse's record, the applier once more of the record it has just read.
"""

from typing import Any, Literal

from pipelines.push.actions import Policy, Pushed

Decision = Literal["same", "write", "conflict", "leave"]


def decide(
    wanted: Any, current: Any, *, policy: Policy, pushed: Pushed | None = None, changed_since: bool = False
) -> Decision:
    """What to do with a field; all values are canonical.

    The CRM may keep a value in its own way (a note without its scripts): what it made of what we sent is ours too.
    `changed_since` says that somebody has changed the field since the plan was made.
    """
    if wanted == current:
        return "same"
    theirs = changed_since or (pushed is not None and pushed.answered != current)
    if pushed is not None and pushed.sent == wanted and not theirs:
        return "same"
    ours = pushed is not None and not theirs
    if policy == "fill_empty" and not ours:
        return "write" if is_empty(current) else "leave"
    if theirs and policy == "skip":
        return "conflict"
    return "write"


def is_empty(value: Any) -> bool:
    """Whether a canonical value says nothing."""
    return value is None or value in ("", [], {})
