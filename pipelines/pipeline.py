"""dlt's pipeline, as every command that loads opens it."""

import logging
from collections.abc import Callable
from typing import Any

import dlt

from pipelines.config import Settings
from pipelines.warehouse import Warehouse


def open_pipeline(settings: Settings, warehouse: Warehouse) -> dlt.Pipeline:
    """The pipeline of a CRM into a warehouse, with the warehouse's way to load files."""
    logging.getLogger("dlt").addFilter(_not_about_json)
    dlt.config["load.workers"] = warehouse.load_workers
    dlt.config["data_writer.file_max_items"] = warehouse.file_rows
    destination = warehouse.destination
    destination.configuration = _resolved_once(destination.configuration)
    return dlt.pipeline(
        pipeline_name=f"roundtrip_{settings.crm.name}",
        pipelines_dir=str(settings.place.state_dir.resolve()),
        destination=destination,
        dataset_name=settings.dataset,
    )


def _resolved_once(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Resolve once what a destination is capable of: dlt asks some thirty times, a third of a small load's time."""
    known: list[Any] = []

    def configuration(initial: Any, accept_partial: bool = False) -> Any:  # noqa: FBT001, FBT002 (as dlt calls it)
        if not accept_partial:
            return resolve(initial)
        if not known:
            known.append(resolve(initial, accept_partial=True))
        return known[0]

    return configuration


def _not_about_json(record: logging.LogRecord) -> bool:
    """Dlt warns, for every table, that our text columns are declared as JSON; they are, on purpose."""
    return "when merging arrow schema with dlt schema" not in record.getMessage()
