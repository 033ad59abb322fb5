"""dlt's pipeline, as every command that loads opens it."""

import logging
from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import DestinationClientConfiguration
from dlt.common.normalizers.naming import NamingConvention

from pipelines import logs
from pipelines.config import Settings
from pipelines.warehouse import Warehouse

Destination = dlt.common.destination.Destination[Any, Any]
FOLDERS = ("normalize/extracted", "load/new", "load/normalized", "load/loaded")
"""dlt makes them with the folder that they are in, and takes them for granted where that one is."""


def open_pipeline(settings: Settings, warehouse: Warehouse) -> dlt.Pipeline:
    """The pipeline of a CRM into a warehouse, with the warehouse's way to load files."""
    logging.getLogger("dlt").addFilter(_not_about_json)
    dlt.config["load.workers"] = warehouse.load_workers
    dlt.config["data_writer.file_max_items"] = warehouse.file_rows
    pipeline = dlt.pipeline(
        pipeline_name=f"roundtrip_{settings.crm.name}",
        pipelines_dir=str(settings.place.state_dir.resolve()),
        destination=_told_once(warehouse.destination),
        dataset_name=settings.dataset,
    )
    logs.adopt("dlt")
    # A run that ended between the two, killed or for want of room, left one without the other.
    for folder in FOLDERS:
        (Path(pipeline.working_dir) / folder).mkdir(parents=True, exist_ok=True)
    return pipeline


def _told_once(destination: Destination) -> Destination:
    """The destination, which is asked what it is capable of some thirty times in a load.

    Each time dlt looks for its settings in all places: a third of a load's time, and nothing changes meanwhile.
    """
    ask = destination.capabilities
    told: dict[tuple[type, int | None] | None, DestinationCapabilitiesContext] = {}

    def capabilities(
        config: DestinationClientConfiguration | None = None, naming: NamingConvention | None = None
    ) -> DestinationCapabilitiesContext:
        if config is not None:
            return ask(config, naming)
        key = (type(naming), naming.max_length) if naming else None
        if key not in told:
            told[key] = ask(naming=naming)
        return told[key].copy()

    destination.capabilities = capabilities  # type: ignore[method-assign]
    return destination


def _not_about_json(record: logging.LogRecord) -> bool:
    """Dlt warns, for every table, that our text columns are declared as JSON; they are, on purpose."""
    return "when merging arrow schema with dlt schema" not in record.getMessage()
