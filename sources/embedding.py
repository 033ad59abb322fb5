"""Records that stand within those of another entity become tables of their own.

They are written in the package of the records they came from, so that a crash loses neither.
The host is read from its newest change on, so the first mention of a record is the latest. What a record looked like
then replaces an older look, never a newer one; one that looks as it is held is left alone, though it was seen again.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import msgspec
import pyarrow as pa

from sources.entity import Entity, Mention
from sources.errors import RoundtripError, WrongType
from sources.reading import Held, Progress
from sources.walk import named
from sources.writing import BATCH, Writing


@dataclass
class _Met:
    """A record as it was met: its JSON, and what else is known of it."""

    key: Any
    record: bytes
    seen_at: str | None
    beside: Mapping[str, Any]


class Gathering(Writing):
    """One entity of embedded records, in one run."""

    def __init__(self, progress: Progress, held: Held, loaded_at: datetime) -> None:
        super().__init__(progress, held, loaded_at)
        assert self.entity.embedded is not None  # noqa: S101 (such are the entities that come here)
        self._sometimes = self.entity.embedded.sometimes
        self._met: deque[_Met] = deque()
        self._waiting: dict[Any, _Met] = {}
        """Records of which a later mention may tell more; they wait for the end."""
        self._ended: RoundtripError | bool = False
        self._failed = False

    def meet(self, mention: Mention, seen_at: str | None) -> None:
        """Take note of a mention; of those of one record the first counts."""
        if self._sometimes:
            self._meet_again(mention, seen_at)
        elif not self._failed and self._seen.add(mention.key):
            self._met.append(_Met(mention.key, bytes(mention.record), seen_at, mention.beside))

    def _meet_again(self, mention: Mention, seen_at: str | None) -> None:
        known = self._waiting.get(mention.key)
        if known is None:
            beside = {**dict.fromkeys(self._sometimes), **mention.beside}
            self._waiting[mention.key] = _Met(mention.key, bytes(mention.record), seen_at, beside)
        elif mention.beside:
            told = {name: value for name, value in known.beside.items() if value is not None}
            known.beside = {**mention.beside, **told}

    def end(self, problem: RoundtripError | None) -> None:
        """The host is read, or broke off."""
        self._met.extend(self._waiting.values())
        self._waiting = {}
        self._ended = problem or True

    def tables(self, state: dict[str, Any]) -> Iterator[pa.Table | None]:
        """What the host's records showed; the state moves on once the host was read as far as was meant."""
        self.progress.outcome = "reading"
        try:
            if not self.plan.since and not self.plan.find_missing:
                state.clear()  # there is nothing yet, or nothing any more
            while not self._ended:
                yield from self._handed_over(BATCH)
                yield None  # lets dlt turn to the host
            yield from self._handed_over(1)
            if isinstance(self._ended, RoundtripError):
                self.progress.outcome = "partial"
            else:
                state.update(watermark=self.plan.until)
                self.progress.outcome = "done"
        except Exception as problem:  # noqa: BLE001 (whatever it is, it concerns this entity only)
            self.progress.problem = named(problem, self.entity.name)
            self.progress.outcome = "failed"
            self._failed = True
            self._met.clear()
        self.progress.watermark = state.get("watermark", "")

    def _handed_over(self, least: int) -> Iterator[pa.Table]:
        while len(self._met) >= least:
            met = [self._met.popleft() for _ in range(min(BATCH, len(self._met)))]
            self._reader.tally.rows += len(met)
            yield from self._sifted(self._decoded(met))

    def _decoded(self, met: Sequence[_Met]) -> pa.Table:
        decoder = self._reader.decoder
        records = b",".join(_keyed(one, self.entity.primary_key) for one in met)
        rows = decoder.decode(b'{"data":[' + records + b"]}").rows
        for row, one in zip(rows, met, strict=True):
            setattr(row, self.entity.primary_key, one.key)
            setattr(row, self.entity.watermark, one.seen_at)
            for name, value in one.beside.items():
                setattr(row, name, value)
        return decoder.table(rows, self._loaded_at)


def _keyed(met: _Met, key: str) -> bytes:
    """The record with its key, which it may lack; what it tells itself comes later, and is put right afterwards."""
    return b'{"%s":%s,' % (key.encode(), msgspec.json.encode(met.key)) + met.record.lstrip()[1:]


class Gatherings:
    """All entities that are gathered from one host."""

    def __init__(self, host: Entity, gatherings: Sequence[Gathering]) -> None:
        self._host = host
        self._by_name = {one.entity.name: one for one in gatherings}

    @classmethod
    def of(cls, host: Entity, gatherings: Sequence[Gathering]) -> Self:
        """Those of the gatherings that are the host's."""
        its = [one for one in gatherings if one.entity.embedded and one.entity.embedded.entity == host.name]
        return cls(host, its)

    def take(self, rows: Sequence[Any]) -> None:
        """Take note of every mention in these rows of the host."""
        if not (self._by_name and self._host.mentions):
            return
        for row in rows:
            seen_at = getattr(row, self._host.watermark)
            try:
                for mention in self._host.mentions(row):
                    if (gathering := self._by_name.get(mention.entity)) is not None:
                        gathering.meet(mention, seen_at)
            except msgspec.MsgspecError as error:
                identity = getattr(row, self._host.primary_key)
                raise WrongType(
                    f"record {identity}: what stands within it is not as declared ({error}).",
                    entity=self._host.name,
                    record_id=identity,
                ) from error

    def end(self, problem: RoundtripError | None) -> None:
        """Tell all of them that the host is read, or broke off."""
        for one in self._by_name.values():
            one.end(problem)
