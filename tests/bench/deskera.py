"""Deskera's activities and what stands within them: our load, and the least that a load can cost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import httpx
import msgspec

from pipelines.config import Settings
from pipelines.load import load
from pipelines.place import Place
from sources.arrow import Decoder
from sources.deskera.embedded import mentions
from sources.deskera.entities import ACTIVITIES, ENTITIES, PAGE_SIZE
from sources.entity import Entity, Mention
from sources.registry import CRMS
from tests.bench.task import Outcome, Task

TOKEN = "sandbox-deskera-token"
BATCH = 10_000


def ours(task: Task) -> Outcome:
    """Load everything, as the command does it."""
    connection = {"base_url": task.url, "access_token": TOKEN}
    place = Place(warehouse=task.place / "warehouse.duckdb")
    run = load(Settings(CRMS["deskera"], connection, place))
    if run.status != "done":
        raise RuntimeError(run.problem)
    return Outcome(rows=run.entities[0].inserted, read=run.total("rows"))


def floor(task: Task) -> Outcome:
    """Fetch, decode, take out what stands within, insert: no state, no merge, no second run, no second look."""
    decoder, rows = Decoder(ACTIVITIES), 0
    found: dict[tuple[str, Any], tuple[Mention, Any]] = {}
    with duckdb.connect(str(task.place / "floor.duckdb")) as connection:
        connection.begin()
        for batch in _batches(task.url, decoder):
            rows += len(batch)
            for row in batch:
                for mention in mentions(row):
                    if (mention.entity, mention.key) not in found:
                        kept = mention._replace(record=msgspec.Raw(bytes(mention.record)))
                        found[mention.entity, mention.key] = kept, row.updated_at
            _insert(connection, ACTIVITIES, decoder, batch)
        for entity in list(ENTITIES.values())[1:]:
            _insert(
                connection,
                entity,
                *_within([one for one in found.values() if one[0].entity == entity.name], entity),
            )
        connection.commit()
    return Outcome(rows=rows)


def _within(found: list[tuple[Mention, Any]], entity: Entity) -> tuple[Decoder, list[Any]]:
    decoder = Decoder(entity)
    records = [b'{"id":%d,' % mention.key + bytes(mention.record)[1:] for mention, _ in found]
    rows = decoder.decode(b'{"data":[' + b",".join(records) + b"]}").rows
    for row, (mention, seen_at) in zip(rows, found, strict=True):
        for name, value in {**mention.beside, "id": mention.key, "seen_at": seen_at}.items():
            setattr(row, name, value)
    return decoder, rows


def _insert(connection: duckdb.DuckDBPyConnection, entity: Entity, decoder: Decoder, rows: list[Any]) -> None:
    json = ", ".join(f'"{one.name}"::json as "{one.name}"' for one in entity.columns if one.kind == "json")
    connection.register("batch", decoder.table(rows, datetime.now(UTC)))
    connection.execute(
        f'create table if not exists "{entity.name}" as select * replace ({json}) from batch limit 0'
    )
    connection.execute(f'insert into "{entity.name}" select * from batch')


def _batches(url: str, decoder: Decoder) -> Iterator[list[Any]]:
    rows: list[Any] = []
    for body in _pages(url):
        rows += decoder.decode(body).rows
        if len(rows) >= BATCH:
            yield rows
            rows = []
    if rows:
        yield rows


class _Count(msgspec.Struct, rename="camel"):
    total_records: int


class _Told(msgspec.Struct, rename="camel"):
    pagination_info: _Count


def _pages(url: str) -> Iterator[bytes]:
    """Every page, one request after another."""
    number, left = 0, 1
    headers = {"x-access-token": TOKEN}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as http:
        while left > 0:
            number += 1
            params = {"page": str(number), "pageSize": str(PAGE_SIZE), **ACTIVITIES.lists[0].params}
            body = http.get(ACTIVITIES.lists[0].path, params=params).raise_for_status().content
            yield body
            if number == 1:
                left = msgspec.json.decode(body, type=_Told).pagination_info.total_records
            left -= PAGE_SIZE
