"""Deskera's activities, read and written: an answer to a write tells next to nothing, so that each is read back.

An update replaces the whole activity. So what is sent is the activity as it was just read, with what is to be written
put in, and what comes back is compared with what was there, field by field. What may be written to many at once goes
another way, which leaves the other fields alone, also for one.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

import msgspec

from sources.budget import Tally
from sources.deskera.pushes import ALSO
from sources.endless import Bound
from sources.errors import AnswerLost, ApiError, BadBody, NotFound
from sources.http import Answer, Client
from sources.pushing import Pushing
from sources.writer import Answered, Record

PAGE = 100
WALKS = 5
"""How often a list is read again that became shorter meanwhile: something may have slipped between two pages."""
COST = 1
OF_WRITES = frozenset({"updated_at", "updated_by", "duration"})
"""What changes with each write."""
DETAILS = "_details"

Result = TypeVar("Result")


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    paginationInfo: dict[str, Any] | None = None  # noqa: N815 (the API's name)


class _Created(msgspec.Struct):
    id: int


@dataclass
class Writer:
    """Reads and writes activities."""

    client: Client
    pushing: Pushing
    tally: Tally

    async def read(self, record_id: int) -> Record | None:
        """The activity as it is now; None when it is deleted, or not there."""
        try:
            record = await self._get(
                f"{self.pushing.path}/{record_id}", {}, lambda answer: record_of(answer.body)
            )
        except NotFound:
            return None
        return None if record.is_deleted else record

    async def create(self, values: Mapping[str, Any]) -> Answered:
        """Create an activity. AnswerLost: it may be there now, and must be looked for first."""
        record_id, request_id = await self._send(
            "POST", self.pushing.path, self.pushing.body(values), _created
        )
        try:
            record = await self.read(record_id)
        except ApiError:  # it is there, whatever became of the reading
            record = None
        return Answered(record, request_id, record_id=record_id)

    async def update(self, record: Record, values: Mapping[str, Any]) -> Answered:
        """Write these values, and keep all others; NotFound when it is not there any more."""
        if values.keys() <= self.pushing.bulk_fields:
            return _there((await self.update_many([record], values))[0])
        path = f"{self.pushing.path}/{record.record_id}"
        request_id = await self._send("PUT", path, self._merged(record, values), _request_id)
        now = await _surely(self.read(record.record_id))
        return _there(self._compared(record, now, values, request_id))

    async def update_many(
        self, records: Sequence[Record], values: Mapping[str, Any]
    ) -> list[Answered | None]:
        """Write the same values to many; None: it is not there any more."""
        given = {"ids": [record.record_id for record in records], **values}
        request_id = await self._send("PATCH", self.pushing.bulk_update, given, _request_id)
        now = await _surely(self._read_many([record.record_id for record in records]))
        return [self._compared(record, now.get(record.record_id), values, request_id) for record in records]

    async def delete(self, record_id: int) -> Answered:
        """Delete an activity; it is done, too, when it is not there any more."""
        path = f"{self.pushing.path}/{record_id}"
        try:
            request_id = await self._send("DELETE", path, None, _request_id)
        except NotFound as error:
            request_id = error.request_id
        return Answered(None, request_id, (record_id,))

    async def delete_many(self, ids: Iterable[int]) -> Answered:
        """Delete many in one request; those that are not there any more are passed over."""
        wanted = list(ids)
        request_id = await self._send("POST", self.pushing.bulk_delete, wanted, _request_id)
        return Answered(None, request_id, tuple(wanted))

    async def lookup(self, values: Mapping[str, Any], since: datetime) -> list[Record]:  # noqa: ARG002
        """The activities that were created at or after a time, the youngest first.

        The list is not narrowed by values: whoever has worked with an activity since may have changed any of them.
        """
        found: dict[int, Record] = {}
        for _ in range(WALKS):
            records, was_steady = await self._walked(since)
            found |= {one.record_id: one for one in records}
            if was_steady:
                break
        return sorted(found.values(), key=lambda one: one.record_id, reverse=True)

    async def _walked(self, since: datetime) -> tuple[list[Record], bool]:
        """The youngest activities; and whether none can have slipped by, as they do when an earlier one is deleted."""
        found: list[Record] = []
        totals: list[int] = []
        bound = Bound.of(self.pushing.path, self.client.limiter.daily_limit, COST)
        for number in count(1):
            records, total = await self._page({"sortBy": "created_at", "page": str(number)}, PAGE)
            found += [one for one in records if one.add_time is None or one.add_time >= since]
            totals.append(total)
            bound.note([one.record_id for one in records])
            if len(records) < PAGE or any(one.add_time and one.add_time < since for one in records):
                break
        return found, totals == sorted(totals)

    async def _read_many(self, ids: Sequence[int]) -> dict[int, Record]:
        """Activities that have just been changed: they stand at the top of the list, or are read one by one."""
        records: list[Record] = []
        if len(ids) > 1:
            records, _ = await self._page({"sortBy": "updated_at", "page": "1"}, min(PAGE, len(ids)))
        found = {one.record_id: one for one in records if one.record_id in ids}
        for record_id in ids:
            if record_id not in found and (one := await self.read(record_id)):
                found[record_id] = one
        return found

    async def _page(self, params: Mapping[str, str], size: int) -> tuple[list[Record], int]:
        asked = {**params, "pageSize": str(size), "sortDir": "DESC"}
        return await self._get(self.pushing.path, asked, _listed)

    def _merged(self, record: Record, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of an update: all that was there, as it was told, but for what is to be written."""
        names = [*(one.name for one in self.pushing.fields), *ALSO]
        return self.pushing.body({name: record.row.get(name) for name in names} | dict(values))

    def _compared(
        self, before: Record, now: Record | None, values: Mapping[str, Any], request_id: str
    ) -> Answered | None:
        """What became of the fields that were written, and of the others."""
        if now is None:
            return None
        fields = {one.name: one for one in self.pushing.fields}
        written = [fields[name] for name in values]
        had, has = before.values_of(written), now.values_of(written)
        not_taken = [name for name, value in values.items() if has[name] == had[name] != value]
        others = before.row.keys() - values.keys() - OF_WRITES
        told = {one.name: one for one in fields.values() if one.name in others}
        was, is_now = before.values_of(told.values()), now.values_of(told.values())
        changed = [
            name
            for name in sorted(others)
            if not name.endswith(DETAILS)
            and (was[name] != is_now[name] if name in told else before.row[name] != now.row.get(name))
        ]
        return Answered(now, request_id, not_taken=tuple(not_taken), changed=tuple(changed))

    async def _get(self, path: str, params: Mapping[str, str], parse: Callable[[Answer], Result]) -> Result:
        return await self.client.get(path, params, cost=COST, tally=self.tally, parse=parse)

    async def _send(self, method: Any, path: str, given: Any, parse: Callable[[Answer], Result]) -> Result:
        return await self.client.send(method, path, json=given, cost=COST, tally=self.tally, parse=parse)


