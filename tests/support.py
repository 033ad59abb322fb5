"""What tests share: a sandbox over a real socket, settings for it, and the comparison with its truth."""

import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import httpx
import psycopg2
import psycopg2.extras

from pipelines.config import Settings
from pipelines.load import load
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.sandbox import imitations
from sources.entity import Entity, Kind
from sources.http import Patience
from sources.registry import CRMS
from sources.sandbox.clock import stamp
from sources.sandbox.server import Running, running
from sources.sandbox.settings import Settings as SandboxSettings

PIPEDRIVE = CRMS["pipedrive"]
DEFAULT = [entity for entity in PIPEDRIVE.entities.values() if entity.default]
CORE = (
    *("users", "pipelines", "stages", "activity_types", "currencies"),
    *("activity_fields", "deal_fields", "person_fields", "organization_fields", "product_fields"),
    *("organizations", "persons", "products", "deals", "activities"),
)
"""What the reporting tables are made of; tests read no more unless they say so, for each list takes its time."""
FEW = ("users", "persons", "deals", "activities", "deal_products")
"""A list read whole, three that tell what changed, and one of single records."""
IMPATIENT = Patience(connect=5, read=0.5, total=1, tries=4, first_pause=0.01, longest_pause=0.05)
"""Faults come and go quickly here; what is waited for is the same, only shorter."""
ADMIN, REGULAR = "sandbox-admin-token", "sandbox-user-token"
DESKERA_TOKEN = "sandbox-deskera-token"
FREE = {"burst": 1_000_000, "daily_remaining": 100_000_000}

Length = TypeVar("Length")
V1_LACKS: dict[str, set[str]] = {
    "activities": {"creator_user_id", "participants", "attendees", "note", "priority", "outcome", "private"},
    "deals": {
        *("owner_id", "stage_change_time", "archive_time", "is_archived", "source_lead_id", "first_won_time"),
        *("local_won_date", "local_lost_date", "local_close_date", "custom_fields"),
        *("origin", "origin_id", "channel", "channel_id", "acv", "arr", "mrr"),
    },
    "persons": {
        *("first_name", "last_name", "custom_fields", "notes", "im", "birthday", "job_title"),
        "postal_address",
    },
    "organizations": {"website", "linkedin", "industry", "annual_revenue", "employee_count", "custom_fields"},
}
"""Columns that a v1 collection does not carry."""


@contextmanager
def sandbox(activities: int = 300, crms: Sequence[str] = (), **settings: Any) -> Iterator["Sandbox"]:
    """A sandbox of all CRMs, or of some, in a thread, its limits so high that no test waits for them."""
    with running(SandboxSettings(activities=activities, **settings), imitations(crms)) as server:
        served = Sandbox(server)
        served.control("limits", **FREE)
        yield served


class Sandbox:
    """A running sandbox, and its control routes."""

    def __init__(self, server: Running) -> None:
        self.url = server.url
        self.server = server
        self.begin_here()

    def begin_here(self) -> None:
        """Expect nothing that was deleted before now."""
        self.begun = stamp(self.server.clock.now())

    def control(self, path: str, /, **body: Any) -> Any:
        """POST to a control route."""
        answer = httpx.post(f"{self.url}/_sandbox/{path}", json=body, timeout=60)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def arm(self, kind: str, /, **how: Any) -> None:
        """Arm a fault."""
        self.control("faults", kind=kind, **how)

    def calm(self) -> None:
        """Disarm all faults."""
        httpx.delete(f"{self.url}/_sandbox/faults").raise_for_status()

    def stats(self) -> Any:
        """Requests and tokens so far."""
        return httpx.get(f"{self.url}/_sandbox/stats").json()

    def truth(self, entity: str, crm: str = "pipedrive") -> list[dict[str, Any]]:
        """Every record, deleted ones included."""
        answer = httpx.get(f"{self.url}/_sandbox/truth/{entity}", params={"crm": crm}, timeout=60)
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def settings(
        self, where: Path | Place, *, token: str = "", crm: str = "pipedrive", **changes: Any
    ) -> Settings:
        """Settings for a place, or for a DuckDB warehouse of its own in a folder."""
        place = where if isinstance(where, Place) else place_in(where)
        return replace(settings_of(crm, self.url, place, token), **changes)


def settings_of(crm: str, url: str, place: Place, token: str = "") -> Settings:
    """Settings of a CRM that the sandbox at this address hosts."""
    connection = {
        "pipedrive": {"company_domain": url, "api_token": token or ADMIN},
        "deskera": {"base_url": url, "access_token": token or DESKERA_TOKEN},
    }[crm]
    entities = CORE if crm == "pipedrive" else ()
    return Settings(CRMS[crm], connection, place, patience=IMPATIENT, safety_lag=0, entities=entities)


def at_length(full: Length, short: Length) -> Length:
    """How long a simulation lasts: in full for `make soak`, else as long as a test suite may take."""
    return full if os.environ.get("ROUNDTRIP_SOAK") else short


def place_in(folder: Path, **changes: Any) -> Place:
    """A warehouse of its own in a folder."""
    place = Place(
        warehouse=folder / "warehouse.duckdb",
        reports=folder / "reports.duckdb",
        dashboard=folder / "dashboard.html",
    )
    return replace(place, **changes)


def run(settings: Settings, *entities: str, **options: Any) -> Run:
    """One load."""
    return load(settings, entities=entities, **options)


def query(where: Settings | Place, sql: str, *, reports: bool = False) -> list[tuple[Any, ...]]:
    """Rows from the warehouse, or from what is published of it; JSON is its text, times are UTC."""
    return _asked(where, sql, reports=reports)[1]


