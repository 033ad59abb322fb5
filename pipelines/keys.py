"""Which settings there are. A key that nobody reads is refused: a setting misspelt must not pass for a setting made."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sources.crm import Crm
from sources.errors import UsageError
from sources.registry import CRMS

FILES = (Path(".dlt/config.toml"), Path(".dlt/secrets.toml"))
OURS = ("roundtrip", "sources", "alerts")
NEAR = 0.8
"""How like one of ours a name has to be to be taken for one that is misspelt."""
ROUNDTRIP = {
    "destination": "duckdb or postgres",
    "warehouse": "the DuckDB file that holds the warehouse",
    "postgres_url": "*where the Postgres warehouse is: postgresql://user:password@host:5432/database",
    "memory_limit": "the most memory DuckDB may take while it loads, for example 256MB",
    "build_memory_limit": "the most memory DuckDB may take while it builds tables, for example 1GB",
    "reports": "the DuckDB file that the reporting tables are published in",
    "dashboard": "the page that is written with the reporting tables",
    "log_format": "text or json: how the lines on standard error look",
    "keep_history_days": "how many days the records of runs in `ops` are kept; `all` keeps them for ever",
    "renamed_fields": "keep or follow: the column of a custom field that is renamed in the CRM",
}
ALERTS = {
    "webhook_url": "*where to post what is wrong, as Slack takes it",
    "ping_url": "*what is asked for after each nightly job, so that somebody notices when none comes",
    "ping_start_and_fail": "whether /start and /fail after ping_url are asked for too, as healthchecks.io has them",
    "smtp_host": "the mail server",
    "smtp_port": "its port; 587, 465 or 25 by smtp_security when not set",
    "smtp_security": "starttls, tls or none",
    "smtp_user": "who we are to the mail server; nobody when not set",
    "smtp_password": "*the password for it",
    "smtp_ca_file": "certificates to trust beside the usual ones, of a mail server that signs its own",
    "mail_from": "whom mails are from",
    "mail_to": "whom they go to: a list",
    "commands": "the commands after which is told what is wrong",
    "remind_days": "how often is told again what goes on being wrong",
    "watermark_hours": "how long ago a list may have been read to its end",
    "row_count_factor": "how many times the usual number of changed rows is remarkable",
    "max_share_gone": "the share of a table's rows that a load may mark deleted without being remarkable",
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
"""What may be set of every CRM, beside what it takes to connect."""
SHARED = {"roundtrip": ROUNDTRIP, "alerts": ALERTS}
"""By section; a `*` before what a setting is says that it is a secret."""


def check_keys() -> None:
    """Refuse settings that nobody reads."""
    for file in FILES:
        tables = _toml(file)
        _refuse_misspelt(tables, OURS, f"({file})")
        for name, settings in SHARED.items():
            refuse_unknown(_section(tables, name, file), settings, f"[{name}] in {file}")
        sources = _section(tables, "sources", file)
        refuse_unknown(sources, CRMS, f"[sources] in {file}")
        for crm in CRMS.values():
            refuse_unknown(_section(sources, crm.name, file), known(crm), f"[sources.{crm.name}] in {file}")
    prefixes = {f"SOURCES__{crm.name.upper()}__": known(crm) for crm in CRMS.values()}
    for prefix, names in {"ROUNDTRIP__": ROUNDTRIP, "ALERTS__": ALERTS, **prefixes}.items():
        refuse_unknown(_in_the_environment(prefix), names, f"the environment ({prefix}...)")
    # What else is set there of sources may be another program's.
    _refuse_misspelt(_in_the_environment("SOURCES__"), CRMS, "(the environment, SOURCES__...)")


def secrets_in(file: Path) -> list[str]:
    """The settings in a file that are secret, and not empty."""
    tables = _toml(file)
    sources = _section(tables, "sources", file)
    places = {name: (_section(tables, name, file), texts) for name, texts in SHARED.items()}
    for crm in CRMS.values():
        places[f"sources.{crm.name}"] = (_section(sources, crm.name, file), connecting(crm))
    return [
        f"{place}.{name}"
        for place, (made, names) in places.items()
        for name, text in names.items()
        if text.startswith("*") and made.get(name)
    ]


def connecting(crm: Crm) -> dict[str, str]:
    """What it takes to connect to a CRM, in one way or the other, each with what it is."""
    login = {**crm.login.settings, **crm.login.options} if crm.login else {}
    return {**crm.settings, **crm.options, **login}


def known(crm: Crm) -> dict[str, str]:
    """What may be set of a CRM, each with what it is."""
    names = {**connecting(crm), **SOURCE}
    if not any(entity.legacy for entity in crm.entities.values()):
        del names["api"]
    return names


def refuse_unknown(keys: Iterable[str], names: Iterable[str], place: str) -> None:
    """Refuse keys that are none of these names."""
    for key in keys:
        if key not in names:
            raise UsageError(f"There is no setting {key!r} ({place}).", way_out=suggestion(key, names))


def unknown_entity(name: str, known: Iterable[str]) -> UsageError:
    """What is told of an entity that there is not, or of several in one."""
    way_out = "Give --entity once for each." if "," in name else suggestion(name, known)
    return UsageError(f"There is no entity {name!r}.", way_out=way_out)


def suggestion(name: str, names: Iterable[str]) -> str:
    """What may have been meant."""
    near = difflib.get_close_matches(name, list(names), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}."


def _refuse_misspelt(names: Iterable[str], ours: Iterable[str], place: str) -> None:
    """Other names are not for us; one that looks like one of ours is."""
    for name in names:
        if name not in ours and difflib.get_close_matches(name, list(ours), n=1, cutoff=NEAR):
            raise UsageError(f"There is no section [{name}] {place}.", way_out=suggestion(name, ours))


def _in_the_environment(prefix: str) -> list[str]:
    return [
        name.removeprefix(prefix).split("__")[0].lower() for name in os.environ if name.startswith(prefix)
    ]


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