async def _surely(reading: Awaitable[Result]) -> Result:
    """What is read back; where that fails, what was written counts as a write whose answer was lost."""
    try:
        return await reading
    except ApiError as error:
        raise AnswerLost(
            f"it was accepted, and could not be read back: {error.message}", request_id=error.request_id
        ) from error


def _there(answered: Answered | None) -> Answered:
    if answered is None:
        raise NotFound("it was deleted meanwhile.")
    return answered


def record_of(raw: bytes) -> Record:
    """An activity out of its JSON."""
    try:
        row = msgspec.json.decode(raw, type=dict[str, Any])
        updated, created = _moment(row.get("updated_at")), _moment(row.get("created_at"))
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise BadBody(f"the answer holds no activity ({error}).") from error
    if not isinstance(row.get("id"), int):
        raise BadBody("the answer holds no activity: it has no id.")
    is_deleted, creator = bool(row.get("is_deleted")), row.get("created_by") or None
    return Record(row["id"], updated, created, is_deleted, raw, row, creator, is_whole=True)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _listed(answer: Answer) -> tuple[list[Record], int]:
    try:
        page = msgspec.json.decode(answer.body, type=_Page)
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer is no list of activities ({error}).") from error
    total = (page.paginationInfo or {}).get("totalRecords")
    return [record_of(bytes(raw)) for raw in page.data or ()], total if isinstance(total, int) else 0


def _created(answer: Answer) -> tuple[int, str]:
    try:
        return msgspec.json.decode(answer.body, type=_Created).id, answer.request_id
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer does not say what was created ({error}).") from error


def _request_id(answer: Answer) -> str:
    return answer.request_id
