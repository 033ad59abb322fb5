"""Settings, by dlt's conventions: `.dlt/config.toml`, `.dlt/secrets.toml`, and environment variables over both.

    [roundtrip]                    ROUNDTRIP__WAREHOUSE=...
    warehouse = "data/warehouse.duckdb"
    [sources.pipedrive]            SOURCES__PIPEDRIVE__API_TOKEN=...
    company_domain = "acme"

A CRM is configured when any of the settings is made that it takes to connect to it, or when somebody has logged in.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import unquote, urlsplit, urlunsplit

from pipelines import logs, values
from pipelines.keys import ROUNDTRIP, check_keys, connecting, suggestion, unknown_entity
from pipelines.login.settings import is_logged_in, login_settings, token_file, uses_login
from pipelines.place import Destination, Place, RenamedFields
from sources.budget import Allowance
from sources.crm import Crm
from sources.entity import Entity
from sources.errors import UsageError
from sources.http import Client, Patience
from sources.registry import CRMS
from sources.tokens import TokenFile

LOG = logging.getLogger("roundtrip.login")
GROUPS = DEFAULT, ALL = "default", "all"
"""Words that stand for many entities where their names may."""


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
    tokens: TokenFile | None = None
    """The tokens of the login that connects us; None where settings do."""

    def connect(self, patience: Patience | None = None, **seams: Any) -> Client:
        """A client for the CRM; `seams` are transport, clock and sleep."""
        seams["patience"] = patience or self.patience
        if self.tokens is None or self.crm.login is None:
            return self.crm.connect(**self.connection, **seams)
        return self.crm.login.connect(self.tokens, self.crm.login.authority(**self.connection), **seams)

    def allowance(self, spent_before: Mapping[date, int]) -> Allowance:
        """What a run may spend, after what earlier runs spent on each day."""
        return Allowance(self.max_tokens_a_day, self.max_share_of_tokens_left, spent_before)

    def chosen(self, names: Iterable[str] = ()) -> list[Entity]:
        """The entities to read, in the CRM's order; `names` narrow the setting."""
        wanted = tuple(names) or self.entities or (DEFAULT,)
        for name in wanted:
            if name not in (*GROUPS, *self.crm.entities):
                raise unknown_entity(name, self.crm.entities)
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
        return raw_schema(self.crm)


def raw_schema(crm: Crm) -> str:
    """The schema that holds a CRM's raw tables."""
    return f"raw_{crm.name}"


def configured(names: Sequence[str] = ()) -> list[Settings]:
    """The settings of every CRM that is configured, or of those named; of the first one when none is."""
    check_keys()
    refuse_unknown_crms(names)
    chosen = [crm for crm in CRMS.values() if (crm.name in names if names else is_configured(crm))]
    return [read_settings(crm) for crm in chosen or list(CRMS.values())[:1]]


def refuse_unknown_crms(names: Iterable[str]) -> None:
    """Refuse names that are no CRM's."""
    for name in names:
        if name not in CRMS:
            raise UsageError(f"There is no CRM {name!r}.", way_out=suggestion(name, CRMS))


def is_configured(crm: Crm) -> bool:
    """Whether a CRM takes part. An empty text, as the shipped files have them to be filled in, is none."""
    given = [values.value(f"sources.{crm.name}.{key}") for key in connecting(crm)]
    return is_logged_in(crm) or any(one is not None and str(one).strip() for one in given)


def read_settings(crm: Crm, *, is_connecting: bool = True) -> Settings:
    """The settings of one CRM, also without what it takes to connect; an error says which key is wrong, and where."""
    place = read_place()
    connection, tokens = _connection(crm) if is_connecting else ({}, None)
    section = f"sources.{crm.name}"
    default = Patience()
    timeout = values.number(f"{section}.request_timeout_seconds", default.total)
    return Settings(
        crm=crm,
        connection=connection,
        tokens=tokens,
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


def _connection(crm: Crm) -> tuple[dict[str, str], TokenFile | None]:
    """What it takes to connect: an API token, or where none is set, a login."""
    section, file = f"sources.{crm.name}", token_file(crm)
    if crm.login and uses_login(crm):
        if not file.exists():
            raise UsageError(
                f"Nobody is logged in to {crm.name}, and no API token is set.",
                way_out=f"`roundtrip login {crm.name}` logs in.",
            )
        needed = login_settings(crm, crm.login)
        logs.hide(*(needed[key] for key, text in crm.login.settings.items() if text.startswith("*")))
        return needed, file
    if is_logged_in(crm):
        LOG.warning("%s: an API token is set, so it is used, and not the login.", crm.name)
    needed = {key: values.required(f"{section}.{key}", text) for key, text in crm.settings.items()}
    logs.hide(*(needed[key].strip() for key, text in crm.settings.items() if text.startswith("*")))
    given = {key: str(values.value(f"{section}.{key}") or "").strip() for key in crm.options}
    return needed | {key: text for key, text in given.items() if text}, None


def read_place() -> Place:
    """Where the warehouse is, also for commands that speak to no CRM."""
    check_keys()
    given = {
        name: str(found) for name in ROUNDTRIP if (found := values.value(f"roundtrip.{name}")) is not None
    }
    destination = _choice(given, "destination", get_args(Destination), Place.destination)
    renamed = _choice(given, "renamed_fields", get_args(RenamedFields), Place.renamed_fields)
    url = _postgres_url() if destination == "postgres" else ""
    warehouse = Path(given.get("warehouse", Place.warehouse))
    if warehouse.stem.lower() in ("ops", *(raw_schema(crm) for crm in CRMS.values())):
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
        keep_history_days=values.days("roundtrip.keep_history_days", Place.keep_history_days),
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
    given = values.required(key, ROUNDTRIP["postgres_url"]).strip()
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
    logs.hide(given, parts.password or "", unquote(parts.password or ""))
    return urlunsplit(parts._replace(scheme="postgresql"))


def _no_url(problem: str) -> UsageError:
    return UsageError(
        f"The setting roundtrip.postgres_url {problem}.",
        way_out="Write postgresql://user:password@host:5432/database, with %40 for @, %2F for / and %20 for a space "
        "in user and password.",
    )


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
