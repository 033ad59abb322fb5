"""Pipedrive's records, read, written and looked for one by one: each write answers with the record as it now is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from sources.budget import Tally
from sources.endless import Bound
from sources.errors import BadBody, NotFound, RepeatedPage
from sources.http import Answer, Client
from sources.pushing import Pushing
from sources.writer import Answered, Record

PAGE = 500


class _Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    additional_data: dict[str, Any] | None = None


@dataclass
class Writer:
    """Reads and writes the records of one entity."""

    client: Client
    pushing: Pushing
    tally: Tally

    async def read(self, record_id: int) -> Record | None:
        """The record as it is now; None when it is deleted, or not there."""
        try:
            record = await self.client.get(
                f"{self.pushing.path}/{record_id}",
                self.pushing.read_params,
                cost=self.pushing.read_cost,
                tally=self.tally,
                parse=lambda answer: self._record(_data(answer)),
            )
        except NotFound:
            return None
        return None if record.is_deleted else record

    async def create(self, values: Mapping[str, Any]) -> Answered:
        """Create a record of canonical values. AnswerLost: it may be there now, and must be looked for first."""
        given = {name: value for name, value in values.items() if value is not None}
        return await self.client.send(
            "POST",
            self.pushing.path,
            json=self.pushing.body(given),
            cost=self.pushing.create_cost,
            tally=self.tally,
            parse=self._answered,
        )

    async def update(self, record: Record, values: Mapping[str, Any]) -> Answered:
        """Write these canonical values, and nothing else of the record; NotFound when it is not there any more."""
        return await self.client.send(
            self.pushing.update_method,
            f"{self.pushing.path}/{record.record_id}",
            json=self.pushing.body(values),
            cost=self.pushing.update_cost,
            tally=self.tally,
            parse=self._answered,
        )

    async def update_many(
        self, records: Sequence[Record], values: Mapping[str, Any]
    ) -> list[Answered | None]:
        """Write the same values to many, one by one: Pipedrive has no other way."""
        return [await self.update(record, values) for record in records]

    async def delete(self, record_id: int) -> Answered:
        """Delete a record; it is done, too, when it is not there any more."""
        try:
            return await self.client.send(
                "DELETE",
                f"{self.pushing.path}/{record_id}",
                cost=self.pushing.delete_cost,
                tally=self.tally,
                parse=lambda answer: Answered(None, answer.request_id, (record_id,)),
            )
        except NotFound as error:
            return Answered(None, error.request_id, (record_id,))

    async def delete_many(self, ids: Iterable[int]) -> Answered:
        """Delete at most a hundred records in one request, where the API can.

        What the answer does not name is deleted by itself: it was not there any more, or an earlier answer was lost.
        """
        wanted = list(ids)
        deleted, request_id = await self.client.send(
            "DELETE",
            self.pushing.bulk_delete,
            params={"ids": ",".join(map(str, wanted))},
            cost=self.pushing.bulk_delete_cost,
            tally=self.tally,
            parse=lambda answer: (_deleted(answer), answer.request_id),
        )
        for record_id in set(wanted) - deleted:
            await self.delete(record_id)
        return Answered(None, request_id, tuple(wanted))

    async def lookup(self, values: Mapping[str, Any], since: datetime) -> list[Record]:
        """The records in the list that were added at or after a time, the youngest first, and may have these values."""
        earliest = since.astimezone(UTC).replace(microsecond=0)
        params: dict[str, str] = {
            **self.pushing.lookup_params,
            **self._narrowed(values),
            "sort_by": "add_time",
            "sort_direction": "desc",
            "limit": str(PAGE),
        }
        found: list[Record] = []
        cursor: str | None = ""
        passed: set[str] = set()
        bound = Bound.of(self.pushing.path, self.client.limiter.daily_limit, self.pushing.lookup_cost)
        while cursor is not None:
            if cursor in passed:
                raise RepeatedPage("a cursor led back to a page already read.", entity=self.pushing.entity)
            passed.add(cursor)
            bound.count()
            records, cursor = await self._page(params | ({"cursor": cursor} if cursor else {}))
            found += [one for one in records if one.add_time is None or one.add_time >= earliest]
            if any(one.add_time is not None and one.add_time < earliest for one in records):
                break
        return found

    def _narrowed(self, values: Mapping[str, Any]) -> dict[str, str]:
        given = {
            param: values[name] for name, param in self.pushing.lookup.items() if values.get(name) is not None
        }
        return {
            param: str(value).lower() if isinstance(value, bool) else str(value)
            for param, value in given.items()
        }

    async def _page(self, params: Mapping[str, str]) -> tuple[list[Record], str | None]:
        return await self.client.get(
            self.pushing.lookup_path or self.pushing.path,
            params,
            cost=self.pushing.lookup_cost,
            tally=self.tally,
            parse=_listed,
        )

    def _answered(self, answer: Answer) -> Answered:
        return Answered(self._record(_data(answer)), answer.request_id)

    def _record(self, raw: bytes) -> Record:
        adapt = self.pushing.to_record
        return _record(adapt(raw) if adapt else raw)


def _data(answer: Answer) -> bytes:
    try:
        return bytes(msgspec.json.decode(answer.body, type=_Envelope).data)
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer is not whole JSON ({error}).", request_id=answer.request_id) from error


def _record(raw: bytes) -> Record:
    try:
        row = msgspec.json.decode(raw, type=dict[str, Any])
        times = [_moment(row.get(name)) for name in ("update_time", "add_time")]
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise BadBody(f"the answer holds no record ({error}).") from error
    if not isinstance(row.get("id"), int):
        raise BadBody("the answer holds no record: it has no id.")
    deleted, creator = bool(row.get("is_deleted")), row.get("creator_user_id")
    return Record(row["id"], times[0], times[1], deleted, raw, row, creator)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _listed(answer: Answer) -> tuple[list[Record], str | None]:
    try:
        page = msgspec.json.decode(answer.body, type=_Page)
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer is no list of records ({error}).") from error
    following = (page.additional_data or {}).get("next_cursor")
    return [_record(bytes(raw)) for raw in page.data or ()], following or None


def _deleted(answer: Answer) -> set[int]:
    try:
        told = msgspec.json.decode(_data(answer), type=dict[str, list[int]])
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer does not say what was deleted ({error}).") from error
    return set(told.get("id", ()))
