"""One load: from a CRM's API into raw tables, in one package that also carries the watermarks.

The order is what makes a crash harmless. A package left by a killed run is finished first. Then every entity is read
into files (extract), made ready (normalize), and merged (load); dlt commits its state, our watermarks in it, with the
package. Whatever dies before that leaves the watermarks where they were.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import dlt
import pendulum
import pyarrow as pa
from dlt.common.exceptions import DltException
from dlt.extract import DltResource

from pipelines import logs, ops
from pipelines.children import load_children
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.merges import reread_children
from pipelines.ops import Run
from pipelines.pending import basis, from_the_first_file, remember_basis
from pipelines.pipeline import open_pipeline
from pipelines.scope import States, plans, with_hosts
from pipelines.warehouse import Warehouse, open_warehouse
from sources.crm import Account
from sources.embedding import Gathering
from sources.entity import Entity
from sources.errors import (
    MAKE_ROOM,
    BudgetSpent,
    LoadError,
    NotAccepted,
    NotServed,
    RoundtripError,
    Unreachable,
    UsageError,
    full_disk,
)
from sources.extracting import asked_once, extractions
from sources.http import Client
from sources.reading import Plan, Progress
from sources.resources import Extraction, resource
from sources.walk import Fetcher, Reader

LOG = logging.getLogger("roundtrip.load")
GOES_ON = "What was loaded before is kept, and the next run goes on from there."
END = object()
GLANCE = 0.001
"""Seconds until we look again whether a page is there."""
WRONG_SETTINGS = (NotAccepted, NotServed, Unreachable)
"""Met by the very first request, these mean that the settings are wrong."""
Watch = Callable[[Run, str], None]
"""Told of each step of a run as it begins."""
Then = Callable[[Warehouse, Run], None]
"""What follows a run that got to its end, while the warehouse is still held."""


def load(
    settings: Settings,
    *,
    command: str = "load",
    entities: Sequence[str] = (),
    full: bool = False,
    force: bool = False,
    dry_run: bool = False,
    is_announced: bool = False,
    is_locked: bool = False,
    watch: Watch = lambda _run, _step: None,
    then: Then = lambda _warehouse, _run: None,
    **seams: Any,
) -> Run:
    """Bring the raw tables up to date. The run that is returned tells what was done, also what failed of it.

    A dry run asks and compares, and writes but its own record. A run whose cost was announced walks each list once, and
    leaves out what costs a request for each record. Where the run lock `is_locked`, its holder is who asks.
    """
    chosen = settings.walked(entities) if is_announced else settings.chosen(entities)
    run = Run(uuid.uuid4().hex, command, settings.crm.name, pendulum.now("UTC"), is_dry=dry_run)
    client = settings.connect(**seams)
    with (
        nullcontext() if is_locked else locked(settings.place, command),
        open_warehouse(settings.place, settings.dataset) as warehouse,
    ):
        with recorded(settings, warehouse, run, client):
            loading = Loading(settings, warehouse, run, watch, is_announced=is_announced)
            if dry_run:
                loading.compare(client, with_hosts(settings.crm, chosen), force=force)
            else:
                loading.finish_pending()
                walked = with_hosts(settings.crm, [one for one in chosen if not one.parent])
                loading.extract(client, walked, full=full, force=force)
                loading.normalize_and_load()
                reread_children(loading, client)
                load_children(loading, client, [one for one in chosen if one.parent], full=full)
        then(warehouse, run)
    return run


@contextmanager
def recorded(settings: Settings, warehouse: Warehouse, run: Run, client: Client) -> Iterator[None]:
    """Put a run on record, and what became of it; a spent budget ends it as one that is done in part."""
    ops.begin(warehouse, run)
    client.allowance = settings.allowance(ops.spent_by_day(warehouse, run.crm))
    try:
        with logs.of_run(run.run_id, run.command, run.crm):
            yield
        warehouse.analyze({one.plan.entity.name: one.written for one in run.entities})
        run.status, run.problem = ops.verdict(run)
    except BudgetSpent as error:
        run.status, run.problem = "partial", str(error)
    except BaseException as error:
        run.status, run.problem = "failed", str(error) or type(error).__name__
        for progress in run.entities:
            if not progress.committed:
                progress.outcome, progress.watermark = "failed", ""
        raise
    finally:
        run.ended_at = pendulum.now("UTC")
        run.tokens_left = client.limiter.daily_remaining
        ops.remember_limits(warehouse, run.crm, client.limiter)
        ops.end(warehouse, run)


class Loading:
    """The steps of one load, in order."""

    def __init__(
        self, settings: Settings, warehouse: Warehouse, run: Run, watch: Watch, *, is_announced: bool = False
    ) -> None:
        self.settings = settings
        self.warehouse = warehouse
        self.run = run
        self.pipeline = open_pipeline(settings, warehouse)
        self._watch = watch
        self._is_announced = is_announced
        self.tables = warehouse.tables()
        """The raw tables there were before the run."""
        self.until = run.started_at
        """Up to when the run reads, once it is connected: by the server's clock."""

    def watch(self, step: str) -> None:
        """Tell of the next step; whoever is killed in it has spent the tokens all the same."""
        ops.record_spend(self.warehouse, self.run)
        self._watch(self.run, step)

    def finish_pending(self) -> None:
        """Load what a killed run has read, then learn from the warehouse how far it is.

        The warehouse is the only truth: what dlt remembers beside it may be of a file since restored or deleted. So
        it is dropped each time, and a package that does not go on from what the warehouse holds, or cannot be
        loaded, with it: its watermarks have not moved either, and what it brought is read again.
        """
        if self.pipeline.has_pending_data and basis(self.settings) == self.warehouse.last_load():
            self.watch("finishing what an interrupted run has read")
            try:
                from_the_first_file(self.pipeline)
                self.normalize_and_load()
            except LoadError as error:
                why = error.message.removesuffix(".")
                LOG.warning("What an interrupted run has read cannot be loaded (%s); reading it again.", why)
        self.pipeline = self.pipeline.drop()
        with self._as_load_error("learning how far the warehouse is"):
            self.pipeline.sync_destination()

    def extract(self, client: Client, chosen: Sequence[Entity], *, full: bool, force: bool) -> None:
        """Read every entity into files."""
        self.watch("connecting")
        with Fetcher(client) as fetcher:
            until = self.connected(fetcher)
            self.warehouse.check_types(chosen)
            # Of a table that somebody dropped or emptied, everything is read again.
            states = {name: state for name, state in self._states().items() if self.holds(name)}
            planned = self._plans(chosen, states, until, full=full, force=force)
            self.watch("extracting")
            self.into_files([resource(one) for one in self._extractions(fetcher, planned)])

    def compare(self, client: Client, chosen: Sequence[Entity], *, force: bool) -> None:
        """Read whole lists and compare them with what is held; nothing is kept of it."""
        self.watch("connecting")
        with Fetcher(client) as fetcher:
            until = self.connected(fetcher)
            planned = self._plans(chosen, {}, until, full=True, force=force)
            self.watch("comparing")
            walks = [one.tables({}) for one in self._extractions(fetcher, planned)]
            while walks:
                walks = [walk for walk in walks if next(walk, END) is not END]
                time.sleep(GLANCE)
        for progress in self.run.entities:
            progress.watermark = ""  # the warehouse is as far as it was

    def _plans(
        self, chosen: Sequence[Entity], states: States, until: pendulum.DateTime, *, full: bool, force: bool
    ) -> list[Plan]:
        made = plans(self.settings, chosen, states, until, full=full, force=force)
        believes = f"{self.run.command} --force"
        return [replace(one, force=believes) for one in made] if self._is_announced else made

    def connected(self, fetcher: Fetcher) -> pendulum.DateTime:
        """Find out who we are, and up to when changes have rested long enough to be read."""
        account = self._identify(fetcher)
        ops.belongs_to(self.warehouse, self.run.crm, account)
        self.until = account.server_time.subtract(seconds=self.settings.safety_lag)
        return self.until

    def holds(self, name: str) -> bool:
        """Whether there is any row of an entity; of one that others show there may be a table and none to show."""
        entity = self.settings.crm.entities.get(name)
        if entity is not None and entity.embedded:
            return name in self.warehouse.tables()
        return entity is not None and bool(self.warehouse.columns(entity))

    def _identify(self, fetcher: Fetcher) -> Account:
        """The first request: wrong settings show here, before anything was done."""
        try:
            return fetcher.run(self.settings.crm.identify(fetcher.client, self.run.other))
        except WRONG_SETTINGS as error:
            raise UsageError(error.message, way_out=error.way_out) from error

    @property
    def state(self) -> Mapping[str, Any]:
        """What the packages have left on record, as of the last one."""
        sources: Mapping[str, Any] = self.pipeline.state.get("sources", {})
        state: Mapping[str, Any] = sources.get(self.settings.crm.name, {})
        return state

    def _states(self) -> Mapping[str, Any]:
        states: Mapping[str, Any] = self.state.get("resources", {})
        return states

    def _extractions(self, fetcher: Fetcher, planned: Sequence[Plan]) -> list[Extraction | Gathering]:
        run, crm = self.run, self.settings.crm
        run.entities = [
            Progress(one, Reader(fetcher.client, one.entity, frugal=self._is_announced)) for one in planned
        ]
        deletions = asked_once(crm.deletions, planned, fetcher, run.other)
        return extractions(run.entities, fetcher, self.warehouse, run.started_at, deletions)

    def into_files(self, resources: Sequence[DltResource]) -> None:
        """Read what these resources yield into the files of one package."""

        @dlt.source(name=self.settings.crm.name, max_table_nesting=0)
        def source() -> Any:
            return list(resources)

        remember_basis(self.settings, self.warehouse.last_load())
        with self._as_load_error("reading into files"):
            self.pipeline.extract(source(), loader_file_format="parquet")
        pa.default_memory_pool().release_unused()

    def normalize_and_load(self) -> None:
        """Make what was read ready, and merge it; the watermarks move with it."""
        with self._as_load_error("loading into the warehouse"):
            self.watch("normalizing")
            self.pipeline.normalize()
            self.watch("loading")
            self.warehouse.make_missing(self._with_tables())
            self.pipeline.load(raise_on_failed_jobs=True)
        for progress in self.run.entities:
            progress.committed = True

    def _with_tables(self) -> list[Entity]:
        """The entities whose tables there must be: transforms read the default ones, even where none was read."""
        read = {progress.plan.entity.name for progress in self.run.entities}
        return [one for one in self.settings.crm.entities.values() if one.default or one.name in read]

    @contextmanager
    def _as_load_error(self, doing: str) -> Iterator[None]:
        caught: tuple[type[Exception], ...] = (DltException, OSError, *self.warehouse.errors)
        try:
            yield
        except caught as error:
            cause = _root(error)
            if isinstance(cause, RoundtripError) or not isinstance(cause, Exception):
                raise cause from error  # dlt hands on also an interruption as an error of its own
            raise LoadError(
                f"{doing} failed: {self.warehouse.told(cause).removesuffix('.')}.",
                way_out=MAKE_ROOM if full_disk(cause) else GOES_ON,
            ) from error


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
