"""What a CRM's entity is: the facts from which resources, schemas, windows and costs follow.

An entity is data. Adding one is a block in a CRM's `entities.py`; nothing else changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, cast, get_args

Kind = Literal["int", "float", "decimal", "text", "bool", "time", "date", "json"]
"""A column's type: `time` is a UTC instant, `decimal` has 9 digits after the point, `json` is its text."""

Paging = Literal["cursor", "offset", "none"]
"""`cursor`: an opaque marker leads to the next page; `offset`: pages are counted off by rows, which shift when others
come or go before them; `none`: the list comes whole."""

Deletion = Literal["listed", "recents", "absence"]
"""How a deleted record becomes known: listed among the others, through the list of recent changes, or by its
absence from a list that was read whole."""

DELETED, DELETED_AT, EXTRA, LOADED_AT = "is_deleted", "deleted_at", "_extra", "_loaded_at"
RESERVED = frozenset({DELETED_AT, EXTRA, LOADED_AT})


@dataclass(frozen=True)
class Field:
    """One top-level key of the API's record, and the column it becomes."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Listing:
    """One GET that lists records: its path, its price in tokens, and what is always asked of it."""

    path: str
    cost: int
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = "cursor"
    page_size: int = 500
    since: str = ""
    """The parameter for the lower bound (inclusive) on the update time; empty when there is none."""
    until: str = ""
    """The parameter for the upper bound (exclusive) on the update time; empty when there is none."""
    sortable: bool = False
    """Whether `sort_by` and `sort_direction` are accepted."""
    zoned: bool = True
    """Whether times in parameters are RFC3339; the older API wants `2026-10-01 20:00:00`, in UTC."""
    holds: str = ""
    """Which of the held records stand in it, as a condition in SQL; empty: all of them."""
    adapt: Callable[[bytes], bytes] | None = None
    """Turns a page of an older API generation into the current one's shape."""

    @property
    def of_parent(self) -> bool:
        """Whether it is a list of one parent."""
        return any("{id}" in text for text in (self.path, *self.params.values()))

    def of(self, parents: str, adapt: Callable[[bytes], bytes]) -> "Listing":
        """The list of these parents (keys, separated by commas)."""
        params = {name: value.replace("{id}", parents) for name, value in self.params.items()}
        return replace(self, path=self.path.replace("{id}", parents), params=params, adapt=adapt)

    @property
    def name(self) -> str:
        """What tells an entity's lists apart."""
        return "&".join([self.path, *(f"{key}={value}" for key, value in self.params.items())])


@dataclass(frozen=True)
class Parent:
    """Whose lists these are, where each record of another entity has one of its own.

    `{id}` in a list's path or parameters stands for the parent's key.
    """

    entity: str
    column: str
    """The field that names the parent; it is filled in where the API does not tell it."""
    key: tuple[str, ...] | None = None
    """The fields that tell the records of one parent apart, of which the key `id` is made; None: the API's own key."""
    at_once: int = 1
    """How many parents one request may name."""
    always: bool = False
    """Whether all parents are asked for each run: they are few, and a change of a child does not show in them."""


@dataclass(frozen=True)
class Entity:
    """One kind of record of a CRM, and one raw table of the warehouse."""

    name: str
    lists: tuple[Listing, ...]
    fields: tuple[Field, ...]
    primary_key: str = "id"
    watermark: str = ""
    """The field that orders changes; empty when every run reads the whole list."""
    deletion: Deletion = "absence"
    recents_item: str = ""
    """What the list of recent changes calls this entity."""
    partitions: tuple[Mapping[str, str], ...] = ()
    """Filters that together match every record exactly once, so that a long list can be walked in parts."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Fields that name a record of another entity, which may be merged into another one."""
    by_id: bool = False
    """Whether `ids=` asks for single records; what seems to be gone is asked for before it is marked deleted."""
    legacy: tuple[Listing, ...] = ()
    """The lists of the API generation before, used where the settings ask for it."""
    legacy_lacks: frozenset[str] = frozenset()
    """Fields that the generation before does not carry: what is held of them is kept."""
    probe: tuple[Listing, ...] = ()
    """The lists to ask for single records, where they are others than those that are read."""
    parent: Parent | None = None
    """Whose lists they are; they are read after the parents, and for those only that changed."""
    default: bool = True
    """Whether it is read where the settings name no entities."""
    optional: bool = False
    """Whether a plan may not include it, or only some users may read it: then it is skipped, and that is told."""
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        names = [declared.name for declared in self.fields]
        doubles = {name for name in names if names.count(name) > 1}
        kinds = {declared.name: declared.kind for declared in self.fields}
        problems = {
            "names no list": not self.lists,
            f"declares {sorted(doubles)} twice": bool(doubles),
            f"declares reserved columns {sorted(RESERVED & set(names))}": bool(RESERVED & set(names)),
            f"has no field {self.primary_key!r} to be its key": self.primary_key not in kinds,
            f"has a watermark {self.watermark!r} that is no time": bool(self.watermark)
            and kinds.get(self.watermark) != "time",
            "has a watermark, but a list without a lower bound": bool(self.watermark)
            and not all(listing.since for listing in self.lists),
            "names a parent that no field or no list knows": self.parent is not None
            and not (self.parent.column in kinds and all(listing.of_parent for listing in self.lists)),
            "finds deletions in the recent changes, but does not say under which name": self.deletion
            == "recents"
            and not self.recents_item,
        }
        for problem, found in problems.items():
            if found:
                raise ValueError(f"entity {self.name!r} {problem}")

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields, and the columns that every raw table has beside them."""
        own = {declared.name for declared in self.fields}
        added = (
            Field(DELETED, "bool"),
            Field(DELETED_AT, "time"),
            Field(EXTRA, "json"),
            Field(LOADED_AT, "time"),
        )
        return self.fields + tuple(column for column in added if column.name not in own)

    @property
    def incremental(self) -> bool:
        """Whether a run can ask for what changed since the last one."""
        return bool(self.watermark)

    def legacy_reading(self) -> Self:
        """The same entity, read through the API generation before."""
        if not self.legacy:
            raise ValueError(f"entity {self.name!r} has no older API generation")
        return replace(self, lists=self.legacy, partitions=(), probe=self.lists)

    @property
    def is_legacy_reading(self) -> bool:
        """Whether this is the entity as read through the generation before."""
        return bool(self.legacy) and self.lists == self.legacy


def fields(declaration: str) -> tuple[Field, ...]:
    """Read fields from `name kind` pairs in the API's order, as in "id int, subject text, due_date date"."""
    pairs = (pair.split() for pair in declaration.split(","))
    return tuple(_field(name, kind) for name, kind in pairs)


def _field(name: str, kind: str) -> Field:
    if kind not in get_args(Kind):
        raise ValueError(f"field {name!r}: {kind!r} is none of {get_args(Kind)}")
    return Field(name, cast("Kind", kind))
