"""Single settings, read and checked; an error says which key is missing or wrong, and where it belongs."""

from collections.abc import Mapping
from typing import Any

import dlt

from sources.errors import UsageError

MOST_SECONDS = 366 * 24 * 3600
FEWEST_DAYS = 31
"""Of history: a night is compared with those of the month before it."""


def value(key: str) -> Any:
    """What is set, in the files or in the environment; None when nothing is."""
    try:
        found: Any = dlt.secrets.get(key)
        return dlt.config.get(key) if found is None else found
    except Exception as error:
        raise UsageError(f"The setting {key} cannot be read: {error}") from error


def required(key: str, text: str) -> str:
    """A setting that has to be made; `text` says what it is, a `*` before it that it is a secret."""
    found = value(key)
    if found is None or not str(found).strip():
        secret = text.startswith("*")
        raise UsageError(
            f"The setting {key} is missing: {text.lstrip('*')}.",
            way_out="`roundtrip init` asks for it; or put it into "
            f".dlt/{'secrets' if secret else 'config'}.toml or into the environment variable "
            f"{key.upper().replace('.', '__')}. To try without an account: `roundtrip demo`.",
        )
    return str(found)


def number(key: str, default: float) -> float:
    """A number that is not negative."""
    found = value(key)
    try:
        given = default if found is None else float(found)
    except (TypeError, ValueError):
        given = -1.0
    if not 0 <= given <= MOST_SECONDS:
        raise UsageError(
            f"The setting {key} must be a number that is not negative and not beyond a year, not {found!r}."
        )
    return given


def most(key: str) -> int | None:
    """A number of tokens; None when there is no bound."""
    found = value(key)
    if found is None:
        return None
    if isinstance(found, bool) or not str(found).replace("_", "").isdecimal() or int(found) < 1:
        raise UsageError(
            f"The setting {key} must be a whole number of at least 1, not {found!r}.",
            way_out="Leave it out to set no bound.",
        )
    return int(found)


def days(key: str, default: int | None) -> int | None:
    """A number of days; None for `all`."""
    found = value(key)
    if found is None:
        return default
    if str(found).strip().lower() == "all":
        return None
    if isinstance(found, bool) or not str(found).isdecimal() or int(found) < FEWEST_DAYS:
        raise UsageError(
            f"The setting {key} must be a whole number of at least {FEWEST_DAYS}, or 'all', not {found!r}."
        )
    return int(found)


def share(key: str, default: float) -> float:
    """A share above 0 and at most 1."""
    found = value(key)
    try:
        given = default if found is None else float(found)
    except (TypeError, ValueError):
        given = 0.0
    if not 0 < given <= 1:
        raise UsageError(f"The setting {key} must be a share above 0 and at most 1, not {found!r}.")
    return given


def flag(key: str, *, default: bool) -> bool:
    """Yes or no."""
    found = value(key)
    given = {"true": True, "1": True, "false": False, "0": False}.get(str(found).strip().lower())
    if found is not None and given is None:
        raise UsageError(f"The setting {key} must be true or false, not {found!r}.")
    return default if given is None else given


def names(key: str) -> tuple[str, ...]:
    """A list of names; in the environment with commas between."""
    found = value(key)
    if isinstance(found, str):
        found = [part.strip() for part in found.strip("[]").replace('"', "").split(",") if part.strip()]
    if found is not None and not (isinstance(found, list) and all(isinstance(name, str) for name in found)):
        raise UsageError(f"The setting {key} must be a list of names, not {found!r}.")
    return tuple(found or ())


def table(key: str) -> dict[str, str]:
    """A table of names and texts."""
    found = value(key)
    if found is not None and not isinstance(found, Mapping):
        raise UsageError(f'The setting {key} must be a table like {{activities = "v1"}}, not {found!r}.')
    return {str(name): str(generation) for name, generation in (found or {}).items()}
