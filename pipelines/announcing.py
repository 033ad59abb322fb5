"""What a plan and a reconciliation have to tell: to a person, to a machine."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines import console
from pipelines.ops import Run
from pipelines.planning import Forecast
from pipelines.reconcile import Reconciliation

COUNTS = ("in_crm", "held", "missing", "stale", "silent", "gone", "revived", "requests", "tokens")


def sentence(forecast: Forecast, crm: str = "") -> str:
    """The cost of a command in one sentence; it names the CRM where there are several."""
    limits = forecast.limits
    share = f", {forecast.share:.1%} of the company's {limits.daily:,} a day" if forecast.share else ""
    left = f" ({limits.left:,} were left after the last run)" if limits.left is not None else ""
    return (
        f"{_title(forecast, crm)}: about {forecast.requests:,} requests, {forecast.tokens:,} tokens{share}{left}, "
        f"{forecast.seconds:,.0f} s of asking."
    )


def _title(forecast: Forecast, crm: str) -> str:
    return f"{crm} {forecast.command}".lstrip()


def planned(forecast: Forecast, crm: str = "") -> None:
    """The cost of a command, entity by entity."""
    drawn = console.grid(f"plan {_title(forecast, crm)}", "entity", ">requests", ">tokens", "estimated from")
    for one in forecast.estimates:
        numbers = (f"{one.requests:,}", f"{one.tokens:,}")
        drawn.add_row(one.entity or "account, deletions", *numbers, one.basis)
    console.OUT.print(drawn)
    console.say(sentence(forecast, crm))


def forecast_summary(forecast: Forecast) -> dict[str, Any]:
    """The cost of a command as JSON."""
    limits = forecast.limits
    return {
        "command": forecast.command,
        "requests": forecast.requests,
        "tokens": forecast.tokens,
        "seconds": round(forecast.seconds, 1),
        "share_of_daily_tokens": forecast.share,
        "daily_tokens": limits.daily,
        "tokens_left_after_last_run": limits.left,
        "tokens_spent_today": limits.spent,
        "requests_per_2_seconds": limits.burst,
        "latency_seconds": limits.latency,
        "entities": [
            {name: value for name, value in asdict(one).items() if name != "longest"}
            for one in forecast.estimates
        ],
    }


def reconciled(run: Run, found: Sequence[Reconciliation], *, dry_run: bool, names_crm: bool = False) -> None:
    """What the walk found."""
    name = console.title(run, names_crm=names_crm)
    title = f"{name}{' --dry-run' * dry_run}: {run.status} in {run.seconds:.1f} s"
    columns = (
        ">in the CRM",
        ">held",
        ">missing",
        ">stale",
        ">silent",
        ">gone",
        ">revived",
        ">requests",
        ">tokens",
    )
    drawn = console.grid(title, "entity", *columns, "proved equal at (UTC)")
    for one in found:
        proved = f"{one.proved_at:%Y-%m-%d %H:%M:%S}" if one.proved_at else "not proved"
        drawn.add_row(one.entity, *(f"{getattr(one, name):,}" for name in COUNTS), proved)
    console.OUT.print(drawn)
    differences = sum(one.differences for one in found)
    done = "differ; nothing was written" if dry_run else "differed and were put right"
    console.say(
        f"{differences:,} records {done}. {run.total('requests'):,} requests, {run.total('tokens'):,} tokens."
    )
    for one in found:
        if one.problem:
            console.note(one.problem if one.entity in one.problem else f"{one.entity}: {one.problem}")
    if run.problem and not found:
        console.note(run.problem)


def reconciliation_summary(run: Run, found: Sequence[Reconciliation], forecast: Forecast) -> dict[str, Any]:
    """A reconciliation as JSON."""
    shown = {one.entity: asdict(one) | {"differences": one.differences} for one in found}
    return console.summary(run) | {
        "planned": {"requests": forecast.requests, "tokens": forecast.tokens},
        "differences": sum(one.differences for one in found),
        "reconciliations": shown,
    }
