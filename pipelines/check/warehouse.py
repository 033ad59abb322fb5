"""The warehouse: whether a run could write it, and what it holds. Nothing is made, nothing changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pendulum

from pipelines.check import duckdb, postgres
from pipelines.check.finding import Finding, failing, ok, problem, warning
from pipelines.config import raw_schema
from pipelines.place import Place
from pipelines.warehouse import Warehouse
from pipelines.warehouse.versions import Version, versions
from sources.crm import Crm
from sources.errors import RoundtripError

SCHEDULE = "Is `roundtrip nightly` scheduled? .github/recipes shows how."
LATEST = """
select command, status, started_at, problem from ops.runs
where crm = ? and command in ('nightly', 'load') order by started_at desc limit 1
"""
STALE = pendulum.duration(hours=36)


def findings_of(place: Place, crms: Sequence[Crm]) -> Iterator[Finding]:
    """What was found of the warehouse of these CRMs."""
    kind = duckdb if place.destination == "duckdb" else postgres
    try:
        yield from kind.findings_of(place, [raw_schema(crm) for crm in crms])
        with kind.opened(place) as warehouse:
            if warehouse:
                yield from _held(warehouse, crms)
    except RoundtripError as error:
        yield failing("warehouse", error)


def _held(warehouse: Warehouse, crms: Sequence[Crm]) -> Iterator[Finding]:
    """What it holds; of one that a newer Roundtrip has made, nothing more can be told."""
    found = [schema(versions(warehouse))]
    yield from found
    if found[0].level == "problem":
        return
    has_runs = bool(warehouse.columns_of("ops", "runs"))
    for crm in crms:
        latest = warehouse.records_of(LATEST, [crm.name]) if has_runs else []
        yield age(crm.name, latest[0] if latest else None, pendulum.now("UTC"))


def schema(found: Sequence[Version]) -> Finding:
    """Whether the schemas are of the versions that this Roundtrip knows."""
    there = [one for one in found if one.found is not None]
    told = ", ".join(f"{one.schema} is of version {one.found}" for one in there)
    others = [one for one in there if one.found != one.known]
    known = ", ".join(f"{one.known} of {one.schema}" for one in others)
    if any(one.found > one.known for one in others if one.found is not None):
        remedy = "Upgrade Roundtrip (`git pull`), or restore the copy of the warehouse that you made before."
        return problem("schemas", f"{told}; this Roundtrip knows version {known}.", remedy)
    if others:
        remedy = "The next run brings it up to date. Copy the warehouse first if you may want to go back."
        return warning("schemas", f"{told}; this Roundtrip makes version {known}.", remedy)
    return ok("schemas", f"{told}." if told else "There are none yet.")


def age(crm: str, run: dict[str, Any] | None, now: datetime) -> Finding:
    """How long ago the latest run was, and how it went."""
    if run is None:
        return ok("runs", "No run yet: `roundtrip nightly` makes the first one.", crm)
    begun = pendulum.instance(run["started_at"])
    since = pendulum.instance(now) - begun
    told = f"The latest {run['command']} began {begun:%Y-%m-%d %H:%M} (UTC)"
    if run["status"] not in ("done", "running"):
        why = f": {run['problem']}" if run["problem"] else ""
        return warning(
            "runs", f"{told}; {run['status']}{why}", "`roundtrip status` tells more; run it again.", crm
        )
    if since > STALE:
        return warning("runs", f"{told}, {since.total_hours():,.0f} hours ago.", SCHEDULE, crm)
    return ok("runs", f"{told}; {run['status']}.", crm)
