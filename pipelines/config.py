"""Settings, by dlt's conventions: `.dlt/config.toml`, `.dlt/secrets.toml`, and environment variables over both.

    [roundtrip]                    ROUNDTRIP__WAREHOUSE=...
    warehouse = "data/warehouse.duckdb"
    [sources.pipedrive]            SOURCES__PIPEDRIVE__API_TOKEN=...
    company_domain = "acme"

A key that nobody reads is refused: a setting misspelt must not pass for a setting made.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import urlsplit, urlunsplit

from pipelines import values
from pipelines.place import Destination, Place, RenamedFields
from sources.budget import Allowance
from sources.crm import Crm
from sources.entity import Entity
from sources.errors import UsageError
from sources.http import Patience

FILES = (Path(".dlt/config.toml"), Path(".dlt/secrets.toml"))
OURS = ("roundtrip", "sources")
GROUPS = DEFAULT, ALL = "default", "all"
"""Words that stand for many entities where their names may."""
ROUNDTRIP = {
    "destination": "duckdb or postgres",
    "warehouse": "the DuckDB file that holds the warehouse",
    "postgres_url": "where the Postgres warehouse is: postgresql://user:password@host:5432/database",
    "memory_limit": "the most memory DuckDB may take while it loads, for example 256MB",
    "build_memory_limit": "the most memory DuckDB may take while it builds tables, for example 1GB",
    "reports": "the DuckDB file that the reporting tables are published in",
    "dashboard": "the page that is written with the reporting tables",
    "renamed_fields": "keep or follow: the column of a custom field that is renamed in the CRM",
}
SOURCE = {
    "entities": "the entities to read; the default ones when not set; `default` and `all` stand for many",
    "api": 'for each entity read through the older API generation: activities = "v1"',
    "safety_lag_seconds": "how long a change must have rested before a run reads it",
    "settling_seconds": "how long a push waits before it takes a write whose answer was lost for not done",
    "request_timeout_seconds": "the longest a single request may take",
    "request_tries": "how often a request is tried before it counts as failed",
    "max_tokens_a_day": "the most tokens that all runs together spend on one day (UTC)",
    "max_share_of_tokens_left": "the share of the day's tokens that are left when a run begins, that it may spend",
    "max_share_deleted": "the largest share of a list that may be found missing from it and marked deleted",
}


@dataclass(frozen=True)
class Settings:
    """What one run needs to know."""

    crm: Crm
    connection: Mapping[str, str] = field(repr=False)
    place: Place = field(default_factory=Place)
    entities: tuple[str, ...] = ()
    legacy: frozenset[str] = frozenset()
    """Entities read through the API generation before."""
    safety_lag: int = 60
    settling: int = 60
    """Seconds after which a write whose answer was lost can no longer be under way."""
    patience: Patience = field(default_factory=Patience)
    max_tokens_a_day: int | None = None
    max_share_of_tokens_left: float = 1.0
    max_share_deleted: float = 0.2

    def allowance(self, spent_before: Mapping[date, int]) -> Allowance:
        """What a run may spend, after what earlier runs spent on each day."""
        return Allowance(self.max_tokens_a_day, self.max_share_of_tokens_left, spent_before)

    def chosen(self, names: Iterable[str] = ()) -> list[Entity]:
        """The entities to read, in the CRM's order; `names` narrow the setting."""
        wanted = tuple(names) or self.entities or (DEFAULT,)
        for name in wanted:
            if name not in (*GROUPS, *self.crm.entities):
                raise UsageError(f"There is no entity {name!r}.", way_out=_suggest(name, self.crm.entities))
        chosen = [
            entity
            for entity in self.crm.entities.values()
            if entity.name in wanted or ALL in wanted or (entity.default and DEFAULT in wanted)
        ]
        return [entity.legacy_reading() if entity.name in self.legacy else entity for entity in chosen]

    def walked(self, names: Iterable[str] = ()) -> list[Entity]:
        """Those of the chosen entities whose lists can be walked by themselves."""
        chosen = self.chosen(names)
        walked = [entity for entity in chosen if not entity.parent]
        if not walked:
            raise UsageError(
                f"{chosen[0].name} has a list for each of its parents, and none to walk.",
                way_out=f"`roundtrip load --full --entity {chosen[0].name}` reads all of them.",
            )
        return walked

    @property
    def dataset(self) -> str:
        """The schema that holds the CRM's raw tables."""
        return f"raw_{self.crm.name}"


def read_settings(crm: Crm) -> Settings:
    """The settings of one CRM; an error says which key is missing, unknown or wrong, and where."""
    place = read_place(crm)
    section = f"sources.{crm.name}"
    default = Patience()
    timeout = values.number(f"{section}.request_timeout_seconds", default.total)
    return Settings(
        crm=crm,
        connection={key: values.required(f"{section}.{key}", text) for key, text in crm.settings.items()},
        place=place,
        entities=values.names(f"{section}.entities"),
        legacy=_legacy(crm, f"{section}.api"),
        safety_lag=int(values.number(f"{section}.safety_lag_seconds", Settings.safety_lag)),
        settling=int(values.number(f"{section}.settling_seconds", Settings.settling)),
        patience=Patience(
            total=timeout,
            read=min(default.read, timeout),
            tries=int(values.number(f"{section}.request_tries", default.tries)),
        ),
        max_tokens_a_day=values.most(f"{section}.max_tokens_a_day"),
        max_share_of_tokens_left=values.share(f"{section}.max_share_of_tokens_left", 1.0),
        max_share_deleted=values.share(f"{section}.max_share_deleted", Settings.max_share_deleted),
    )


