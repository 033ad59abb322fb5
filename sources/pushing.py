"""What may be written back to a CRM: which fields of an entity, as what, and through which requests.

A declaration is data, as an entity is. Values are JSON values: the planner makes them of SQL values, compares them in
their canonical form, and the writer sends them as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

WriteKind = Literal[
    "int", "number", "text", "bool", "date", "time", "duration", "uuid", "ints", "object", "objects"
]
"""A value's type in JSON: `time` and `duration` are `HH:MM[:SS]`, `ints` a list of ids, `objects` a list of objects."""

CUSTOM = "custom_fields."
"""A custom field is called `custom_fields.<key>` here, and sent as a member of the object `custom_fields`."""


@dataclass(frozen=True)
class Part:
    """A member of an object."""

    name: str
    kind: WriteKind
    required: bool = False
    default: Any = None
    """What the CRM makes of it when it is left out."""


@dataclass(frozen=True)
class Writable:
    """One field that may be written."""

    name: str
    kind: WriteKind
    nullable: bool = True
    refers: tuple[str, str] | None = None
    """The entity and its field among whose living records the value must be: `("users", "id")`."""
    choices: tuple[Any, ...] = ()
    parts: tuple[Part, ...] = ()
    key: str = ""
    """The part that tells the objects of a list apart; their order means nothing."""
    title: str = ""
    """What people call it, where that is not its name: a custom field's column."""

    @property
    def shown(self) -> str:
        """What to call it in a plan."""
        return self.title or self.name


@dataclass(frozen=True)
class Pushing:
    """What may be pushed of one entity, and how. Costs are in tokens a request."""

    entity: str
    path: str
    fields: tuple[Writable, ...]
    required: frozenset[str] = frozenset()
    """Fields without which a record cannot be created."""
    create_cost: int = 5
    update_cost: int = 5
    delete_cost: int = 3
    read_cost: int = 1
    lookup_cost: int = 10
    read_params: Mapping[str, str] = field(default_factory=dict)
    update_method: Literal["PATCH", "PUT"] = "PATCH"
    lookup: Mapping[str, str] = field(default_factory=dict)
    """Fields by which a list can be narrowed when a lost record is looked for, each with the list's parameter."""
    completed: Mapping[str, Any] = field(default_factory=dict)
    """What completes a record; empty where records cannot be completed."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Fields of the record that cannot be written, each with what to do instead."""
    custom: bool = False
    """Whether records have custom fields that may be written."""
    to_body: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Makes the request's body of the fields' values: an older API generation calls them otherwise."""
    to_record: Callable[[bytes], bytes] | None = None
    """Makes the current API's answer of an older generation's."""
    bulk_delete: str = ""
    """The path that deletes many at once by `ids`; empty where there is none."""

    def field(self, name: str) -> Writable | None:
        """The field of this name, if it may be written."""
        return next((one for one in self.fields if one.name == name), None)
