"""The words of a push: what is wanted, what is known, what to do about it, and what became of it. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sources.pushing import Pushing, Writable

Policy = Literal["skip", "overwrite", "fill_empty"]
"""What to do with a field that somebody else has changed: leave it, write it all the same, or only if it is empty."""
WhenGone = Literal["keep", "complete", "delete"]
"""What becomes of a record that the push created, once its row has left the model."""
Operation = Literal["create", "update", "delete"]
Verdict = Literal["applied", "already", "refused", "conflict", "unknown", "gone"]
"""What became of an action: `already` found nothing to send, `gone` found the record deleted there; of `unknown` the
answer was lost, so that it may have been done."""
Reason = Literal["refusal", "conflict", "waiting", "gone", "limit", "not allowed"]


@dataclass(frozen=True)
class Target:
    """One push: a model, a table or a file, and what it may do to which entity."""

    name: str
    crm: str
    pushing: Pushing
    fields: Mapping[str, Writable]
    """The fields it selects, by the API's name; custom fields among them (`custom_fields.<key>`)."""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """By field; `skip` for those not named."""
    delete_policy: Policy = "skip"
    only_on_create: frozenset[str] = frozenset()
    when_gone: WhenGone = "keep"
    apply: Literal["by hand", "nightly"] = "by hand"
    max_rows: int = 1_000
    """The most records that one apply may write."""
    max_share: float = 0.1
    """The largest share of all records that one apply may update or delete."""
    allow_deletes: bool = False

    def policy(self, name: str) -> Policy:
        """What to do with a field that somebody else has changed."""
        return self.policies.get(name, "skip")


@dataclass(frozen=True)
class Wanted:
    """One row of a target: values in canonical form, by field."""

    push_key: str
    record_id: int | None
    values: Mapping[str, Any]
    delete: bool = False
    problems: tuple[str, ...] = ()
    """Why the CRM would refuse it; such a row is told and never sent."""


@dataclass(frozen=True)
class Held:
    """A record as the warehouse, or the CRM, has it: canonical values of the target's fields."""

    record_id: int
    values: Mapping[str, Any]
    update_time: datetime | None
    is_deleted: bool = False


@dataclass(frozen=True)
class Pushed:
    """A field as it was last written: what was sent, and what the CRM made of it (both canonical)."""

    sent: Any
    answered: Any


@dataclass(frozen=True)
class Known:
    """What the ledger knows of a push key."""

    push_key: str
    record_id: int | None
    created: bool
    """Whether the push created the record: only such are completed or deleted when their row has gone."""
    verdict: Verdict
    operation: Operation
    fields_hash: str
    """Of what was last sent or refused."""
    pushed: Mapping[str, Pushed] = field(default_factory=dict)
    reason: str = ""
    attempts: int = 0
    """How often in a row it was refused."""
    next_try_at: datetime | None = None
    intended: Mapping[str, Any] = field(default_factory=dict)
    """What was last to be sent."""
    intended_at: datetime | None = None
    """When, by the CRM's clock; known of a write whose answer was lost."""

    def agreed(self, name: str, current: Any) -> Pushed | None:
        """A field as it was last written, to be compared with what is there.

        A write whose answer was lost was ours if the field is as it was to become.
        """
        lost = self.verdict == "unknown" and name in self.intended and self.intended[name] == current
        return Pushed(current, current) if lost else self.pushed.get(name)


@dataclass(frozen=True)
class Change:
    """One field to write."""

    field: Writable
    before: Any
    after: Any


@dataclass(frozen=True)
class Action:
    """One record to write."""

    target: str
    push_key: str
    operation: Operation
    record_id: int | None
    changes: tuple[Change, ...]
    basis: datetime | None = None
    """When the record that the plan was made from was last updated."""
    wanted: Mapping[str, Any] = field(default_factory=dict)
    """All that the row wants, also what is so already."""
    pushed: Mapping[str, Pushed] = field(default_factory=dict)
    created: bool = False
    attempts: int = 0
    because: str = ""
    """Why, where it is not plain: `the row has left the model`."""
    looks_first: bool = False
    """Whether an earlier create of it may have been done: it is looked for before anything is sent."""

    @property
    def values(self) -> dict[str, Any]:
        """What to send, by field."""
        return {change.field.name: change.after for change in self.changes}


@dataclass(frozen=True)
class Left:
    """A row that is left alone, and why."""

    push_key: str
    record_id: int | None
    reason: Reason
    text: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What one target would do."""

    target: Target
    actions: tuple[Action, ...]
    left: tuple[Left, ...]
    unchanged: int
    """Rows that are so already."""
    rows: int
    records: int
    """How many living records the warehouse holds of the entity."""
    valve: str = ""
    """Why it may not be applied as it is, and what would allow it; empty: it may."""
    requests: int = 0
    tokens: int = 0

    def count(self, operation: Operation) -> int:
        """How many actions there are of a kind."""
        return sum(action.operation == operation for action in self.actions)


@dataclass(frozen=True)
class Outcome:
    """What became of one action."""

    action: Action
    verdict: Verdict
    reason: str = ""
    """The CRM's own words, or ours."""
    request_id: str = ""
    record_id: int | None = None
    pushed: Mapping[str, Pushed] = field(default_factory=dict)
    """All fields of the key that were ever pushed, as last written."""
    changes: tuple[Change, ...] = ()
    """What was in fact sent, or was refused; `before` is what the CRM had when it was read."""
    conflicts: tuple[Change, ...] = ()
    """What somebody else had changed, and was left as it is; also where the other fields were sent."""
    passing: bool = False
    """Of a refusal: whether it was none of the row, but trouble on the way; it is tried again in the next run."""
    update_time: datetime | None = None
    """Of the record, as the CRM answered."""
    at: datetime | None = None
