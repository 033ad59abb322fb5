"""A load that kills itself (-9) at a named step: `python -m tests.killed STEP URL WAREHOUSE POSTGRES_URL`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from dlt.common.storages.load_package import PackageStorage
from dlt.common.storages.load_storage import LoadStorage
from dlt.load.load import Load

from pipelines import ops
from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.place import Destination, Place
from sources.resources import Extraction
from tests.support import ADMIN, FEW, IMPATIENT, PIPEDRIVE

STEPS = (
    "in extract",
    "after extract",
    "as folders for packages are made",
    "after normalize",
    "in load",
    "after a file was loaded",
    "after load",
    "after everything but the record of it",
)


def die(*_arguments: Any, **_options: Any) -> NoReturn:
    """Die as if the power had failed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def die_at_call(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but its n-th call is the last."""
    calls = iter(range(1, number))

    def counted(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options) if next(calls, None) else die()

    return counted


def main(step: str, url: str, warehouse: str, postgres_url: str) -> None:
    """Load until the step."""
    if step == "in extract":
        Extraction._sifted = die_at_call(3, Extraction._sifted)  # type: ignore[method-assign]  # noqa: SLF001
    if step == "as folders for packages are made":
        LoadStorage.initialize_storage = die  # type: ignore[method-assign]
    if step == "in load":
        Load.start_new_jobs = die_at_call(4, Load.start_new_jobs)  # type: ignore[method-assign]
    if step == "after a file was loaded":
        # The warehouse has it, and dlt has not yet taken note of that.
        PackageStorage.save_pending_transition = die_at_call(2, PackageStorage.save_pending_transition)  # type: ignore[method-assign]
    if step == "after load":
        Load.complete_package = die  # type: ignore[method-assign]
    if step == "after everything but the record of it":
        ops.end = die

    def watch(_run: Run, begun: str) -> None:
        if (step, begun) in {("after extract", "normalizing"), ("after normalize", "loading")}:
            die()

    connection = {"company_domain": url, "api_token": ADMIN}
    destination: Destination = "postgres" if postgres_url else "duckdb"
    place = Place(destination, Path(warehouse), postgres_url)
    settings = Settings(PIPEDRIVE, connection, place, patience=IMPATIENT, safety_lag=0, entities=FEW)
    load(settings, watch=watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
