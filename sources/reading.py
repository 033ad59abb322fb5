"""What one run does with one entity, how far it has come, and what it asks of the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import pyarrow as pa

from sources.entity import Entity
from sources.errors import RoundtripError
from sources.paging import Window
from sources.seen import Seen
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

    def sift(self, entity: Entity, table: pa.Table, *, whole: bool = False) -> Sifted:
        """Leave out rows that are held as they are, or newer; `whole`: they are of a list that was read whole."""

    def rows(self, entity: Entity, keys: Sequence[Any]) -> pa.Table:
        """The held rows with these keys, in the entity's schema."""

    def live_keys(self, entity: Entity) -> Seen:
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

    @property
    def filled(self) -> dict[str, int]:
        """Of each declared field, how many of the rows that were read had a value."""
        return self.reader.decoder.filled

    def add(self, sifted: Sifted) -> None:
        """Count what a table brought."""
        self.inserted += sifted.inserted
        self.updated += sifted.updated
        self.unchanged += sifted.unchanged
        self.stale += sifted.stale
        self.silent += sifted.silent
        self.revived += sifted.revived
        self.found_deleted += sifted.deleted