def read_place(crm: Crm) -> Place:
    """Where the warehouse is, also for commands that do not speak to the CRM."""
    check_keys(crm)
    given = {
        name: str(found) for name in ROUNDTRIP if (found := values.value(f"roundtrip.{name}")) is not None
    }
    destination = _choice(given, "destination", get_args(Destination), Place.destination)
    renamed = _choice(given, "renamed_fields", get_args(RenamedFields), Place.renamed_fields)
    url = _postgres_url() if destination == "postgres" else ""
    warehouse = Path(given.get("warehouse", Place.warehouse))
    if warehouse.stem.lower() in (f"raw_{crm.name}", "ops"):
        raise UsageError(
            f"The warehouse file may not be called {warehouse.name!r}: DuckDB would confuse it with a schema in it.",
            way_out="Set roundtrip.warehouse to another name.",
        )
    return Place(
        destination=cast("Destination", destination),
        warehouse=warehouse,
        postgres_url=url,
        memory_limit=given.get("memory_limit", Place.memory_limit),
        build_memory_limit=given.get("build_memory_limit", Place.build_memory_limit),
        reports=Path(given.get("reports", warehouse.with_name(Place.reports.name))),
        dashboard=Path(given.get("dashboard", warehouse.with_name(Place.dashboard.name))),
        renamed_fields=cast("RenamedFields", renamed),
    )


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    chosen = given.get(name, default)
    if chosen not in choices:
        known = " or ".join(repr(choice) for choice in choices)
        raise UsageError(f"roundtrip.{name} must be {known}, not {chosen!r}.")
    return chosen


def _postgres_url() -> str:
    """The URL as libpq, dlt and ADBC all take it. No message repeats it: there is a password in it."""
    key = "roundtrip.postgres_url"
    given = values.required(key, "*" + ROUNDTRIP["postgres_url"]).strip()
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise _no_url("has a host or a port that is none") from None
    lacking = {
        "the database's name": not parts.path.strip("/"),
        "a host (for a socket: @localhost/database?host=/its/folder)": not parts.hostname,
        "a user": not parts.username,
        "a password": not parts.password,
    }
    if parts.scheme not in ("postgresql", "postgres"):
        raise _no_url("does not begin with postgresql://")
    if any(lacking.values()) or port == 0:
        raise _no_url(f"lacks {', '.join(what for what, lacks in lacking.items() if lacks) or 'a port'}")
    if not given.isascii() or not given.isprintable() or " " in given:
        raise _no_url("holds spaces or letters that a URL may not hold")
    return urlunsplit(parts._replace(scheme="postgresql"))


def _no_url(problem: str) -> UsageError:
    return UsageError(
        f"The setting roundtrip.postgres_url {problem}.",
        way_out="Write postgresql://user:password@host:5432/database, with %40 for @, %2F for / and %20 for a space "
        "in user and password.",
    )


def check_keys(crm: Crm) -> None:
    """Refuse settings that nobody reads."""
    for file in FILES:
        tables = _toml(file)
        _refuse_unknown(_section(tables, "roundtrip", file), ROUNDTRIP, f"[roundtrip] in {file}")
        sources = _section(tables, "sources", file)
        _refuse_unknown(sources, {crm.name: ""}, f"[sources] in {file}")
        _refuse_misspelt(tables, file)
        section = _section(sources, crm.name, file)
        _refuse_unknown(section, {**crm.settings, **SOURCE}, f"[sources.{crm.name}] in {file}")
    prefixes = {"ROUNDTRIP__": ROUNDTRIP, f"SOURCES__{crm.name.upper()}__": {**crm.settings, **SOURCE}}
    for prefix, known in prefixes.items():
        names = [
            name.removeprefix(prefix).split("__")[0].lower() for name in os.environ if name.startswith(prefix)
        ]
        _refuse_unknown(names, known, f"the environment ({prefix}...)")


def _refuse_misspelt(tables: Mapping[str, Any], file: Path) -> None:
    """Other sections are dlt's; one that looks like ours is not meant for it."""
    for name in tables:
        if name not in OURS and difflib.get_close_matches(name, OURS, n=1, cutoff=0.8):
            raise UsageError(f"There is no section [{name}] ({file}).", way_out=_suggest(name, OURS))


def _section(tables: Mapping[str, Any], name: str, file: Path) -> Mapping[str, Any]:
    section = tables.get(name, {})
    if not isinstance(section, Mapping):
        raise UsageError(f"{name} in {file} is a section, not a single value.", way_out=f"Write [...{name}].")
    return section


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text()) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}.", way_out="Mend that line.") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error


def _refuse_unknown(keys: Iterable[str], known: Mapping[str, str], place: str) -> None:
    for key in keys:
        if key not in known:
            raise UsageError(f"There is no setting {key!r} ({place}).", way_out=_suggest(key, known))


def _suggest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."


def _legacy(crm: Crm, key: str) -> frozenset[str]:
    """The entities to be read through the older API; set as a table, or one by one in the environment."""
    able = [entity.name for entity in crm.entities.values() if entity.legacy]
    single = {name: str(found) for name in able if (found := values.value(f"{key}.{name}")) is not None}
    chosen = values.table(key) | single
    for name, generation in chosen.items():
        _check_legacy(crm, name, generation)
    return frozenset(name for name, generation in chosen.items() if generation == "v1")


def _check_legacy(crm: Crm, name: str, generation: str) -> None:
    able = [entity.name for entity in crm.entities.values() if entity.legacy]
    if generation not in ("v1", "v2"):
        raise UsageError(f"sources.{crm.name}.api.{name} must be 'v1' or 'v2', not {generation!r}.")
    if name not in able:
        raise UsageError(f"{name!r} cannot be read through v1.", way_out=f"These can: {', '.join(able)}.")
