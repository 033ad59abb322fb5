"""Of which version each schema of the warehouse is: `ops.schema_versions`, and how an older one is brought up to date.

A schema without a row is of before versions were recorded, which is version 1; one that is not there will be made as
it is today. Each step is one transaction with its new version: a run that is killed in between leaves the rest to the
next one.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata, resources

import pendulum

from pipelines.warehouse.base import Warehouse
from pipelines.warehouse.steps import STEPS, Step
from sources.errors import LoadError, RoundtripError, UsageError
from sources.registry import CRMS

LOG = logging.getLogger("roundtrip.upgrade")
TABLE = """
create table if not exists ops.schema_versions (
    schema_name varchar primary key, version bigint, since timestamptz, roundtrip varchar)
"""
RECORD = """
insert into ops.schema_versions values (?, ?, ?, ?) on conflict (schema_name) do update set
    version = excluded.version, since = excluded.since, roundtrip = excluded.roundtrip
"""
RECORDED = "select schema_name, version, since, roundtrip from ops.schema_versions"
HELD = "select table_schema, table_name from information_schema.tables where table_schema in ({})"
OPS = (resources.files("pipelines.warehouse") / "ops.sql").read_text(encoding="utf-8")
KEPT = frozenset(re.findall(r"^create (?:table if not exists|or replace view) ops\.(\w+)", OPS, re.MULTILINE))
"""What there is beside the data."""
Steps = Mapping[str, Sequence[Step]]


@dataclass(frozen=True)
class Version:
    """Of which version a schema is."""

    schema: str
    known: int
    """The version that this Roundtrip makes and knows."""
    found: int | None
    """The version that the warehouse holds; None when nothing is known of the schema, nor is it there."""
    since: datetime | None = None
    """Since when it is of that version; None when that is not on record."""
    roundtrip: str = ""
    """The version of Roundtrip that made it so."""


def versions(warehouse: Warehouse, steps: Steps = STEPS) -> list[Version]:
    """Of which version each schema is; reads only."""
    return _versions(warehouse, _held(warehouse, steps), steps)


def refuse_others(warehouse: Warehouse, steps: Steps = STEPS) -> None:
    """Refuse a warehouse that a newer Roundtrip has made, and an older one that nobody has brought up to date."""
    held = _held(warehouse, steps)
    found = _versions(warehouse, held, steps)
    _refuse_newer(warehouse, found)
    lacking = sorted(KEPT - held.get("ops", KEPT))
    told = [
        *(
            f"its schema {one.schema} is of version {one.found}, and {one.known} is needed"
            for one in _older(found)
        ),
        *(f"it has no table ops.{name} yet" for name in lacking),
    ]
    if told:
        raise UsageError(
            f"The warehouse {warehouse.place.title} was made by an earlier version of Roundtrip: {told[0]}.",
            way_out="The next run brings it up to date: `roundtrip nightly`, or `roundtrip transform`, which asks "
            "nothing of a CRM.",
        )


def bring_up_to_date(warehouse: Warehouse, steps: Steps = STEPS) -> None:
    """Make what is lacking, and take the steps that an older warehouse is behind; refuse a newer one."""
    held = _held(warehouse, steps)
    found = _versions(warehouse, held, steps)
    _refuse_newer(warehouse, found)
    if any(one.since is None for one in found):
        _record(warehouse, found)
    if behind := _older(found):
        told = ", ".join(f"{one.schema} {one.found} -> {one.known}" for one in behind)
        LOG.warning("The warehouse was made by an earlier version; bringing it up to date: %s.", told)
    for one in behind:
        first = one.found or 1
        for number, step in enumerate(steps[one.schema][first - 1 :], first + 1):
            _take(warehouse, step, one.schema, number)
    if KEPT - held.get("ops", set()):
        warehouse.execute(OPS)


def _take(warehouse: Warehouse, step: Step, schema: str, number: int) -> None:
    """Take one step, and put on record that it was taken."""
    caught: tuple[type[Exception], ...] = (RoundtripError, *warehouse.errors)
    try:
        with warehouse.transaction():
            step(warehouse)
            warehouse.execute(RECORD, _row(schema, number))
    except caught as error:
        told = error if isinstance(error, RoundtripError) else LoadError(warehouse.told(error))
        raise LoadError(
            f"Bringing the schema {schema} to version {number} failed, and nothing of it was done: {told.message}",
            way_out=told.way_out or "Mend that, then run again: it goes on from there.",
        ) from error


def _record(warehouse: Warehouse, found: Sequence[Version]) -> None:
    """Put on record what was not yet: of a schema that is not there, that it will be made as it is today."""
    with warehouse.transaction():
        warehouse.make_schema("ops")
        warehouse.execute(TABLE)
        for one in found:
            if one.since is None:
                warehouse.execute(RECORD, _row(one.schema, one.found or one.known))


def _row(schema: str, number: int) -> list[object]:
    return [schema, number, pendulum.now("UTC"), metadata.version("roundtrip")]


def _schemas(steps: Steps) -> list[str]:
    return [*dict.fromkeys(["ops", *(f"raw_{crm}" for crm in CRMS), *steps])]


def _held(warehouse: Warehouse, steps: Steps) -> dict[str, set[str]]:
    """The tables and views of each schema."""
    found: dict[str, set[str]] = {}
    names = _schemas(steps)
    for schema, table in warehouse.rows_of(HELD.format(", ".join("?" for _ in names)), names):
        found.setdefault(schema, set()).add(table)
    return found


def _versions(warehouse: Warehouse, held: Mapping[str, set[str]], steps: Steps) -> list[Version]:
    is_recorded = "schema_versions" in held.get("ops", ())
    recorded = {name: rest for name, *rest in warehouse.rows_of(RECORDED)} if is_recorded else {}
    found = []
    for name in _schemas(steps):
        known = 1 + len(steps.get(name, ()))
        old = 1 if held.get(name, set()) - {"schema_versions"} else None
        found.append(Version(name, known, *recorded.get(name, [old])))
    return found


def _older(found: Sequence[Version]) -> list[Version]:
    return [one for one in found if one.found is not None and one.found < one.known]


def _refuse_newer(warehouse: Warehouse, found: Sequence[Version]) -> None:
    for one in found:
        if one.found is not None and one.found > one.known:
            raise UsageError(
                f"The warehouse {warehouse.place.title} was made by a newer version of Roundtrip: its schema "
                f"{one.schema} is of version {one.found}, and this one knows {one.known}.",
                way_out="Upgrade Roundtrip (`git pull && make install`), or restore the copy of the warehouse that you "
                "made before. Nothing was changed.",
            )