def records(where: Settings | Place, sql: str, *, reports: bool = False) -> list[dict[str, Any]]:
    """Rows as `query` gives them, by column name."""
    names, rows = _asked(where, sql, reports=reports)
    return [dict(zip(names, row, strict=True)) for row in rows]


def execute(where: Settings | Place, sql: str) -> None:
    """Change the warehouse by hand."""
    place = where.place if isinstance(where, Settings) else where
    if place.destination == "duckdb":
        with duckdb.connect(str(place.warehouse)) as connection:
            connection.execute(sql)
        return
    with closing(psycopg2.connect(place.postgres_url)) as server, server, server.cursor() as cursor:
        cursor.execute(sql)


def erase(place: Place) -> None:
    """Delete the warehouse, as somebody does who wants to begin anew."""
    if place.destination == "duckdb":
        place.warehouse.unlink()
        return
    for schema in ("raw_pipedrive", "raw_pipedrive_staging", "ops"):
        execute(place, f"drop schema if exists {schema} cascade")


def _asked(where: Settings | Place, sql: str, *, reports: bool) -> tuple[list[str], list[tuple[Any, ...]]]:
    place = where.place if isinstance(where, Settings) else where
    if place.destination == "duckdb":
        file = place.reports if reports else place.warehouse
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()
    with closing(psycopg2.connect(place.postgres_url, options="-ctimezone=UTC")) as server:
        psycopg2.extras.register_default_json(server, loads=str)
        psycopg2.extras.register_default_jsonb(server, loads=str)
        with server, server.cursor() as cursor:
            cursor.execute(sql)
            return [column.name for column in cursor.description or ()], cursor.fetchall()


def held(settings: Settings, entity: Entity) -> dict[Any, dict[str, Any]]:
    """An entity's raw table by key, in plain values comparable with the truth."""
    rows = records(settings, f'select * from raw_pipedrive."{entity.name}"')
    assert len({row[entity.primary_key] for row in rows}) == len(rows), f"{entity.name}: a key is there twice"
    kinds = {column.name: column.kind for column in entity.columns}
    return {row[entity.primary_key]: {name: plain(kinds[name], row[name]) for name in kinds} for row in rows}


def expected(entity: Entity, row: dict[str, Any]) -> dict[str, Any]:
    """A record of the truth as the warehouse should hold it."""
    return {declared.name: plain(declared.kind, row.get(declared.name)) for declared in entity.fields}


def plain(kind: Kind, value: Any) -> Any:
    """A value of a raw table or of the truth, in the one form that compares."""
    if value is None or (kind in ("time", "date") and value == ""):
        return None
    if kind == "json":
        return _without_nulls(json.loads(value) if isinstance(value, str) else value)
    if kind == "decimal":
        return Decimal(str(value)).normalize()
    if kind == "time":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if kind == "date":
        return value if isinstance(value, date) else date.fromisoformat(value)
    return value


def _without_nulls(value: Any) -> Any:
    """A custom field added later is null in old records, which the CRM does not count as a change of them.

    Parts of an address that are not there are null in v2 and empty in v1, which also has it in one line.
    """
    if isinstance(value, dict):
        return {
            key: item for key, item in value.items() if item not in (None, "") and key != "formatted_address"
        }
    return value


def differences(
    sandbox: Sandbox, settings: Settings, entity: Entity, *, without: Collection[str] = ()
) -> list[str]:
    """How the warehouse differs from the truth, in words; deleted records need only be there and be marked.

    What was deleted before the first load is no longer listed, except deals; it may be missing.
    """
    begun = sandbox.begun
    orphans = _orphans(sandbox, entity)
    truth = {
        row[entity.primary_key]: row | ({"is_deleted": True} if row["id"] in orphans else {})
        for row in sandbox.truth(entity.name)
        if entity.deletion != "recents" or not (row["is_deleted"] and row["update_time"] < begun)
    }
    rows = held(settings, entity)
    lacking = truth.keys() - rows.keys() - (orphans if entity.primary_key in ("id", "uuid") else set())
    found = [f"{entity.name} {key}: missing" for key in lacking]
    found += [f"{entity.name} {key}: never existed" for key in rows.keys() - truth.keys()]
    for key in truth.keys() & rows.keys():
        found += _row_differences(entity, truth[key], rows[key], without)
    return found


def _orphans(sandbox: Sandbox, entity: Entity) -> set[Any]:
    """The ids of what belongs to deleted records: it is deleted with them, and not asked for when they always were."""
    if entity.parent is None:
        return set()
    gone = {row["id"] for row in sandbox.truth(entity.parent.entity) if row["is_deleted"]}
    return {row["id"] for row in sandbox.truth(entity.name) if row[entity.parent.column] in gone}


def _row_differences(
    entity: Entity, truth: dict[str, Any], row: dict[str, Any], without: Collection[str]
) -> list[str]:
    key, gone = truth[entity.primary_key], bool(truth.get("is_deleted"))
    if row["is_deleted"] is not gone:
        return [f"{entity.name} {key}: is_deleted is {row['is_deleted']}"]
    if gone:
        told = row["deleted_at"] or not entity.incremental
        return [] if told else [f"{entity.name} {key}: no deleted_at"]
    wanted = expected(entity, truth)
    return [
        f"{entity.name} {key}.{name}: {row[name]!r}, not {value!r}"
        for name, value in wanted.items()
        if row[name] != value and name not in without
    ]
