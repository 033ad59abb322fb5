"""What one run does with one entity, how far it has come, and what it asks of the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import pyarrow as pa
from pyroaring import BitMap64

from sources.entity import Entity
from sources.errors import RoundtripError
from sources.paging import Window
from sources.walk import Reader

Outcome = Literal["waiting", "reading", "done", "skipped", "partial", "failed"]
"""`skipped`: the plan does not include it, or the token's user may not read it; the progress's remark says which."""


@dataclass(frozen=True)
class Sifted:
    """A table without what the warehouse holds already, and what was left out."""

    table: pa.Table
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    silent: int = 0
    """Of those updated, how many have the update time that is held."""
    deleted: int = 0
    """Of those updated, how many are held as living and come deleted."""
    revived: int = 0
    """Of those updated, how many are held as deleted and come living."""


After = tuple[datetime, Any]
"""When a row was loaded, and its key: the place up to which rows were worked off."""


class Held(Protocol):
    """What the warehouse holds of an entity."""

    def sift(self, entity: Entity, table: pa.Table) -> Sifted:
        """Leave out rows that are held as they are, or newer."""

    def rows(self, entity: Entity, keys: Sequence[Any]) -> pa.Table:
        """The held rows with these keys, in the entity's schema."""

    def live_keys(self, entity: Entity) -> "Seen":
        """The keys of all rows that are not marked deleted."""


class Parents(Protocol):
    """What the warehouse says of records, and of what belongs to them."""

    def live_children(self, entity: Entity, parents: Sequence[Any]) -> list[Any]:
        """The keys of those rows that are not marked deleted and belong to these parents."""

    def changed(
        self, table: str, key: str, after: After | None, most: int
    ) -> list[tuple[Any, bool, datetime]]:
        """Key, whether deleted, and when loaded: of rows loaded after another one, in that order, at most so many."""


@dataclass(frozen=True)
class Plan:
    """What one run does with one entity. Times are RFC3339 UTC in whole seconds."""

    entity: Entity
    until: str
    """The server's time that the watermark moves to."""
    since: str = ""
    """Read what changed from here on; empty: read the whole list, by id."""
    deletions_since: str = ""
    """Ask for deletions from here on; empty: do not ask."""
    find_missing: bool = False
    """Whether held records that a whole list lacks are deleted ones."""
    allow_mass_deletion: bool = False
    most_missing: float = 0.2
    """The largest share of a list that may be found missing from it."""
    force: str = "load --full --force"
    """The command that believes a larger share."""
    catching_up: bool = False
    """Whether the whole list is read because the last run is too long ago to ask for deletions."""
    reached: Mapping[str, str] = field(default_factory=dict)
    """For each list, how far an earlier run has come that broke off."""

    @property
    def window(self) -> Window:
        """The window asked for; a list read whole has none, since records without update time match none."""
        return Window(self.since, self.until) if self.since else Window()


@dataclass
class Progress:
    """How far one entity has come; the reader's tally counts requests and rows read."""

    plan: Plan
    reader: Reader
    outcome: Outcome = "waiting"
    problem: RoundtripError | None = None
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    deleted: int = 0
    silent: int = 0
    revived: int = 0
    found_deleted: int = 0
    """Of those updated, how many the list itself shows as deleted."""
    living: int = 0
    """How many living records the lists showed."""
    held: int = 0
    """How many living records were held before; known where what is missing was looked for."""
    watermark: str = ""
    committed: bool = False
    """Whether the package that carries it is loaded."""
    remark: str = ""
    """What a person should know though it is no failure."""

    @property
    def written(self) -> int:
        """How many rows were handed over to be written."""
        return self.inserted + self.updated + self.deleted

    @property
    def drift(self) -> list[str]:
        """Keys the API has and the entity does not declare; their values are in `_extra`."""
        return self.reader.decoder.undeclared

    def add(self, sifted: Sifted) -> None:
        """Count what a table brought."""
        self.inserted += sifted.inserted
        self.updated += sifted.updated
        self.unchanged += sifted.unchanged
        self.stale += sifted.stale
        self.silent += sifted.silent
        self.revived += sifted.revived
        self.found_deleted += sifted.deleted


class Seen:
    """A set of keys, such as those met in this run; a few bits for each number."""

    def __init__(self) -> None:
        self._keys: Any = None

    def first_time(self, keys: Sequence[Any]) -> list[bool] | None:
        """Which keys are met for the first time; None when all are."""
        if not keys:
            return None
        batch: Any = BitMap64(keys) if isinstance(keys[0], int) else set(keys)
        if self._keys is None:
            self._keys = type(batch)()
        if len(batch) == len(keys) and self._keys.isdisjoint(batch):
            self._keys |= batch
            return None
        return [self.add(key) for key in keys]

    def add(self, key: object) -> bool:
        """Add a key; whether it is met for the first time."""
        if self._keys is None:
            self._keys = BitMap64() if isinstance(key, int) else set()
        new = key not in self._keys
        self._keys.add(key)
        return new

    def without(self, other: "Seen") -> list[Any]:
        """The keys that the other set lacks."""
        return [key for key in self._keys or () if key not in other]

    def __contains__(self, key: object) -> bool:
        return self._keys is not None and key in self._keys

    def __len__(self) -> int:
        return len(self._keys or ())
