"""The proof: whole lists are read and compared with the warehouse, and what differs is put right.

One walk does it all, because a list's rows carry everything: what is missing or stale is written from it, and what it
lacks is marked deleted. After that the warehouse equals the CRM as of the moment the walk began; `ops.reconciliations`
keeps what was found, entity by entity.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import pendulum

from pipelines.config import Settings
from pipelines.load import Watch, load
from pipelines.ops import Run
from pipelines.warehouse import Warehouse
from sources.paging import instant
from sources.reading import Progress

INSERT = "insert into ops.reconciliations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
LEGACY = "v1 does not carry every field, so the rest is not compared."
NEWER = "{} records are held newer than the CRM shows them; they were left as they are."


@dataclass(frozen=True)
class Reconciliation:
    """What the walk through one entity's lists found, as a row of `ops.reconciliations`."""

    run_id: str
    crm: str
    entity: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    problem: str | None
    is_dry_run: bool
    in_crm: int
    """Living records that the lists showed."""
    held: int
    """Living records that were held before."""
    missing: int
    """Not held; inserted."""
    stale: int
    """Held with another update time, or without one to compare, and another content; updated."""
    silent: int
    """Held with the same update time and another content; updated."""
    gone: int
    """Held as living, and deleted in the CRM or absent from it; marked deleted."""
    revived: int
    """Held as deleted, and living in the CRM; updated."""
    kept_newer: int
    """Held newer than the lists showed them; left as they are."""
    requests: int
    tokens: int
    is_proved: bool
    """Whether warehouse and CRM are now known to be equal, as of `proved_at`."""
    proved_at: datetime | None

    @property
    def differences(self) -> int:
        """How many records differed."""
        return self.missing + self.stale + self.silent + self.gone + self.revived


Proof = tuple[Run, list[Reconciliation]]


def reconcile(
    settings: Settings,
    *,
    entities: Sequence[str] = (),
    dry_run: bool = False,
    force: bool = False,
    is_locked: bool = False,
    watch: Watch = lambda _run, _step: None,
    **seams: Any,
) -> Proof:
    """Prove that the warehouse equals the CRM, or make it so; a dry run only tells what differs."""
    found: list[Reconciliation] = []

    def then(warehouse: Warehouse, run: Run) -> None:
        found.extend(_found(run, progress, dry_run=dry_run) for progress in run.entities)
        with warehouse.transaction():
            for one in found:
                warehouse.execute(INSERT, astuple(one))

    run = load(
        settings,
        command="reconcile",
        entities=entities,
        full=True,
        force=force,
        dry_run=dry_run,
        is_announced=True,
        is_locked=is_locked,
        watch=watch,
        then=then,
        **seams,
    )
    return run, found


def _found(run: Run, progress: Progress, *, dry_run: bool) -> Reconciliation:
    entity = progress.plan.entity
    tally = progress.reader.tally
    gone = progress.deleted + progress.found_deleted
    stale = progress.updated - progress.silent - progress.found_deleted - progress.revived
    differs = dry_run and (progress.inserted or progress.updated or gone)
    if progress.outcome == "done" and not progress.remark:
        progress.remark = (
            LEGACY if entity.is_legacy_reading else NEWER.format(progress.stale) * bool(progress.stale)
        )
    is_proved = progress.outcome == "done" and not progress.remark and not differs
    return Reconciliation(
        run_id=run.run_id,
        crm=run.crm,
        entity=entity.name,
        started_at=run.started_at,
        ended_at=run.ended_at or pendulum.now("UTC"),
        status=progress.outcome,
        problem=str(progress.problem) if progress.problem else progress.remark or None,
        is_dry_run=dry_run,
        in_crm=progress.living,
        held=progress.held,
        missing=progress.inserted,
        stale=stale,
        silent=progress.silent,
        gone=gone,
        revived=progress.revived,
        kept_newer=progress.stale,
        requests=tally.requests,
        tokens=tally.tokens,
        is_proved=is_proved,
        proved_at=instant(progress.plan.until) if is_proved else None,
    )
