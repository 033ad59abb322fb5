"""What a CRM's entity is: the facts from which resources, schemas, windows and costs follow.

An entity is data. Adding one is a block in a CRM's `entities.py`; nothing else changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self, cast, get_args

import msgspec

Kind = Literal["int", "float", "decimal", "text", "bool", "time", "date", "json"]
"""A column's type: `time` is a UTC instant, `decimal` has 9 digits after the point, `json` is its text."""

Paging = Literal["cursor", "offset", "pages", "none"]
"""`cursor`: an opaque marker leads to the next page; `offset`: pages are counted off by rows, which shift when others
come or go before them; `pages`: pages have numbers, and what changed last stands first; `none`: the list comes whole.
"""

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
    page_param: str = "page"
    """The parameter for a page's number, where pages have one."""
    size_param: str = "limit"
    """The parameter for how many records a page holds."""
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
    def tells_changes(self) -> bool:
        """Whether what changed can be read without the rest: by a lower bound, or because it stands first."""
        return bool(self.since) or self.paging == "pages"

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
class Shape:
    """How records become rows where the API's keys and kinds are not the columns'."""

    told: Mapping[str, Any]
    """Keys as the API tells them, each with its Python type: those that are no columns, or of another kind."""
    put_right: Callable[[Any], None]
    """Fills a decoded row's columns from them; ValueError: a value that cannot be one."""


class Mention(NamedTuple):
    """A record that stands within a record of another entity."""

    entity: str
    key: int
    record: msgspec.Raw
    """Its JSON; it may lack its key, or say 0 for it."""
    beside: Mapping[str, Any]
    """Fields that not the record tells, but its place; None where the place does not know."""


@dataclass(frozen=True)
class Embedded:
    """Where records stand that have no list of their own: within those of another entity.

    The latest mention wins. Nobody tells of the deletion of such a record.
    """

    entity: str
    sometimes: frozenset[str] = frozenset()
    """Fields that only some mentions tell: the latest that does counts, and what is held where none does."""


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
    single: str = ""
    """The path of a single record, `{id}` in it, where what seems to be gone is asked for one by one."""
    shape: Shape | None = None
    mentions: Callable[[Any], Iterator[Mention]] | None = None
    """The records of other entities that stand within a row."""
    embedded: Embedded | None = None
    """Where its records stand, if they have no list of their own."""
    whole_every: int = 0
    """Days after which the whole list is read, where only that shows what was deleted; 0: not needed."""
    parent: Parent | None = None
    """Whose lists they are; they are read after the parents, and for those only that changed."""
    default: bool = True
    """Whether it is read where the settings name no entities."""
    optional: bool = False
    """Whether a plan may not include it, or only some users may read it: then it is skipped, and that is told."""
    scopes: tuple[str, ...] = ()
    """The permissions of which any lets an app read it, the least first; empty: the CRM has none."""
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        names = [declared.name for declared in self.fields]
        doubles = {name for name in names if names.count(name) > 1}
        kinds = {declared.name: declared.kind for declared in self.fields}
        problems = {
            "names no list": not self.lists and not self.embedded,
            f"declares {sorted(doubles)} twice": bool(doubles),
            f"declares reserved columns {sorted(RESERVED & set(names))}": bool(RESERVED & set(names)),
            f"has no field {self.primary_key!r} to be its key": self.primary_key not in kinds,
            f"has a watermark {self.watermark!r} that is no time": bool(self.watermark)
            and kinds.get(self.watermark) != "time",
            "has a watermark, but a list that does not tell what changed": bool(self.watermark)
            and not all(listing.tells_changes for listing in self.lists),
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
