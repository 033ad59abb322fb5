"""What may be written back to a CRM: which fields of an entity, as what, and through which requests.

A declaration is data, as an entity is. Values are JSON values: the planner makes them of SQL values, `values.problem`
foresees which of them the CRM would refuse, `values.canonical` makes them comparable, and the writer sends them so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

WriteKind = Literal[
    "int", "number", "text", "bool", "date", "time", "duration", "moment", "uuid", "ints", "object", "objects"
]
"""A value's type in JSON: `time` and `duration` are `HH:MM[:SS]`, `moment` is a time with its zone, `ints` a list of
ids, `objects` a list of objects."""

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
    verbatim: bool = True
    """Whether the CRM keeps what it is given as it is: a note may lose its scripts, a place gain its parts, the first
    of several participants become the primary one."""
    nothing: Any = None
    """What the CRM says, and is told, where there is no value: 0 for no record."""
    title: str = ""
    """What people call it, where that is not its name: a custom field's column."""

    @property
    def shown(self) -> str:
        """What to call it in a plan."""
        return self.title or self.name


ZONE = (Part("timezone_id", "int"), Part("timezone_name", "text"))
PLACE = (
    Part("value", "text", required=True),
    *(
        Part(name, "text")
        for name in (
            *("country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality"),
            *("route", "street_number", "subpremise", "postal_code"),
        )
    ),
)
"""The parts of a place; the CRM fills in those that are not given."""
CUSTOM_FIELDS: Mapping[str, Writable] = {
    "varchar": Writable("", "text"),
    "varchar_auto": Writable("", "text"),
    "text": Writable("", "text", verbatim=False),
    "phone": Writable("", "text"),
    "double": Writable("", "number"),
    "int": Writable("", "int"),
    "boolean": Writable("", "bool"),
    "date": Writable("", "date"),
    "enum": Writable("", "int"),
    "set": Writable("", "ints"),
    "user": Writable("", "int", refers=("users", "id")),
    "org": Writable("", "int", refers=("organizations", "id")),
    "people": Writable("", "int", refers=("persons", "id")),
    "monetary": Writable(
        "", "object", parts=(Part("value", "number", required=True), Part("currency", "text", required=True))
    ),
    "daterange": Writable(
        "", "object", parts=(Part("value", "date", required=True), Part("until", "date", required=True))
    ),
    "time": Writable("", "object", parts=(Part("value", "time", required=True), *ZONE), verbatim=False),
    "timerange": Writable(
        "",
        "object",
        parts=(Part("value", "time", required=True), Part("until", "time", required=True), *ZONE),
        verbatim=False,
    ),
    "address": Writable("", "object", parts=PLACE, verbatim=False),
}
"""By the CRM's field type; fields of other types cannot be written."""


def custom_field(key: str, field_type: str, title: str, options: Sequence[int] = ()) -> Writable | None:
    """The custom field of a key; None for a type that cannot be written. `options` are the ids that it may hold."""
    kind = CUSTOM_FIELDS.get(field_type)
    if kind is None:
        return None
    return replace(kind, name=f"{CUSTOM}{key}", title=title, choices=tuple(options))


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
    lookup_path: str = ""
    """The list in which a lost record is looked for, where it is another one than `path`."""
    lookup_params: Mapping[str, str] = field(default_factory=dict)
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
    bulk_delete_cost: int = 0
    bulk_update: str = ""
    """The path that gives many records the same values; empty where there is none."""
    bulk_fields: frozenset[str] = frozenset()
    """Fields of which many records can be given the same values at once."""
    create_requests: int = 1
    update_requests: int = 2
    """Requests it takes; before an update or a delete the record is read."""
    scopes: tuple[str, ...] = ()
    """The permissions of which any lets an app write it, the least first; empty: the CRM has none."""

    def field(self, name: str) -> Writable | None:
        """The field of this name, if it may be written."""
        return next((one for one in self.fields if one.name == name), None)

    def body(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request's body of canonical values; a list is emptied by an empty one, a custom field by null."""
        lists = {one.name for one in self.fields if one.kind in ("ints", "objects")}
        own = {name: value for name, value in values.items() if not name.startswith(CUSTOM)}
        own = {name: [] if value is None and name in lists else value for name, value in own.items()}
        custom = {
            name.removeprefix(CUSTOM): value for name, value in values.items() if name.startswith(CUSTOM)
        }
        return self.to_body(own | ({CUSTOM[:-1]: custom} if custom else {}))
