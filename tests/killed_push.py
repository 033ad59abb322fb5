"""A push that kills itself (-9) at a named step: `python -m tests.killed_push STEP CRM URL WAREHOUSE POSTGRES_URL`.

The model is read from `model.json` beside the warehouse. At `interrupted` it gets a ^C instead, while it goes on.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from pipelines.place import Destination, Place
from pipelines.push.landing import Landing
from pipelines.push.ledger import Ledger
from pipelines.push.settling import Settling
from sources.deskera.writer import Writer as DeskeraWriter
from sources.http import Patience
from sources.pipedrive.writer import Writer as PipedriveWriter
from tests.killed import die, die_at_call
from tests.pushing import Model, target
from tests.support import at_length, settings_of

ROWS = "model.json"
STEPS = (
    "before the first intent",
    "after the first intents",
    "while requests are under way",
    "after an answer, before it is recorded",
    "while outcomes are recorded",
    "after outcomes are recorded",
    "while what was lost is looked for",
    "after what was lost was found",
    "while many are changed at once",
    "after many were deleted at once",
)
WRITERS: dict[str, Any] = {"pipedrive": PipedriveWriter, "deskera": DeskeraWriter}
AMIDST = at_length(40, 10)
"""The create at which it dies, or is interrupted."""
PATIENT = Patience(connect=10, read=10, total=30)
"""No fault is armed here, and the machine may be busy."""
INTERRUPTED = "interrupted"


def after_call(
    number: int, function: Callable[..., Any], then: Callable[[], Any] = die
) -> Callable[..., Any]:
    """The function, but after its n-th call something happens."""
    calls = count(1)

    def counted(*arguments: Any, **options: Any) -> Any:
        found = function(*arguments, **options)
        if next(calls) == number:
            then()
        return found

    return counted


def answered(number: int, function: Callable[..., Any], then: Callable[[], Any] = die) -> Callable[..., Any]:
    """The same for what has to be awaited."""
    calls = count(1)

    async def counted(*arguments: Any, **options: Any) -> Any:
        found = await function(*arguments, **options)
        if next(calls) == number:
            then()
        return found

    return counted


def under_way(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """At the n-th call it dies a moment after the request went out."""
    calls = count(1)

    async def counted(*arguments: Any, **options: Any) -> Any:
        if next(calls) == number:
            asyncio.get_running_loop().call_later(0.002, die)
        return await function(*arguments, **options)

    return counted


def arm(step: str, writer: Any) -> None:
    """Prepare to die."""
    prepared: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        STEPS[0]: (Ledger, "intend", die),
        STEPS[1]: (Ledger, "intend", after_call(1, Ledger.intend)),
        STEPS[2]: (writer, "create", under_way(AMIDST, writer.create)),
        STEPS[3]: (writer, "create", answered(AMIDST, writer.create)),
        STEPS[4]: (Landing, "write", die_at_call(2, Landing.write)),
        STEPS[5]: (Ledger, "intend", die_at_call(2, Ledger.intend)),
        STEPS[6]: (writer, "lookup", answered(1, writer.lookup)),
        STEPS[7]: (Settling, "settle", after_call(1, Settling.settle)),
        STEPS[8]: (writer, "update_many", under_way(1, writer.update_many)),
        STEPS[9]: (writer, "delete_many", answered(1, writer.delete_many)),
        INTERRUPTED: (
            writer,
            "create",
            answered(AMIDST, writer.create, lambda: os.kill(os.getpid(), signal.SIGINT)),
        ),
    }
    owner, name, replacement = prepared[step]
    setattr(owner, name, replacement)


def main(step: str, crm: str, url: str, warehouse: str, postgres_url: str) -> None:
    """Push until the step."""
    arm(step, WRITERS[crm])
    destination: Destination = "postgres" if postgres_url else "duckdb"
    place = Place(destination, Path(warehouse), postgres_url)
    rows = json.loads(place.warehouse.with_name(ROWS).read_text())
    settings = replace(settings_of(crm, url, place), settling=0, patience=PATIENT)
    Model(settings, target(crm=crm, allow_deletes=True), rows).push()


if __name__ == "__main__":
    main(*sys.argv[1:])
