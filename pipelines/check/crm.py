"""What a CRM's answers mean for runs to come: findings out of what was asked. Pure."""

from collections.abc import Iterator

from pipelines.check.finding import Finding, failing, ok, warning
from pipelines.check.reach import Reach, Reached

MOST_SECONDS_APART = 10
FEW_TOKENS = 0.05
"""The share of a day's tokens below which little is left."""
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def findings_of(found: Reached) -> Iterator[Finding]:
    """What was found of one CRM."""
    yield _account(found)
    yield from _limits(found)
    yield _clock(found)
    yield from (_list(found, one) for one in found.reach)
    if found.untried:
        named = ", ".join(found.untried)
        crm = found.settings.crm.name
        yield ok("lists", f"{named}: not tried; each record they belong to has a list of its own.", crm)


def _account(found: Reached) -> Finding:
    account, crm = found.account, found.settings.crm.name
    who = f"Connected to {account.company} as {account.user}"
    if account.is_admin is False:
        return warning(
            "account",
            f"{who}, not a global admin: only what this user may see is read.",
            "To read everything, use the credentials of a global admin.",
            crm,
        )
    return ok("account", f"{who}, a global admin." if account.is_admin else f"{who}.", crm)


def _limits(found: Reached) -> Iterator[Finding]:
    crm, left, daily = found.settings.crm.name, found.tokens_left, found.daily_tokens
    took = f"This check took {found.tally.requests} requests"
    if left is None or not daily:  # a CRM that names no limits
        yield ok("limits", f"It names no limits. {took}.", crm)
        return
    seen = f"{left:,} of the company's {daily:,} tokens left today; at most {found.burst:,} requests in 2 seconds."
    if left < daily * FEW_TOKENS:
        remedy = "`roundtrip plan nightly` says what a run costs. One that runs out keeps what it has read."
        yield warning("limits", seen, remedy, crm)
        return
    yield ok("limits", f"{seen} {took} and {found.tally.tokens} tokens.", crm)


def _clock(found: Reached) -> Finding:
    crm, apart = found.settings.crm.name, abs(found.ahead)
    if apart <= MOST_SECONDS_APART:
        return ok(
            "clock", f"This machine's clock and {crm}'s are less than {MOST_SECONDS_APART} s apart.", crm
        )
    return warning(
        "clock",
        f"This machine's clock is {_lasting(apart)} {'ahead of' if found.ahead > 0 else 'behind'} {crm}'s. "
        "No change is missed: runs read by the CRM's clock. But the times of runs, and what counts by them, are wrong.",
        "Let the machine keep time: `timedatectl set-ntp true`.",
        crm,
    )


def _lasting(seconds: float) -> str:
    units = ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"))
    return next(
        (f"{seconds / size:.0f} {name}" for size, name in units if seconds >= 2 * size), f"{seconds:.0f} s"
    )


def _list(found: Reached, one: Reach) -> Finding:
    crm, named, error = found.settings.crm.name, f"{one.entity}: {one.path}", one.problem
    if error and one.skipped:
        return warning("lists", f"{named} is skipped: {error.message}", error.way_out, crm)
    if error:
        return failing("lists", error, crm, named=f"{one.entity}: ")
    if one.drift:
        return warning(
            "lists",
            f"{named} is reached; it has fields that are not declared: {', '.join(one.drift)}.",
            "Nothing is lost: they are kept in the column _extra. A newer version may know them.",
            crm,
        )
    return ok("lists", f"{named} is reached.", crm)
