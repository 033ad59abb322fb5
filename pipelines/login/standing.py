"""How long a login will last. A login that is used each night never ends; one that is not used for long does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines import console
from pipelines.login.settings import has_api_token, token_file
from sources.crm import Crm
from sources.errors import UsageError

SOON = timedelta(days=14)


def read(crm: Crm, now: datetime | None = None) -> dict[str, Any] | None:
    """What `status` tells of a login; None when nobody is logged in."""
    if crm.login is None:
        return None
    try:
        tokens = token_file(crm).read()
    except UsageError as error:
        return {"in_use": False, "problem": str(error)}
    if tokens is None:
        return None
    expires = tokens.used_at + crm.login.lasts
    left = expires - (now or datetime.now(UTC))
    return {
        "in_use": not has_api_token(crm),
        "address": tokens.api_domain,
        "last_used": tokens.used_at,
        "expires_at": expires,
        "days_left": round(left / timedelta(days=1), 1),
        "problem": _problem(crm, left),
    }


def _problem(crm: Crm, left: timedelta) -> str | None:
    if left < timedelta():
        return f"The login to {crm.name} has ended. `roundtrip login {crm.name}` logs in anew."
    if left < SOON:
        return f"The login to {crm.name} ends in {left / timedelta(days=1):.0f} days, unless something is read before."
    return None


def show(crm: str, found: dict[str, Any]) -> None:
    """Print it for a person."""
    if "expires_at" in found:
        told = (
            f"Login to {crm} ({found['address']}): last used {found['last_used']:%Y-%m-%d %H:%M} UTC, expires on "
            f"{found['expires_at']:%Y-%m-%d} unless used before."
        )
        console.OUT.print(told + ("" if found["in_use"] else " It is not in use: an API token is set."))
    if found["problem"] and "expires_at" not in found:  # else it is among all that is wrong
        console.note(found["problem"], "bold red")
