"""The least a load can cost: fetch, decode, insert into a DuckDB file. No state, no merge, no second run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb

from sources.arrow import Decoder
from sources.pipedrive.entities.records import ACTIVITIES
from tests.bench.pages import responses
from tests.bench.task import Outcome, Task

BATCH = 10_000


def measure(task: Task) -> Outcome:
    """Drain and insert, in one transaction and with the column types that our own tables have."""
    decoder, now, rows = Decoder(ACTIVITIES), datetime.now(UTC), 0
    with duckdb.connect(str(task.place / "floor.duckdb")) as connection:
        _create(connection, decoder)
        connection.begin()
        for batch in _batches(task.url, decoder):
            connection.register("batch", decoder.table(batch, now))
            connection.execute("insert into activities select * from batch")
            rows += len(batch)
        connection.commit()
    return Outcome(rows=rows)


def _create(connection: duckdb.DuckDBPyConnection, decoder: Decoder) -> None:
    connection.register("batch", decoder.schema.empty_table())
    json = ", ".join(
        f"{column.name}::json as {column.name}" for column in ACTIVITIES.columns if column.kind == "json"
    )
    connection.execute(f"create table activities as select * replace ({json}) from batch")


def _batches(url: str, decoder: Decoder) -> Iterator[list[Any]]:
    rows: list[Any] = []
    for response in responses(url):
        rows += decoder.decode(response.content).rows
        if len(rows) >= BATCH:
            yield rows
            rows = []
    if rows:
        yield rows
