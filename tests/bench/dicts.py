"""dlt's ordinary way: pages as lists of dicts, as a newcomer would write it, and the fastest of the ordinary ones."""

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

import dlt
import duckdb

from tests.bench.pages import responses
from tests.bench.task import Outcome, Task


def by_default(task: Task) -> Outcome:
    """Everything as dlt does it unless told otherwise: insert statements and child tables."""
    return _run(task)


def parquet_with_child_tables(task: Task) -> Outcome:
    """Parquet files instead of insert statements."""
    return _run(task, loader_file_format="parquet")


def parquet_without_child_tables(task: Task) -> Outcome:
    """Parquet files, and nested values as JSON columns."""
    return _run(task, {"max_table_nesting": 0}, loader_file_format="parquet")


def _run(task: Task, hints: Mapping[str, Any] = MappingProxyType({}), **options: Any) -> Outcome:
    database = task.place / "dicts.duckdb"
    pipeline = dlt.pipeline(
        "dicts",
        pipelines_dir=str(task.place / "state"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="raw",
    )
    read = dlt.resource(
        _pages(task),
        name="activities",
        primary_key="id",
        write_disposition="merge",
        **hints,
    )
    pipeline.run(read, **options)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*) from raw.activities").fetchone() or (0,)
    return Outcome(rows=found[0])


def _pages(task: Task) -> Iterator[list[dict[str, Any]]]:
    for response in islice(responses(task.url), task.pages):
        yield response.json()["data"]
