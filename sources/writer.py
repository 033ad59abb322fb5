"""One entity's records, read, written and looked for: what a push needs of a CRM. Each CRM has its own `Writer`.

What comes back is the record as the CRM now has it: its canonical values for comparison, its JSON for the raw table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sources.budget import Tally
from sources.http import Client
from sources.pushing import Pushing, Writable
from sources.values import values_of


@dataclass(frozen=True)
class Record:
    """A record as the CRM has it."""

    record_id: int
    update_time: datetime | None
    add_time: datetime | None
    is_deleted: bool
    raw: bytes
    """Its JSON, in the current API's shape; what the CRM did not tell is not in it."""
    row: Mapping[str, Any]
    """The same, decoded."""
    creator: int | None = None
    """The user who created it, if that is told."""
    is_whole: bool = False
    """Whether it holds all that a list tells of it."""

    def values_of(self, fields: Iterable[Writable]) -> dict[str, Any]:
        """The canonical values of these fields, by name."""
        return values_of(self.row, fields)


@dataclass(frozen=True)
class Answered:
    """What the CRM answered to a write: the record as it now is, unless it was deleted, or could not be read again."""

    record: Record | None
    request_id: str
    deleted: tuple[int, ...] = ()
    """The ids that are deleted now."""
    record_id: int | None = None
    """The record that was created, where it could not be read again."""
    not_taken: tuple[str, ...] = ()
    """Fields that were sent, and are as they were before."""
    changed: tuple[str, ...] = ()
    """Fields that were not to be written, and are not as they were before."""


class Writer(Protocol):
    """Reads and writes the records of one entity."""

    async def read(self, record_id: int) -> Record | None:
        """The record as it is now; None when it is deleted, or not there."""

    async def create(self, values: Mapping[str, Any]) -> Answered:
        """Create a record of canonical values. AnswerLost: it may be there now, and must be looked for first."""

    async def update(self, record: Record, values: Mapping[str, Any]) -> Answered:
        """Write these canonical values to the record that was just read, and nothing else of it.

        NotFound: it is not there any more.
        """

    async def update_many(
        self, records: Sequence[Record], values: Mapping[str, Any]
    ) -> list[Answered | None]:
        """Write the same values, of fields that allow it (`bulk_update`), to many; None: it is not there any more."""

    async def delete(self, record_id: int) -> Answered:
        """Delete a record; it is done, too, when it is not there any more."""

    async def delete_many(self, ids: Iterable[int]) -> Answered:
        """Delete many records in one request, where the API can (`bulk_delete`)."""

    async def lookup(self, values: Mapping[str, Any], since: datetime) -> list[Record]:
        """The records that were added at or after a time, the youngest first, and may have these values."""


MakeWriter = Callable[[Client, Pushing, Tally], Writer]
