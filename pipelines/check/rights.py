"""What the credentials may: the permissions that a login was granted, beside those that are needed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.check.finding import Finding, ok, problem, warning
from pipelines.check.reach import Reached
from pipelines.scopes import Need, compared, pushes_of

ONLY_A_WRITE = "Not tried: only a write would tell."


def findings_of(found: Reached, wanted: Sequence[Need]) -> Iterator[Finding]:
    """What may be read and written; an API token may what its user may, and only the CRM knows what that is."""
    if found.granted is not None:
        yield from _scopes(found, wanted, found.granted)
    yield from _pushes(found)


def login(crm: str, found: Mapping[str, Any] | None) -> Iterator[Finding]:
    """How long the login lasts; `found` is what `status` tells of it, None when nobody is logged in."""
    if found is None:
        return
    if found["problem"]:
        yield warning(
            "login",
            found["problem"],
            f"A run renews it as long as it lasts; `roundtrip login {crm}` logs in anew.",
            crm,
        )
    elif found["in_use"]:
        yield ok("login", f"The login lasts until {found['expires_at']:%Y-%m-%d}; each run renews it.", crm)
    else:
        yield ok("login", "There is a login, but it is not in use: an API token is set.", crm)


def _scopes(found: Reached, wanted: Sequence[Need], granted: frozenset[str]) -> Iterator[Finding]:
    crm = found.settings.crm.name
    compare = compared(wanted, granted)
    optional = {entity.name for entity in found.settings.chosen() if entity.optional}
    for scope, what in compare.missing.items():
        # What a run skips where it may not read it is no problem.
        judge = warning if optional.issuperset(what) else problem
        remedy = f"Tick it where your app is registered, then `roundtrip login {crm}`; or do without what it is for."
        yield judge("scopes", f"The scope {scope} is missing, for {', '.join(what)}.", remedy, crm)
    if not compare.missing:
        beyond = f" More than needed: {', '.join(compare.unneeded)}." if compare.unneeded else ""
        yield ok("scopes", f"All scopes that are needed are granted.{beyond}", crm)


def _pushes(found: Reached) -> Iterator[Finding]:
    crm, granted, pushes = found.settings.crm.name, found.granted, pushes_of(found.settings)
    if not pushes:
        return
    if granted is None:
        may = {
            True: "a global admin may write them",
            False: "the user may write what the user's own rights allow",
            None: "whether the token may write is not known",
        }
        yield ok("pushes", f"{', '.join(pushes)}: {may[found.account.is_admin]}. {ONLY_A_WRITE}", crm)
        return
    for name, one in pushes.items():
        may_write = granted.intersection(one.scopes) or not one.scopes
        told = (
            f"the login may write them. {ONLY_A_WRITE}"
            if may_write
            else f"it takes the scope {' or '.join(one.scopes)}."
        )
        yield ok("pushes", f"{name}: {told}", crm)
