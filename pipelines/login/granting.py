"""The permissions of a login: told before somebody logs in, and compared with those that were granted."""

from collections.abc import Mapping

from pipelines import console
from pipelines.config import is_configured, read_settings
from pipelines.scopes import Comparison, Need, compared, fewest, needs
from sources.crm import Crm
from sources.registry import CRMS

SHOWN = 6
"""Of what a permission is for; more are counted."""


def needs_of(crm: Crm) -> list[Need]:
    """What the settings and the push models ask of a CRM, whether or not somebody is logged in."""
    others = [one.name for one in CRMS.values() if one is crm or is_configured(one)]
    return needs(read_settings(crm, is_connecting=False), others)


def show(wanted: list[Need]) -> None:
    """Print which permissions are needed, and what for."""
    drawn = console.grid("", "scope")
    drawn.add_column("for", overflow="fold")
    for scope, whats in fewest(wanted).items():
        drawn.add_row(scope, _named(whats))
    console.OUT.print(drawn)


def tell(wanted: list[Need], granted: frozenset[str]) -> Comparison:
    """Say what is missing of the permissions, and what is more than needed."""
    found = compared(wanted, granted)
    for scope, whats in found.missing.items():
        console.note(f"Missing: {scope}, for {_named(whats)}.", "bold red")
    if found.unneeded:
        needed = fewest(wanted)
        console.note(f"More than needed: {', '.join(_instead(scope, needed) for scope in found.unneeded)}.")
    return found


def _instead(scope: str, needed: Mapping[str, tuple[str, ...]]) -> str:
    less = scope.replace(":full", ":read")
    return f"{scope} ({less} would do)" if less != scope and less in needed else scope


def _named(whats: tuple[str, ...]) -> str:
    more = len(whats) - SHOWN
    return ", ".join(whats[:SHOWN]) + (f" and {more} more" if more > 0 else "")
