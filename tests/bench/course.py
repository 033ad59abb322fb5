"""What is measured, in which order: accounts of three sizes, one after another."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measuring import FREE, Account, Measurement, account
from tests.bench.pages import PAGE
from tests.bench.task import POSTGRES
from tests.postgres import Server

LATENCY = 0.15


@dataclass(frozen=True)
class Sizes:
    """How large the accounts are, how many rows change, how many dlt's default way gets, how often all is done."""

    large: int = 1_000_000
    medium: int = 300_000
    small: int = 100_000
    changes: int = 1_000
    pushed: int = 5_000
    differing: int = 100
    deskera: int = 200_000
    sample: int = 10_000
    repeats: int = 3
    large_repeats: int = 2

    @classmethod
    def quick(cls, scale: float) -> "Sizes":
        """A tenth of everything, times `scale`, once."""
        whole = cls()

        def part(size: int) -> int:
            return max(10, round(size / 10 * scale))

        return cls(
            large=part(whole.large),
            medium=part(whole.medium),
            small=part(whole.small),
            changes=part(whole.changes),
            pushed=part(whole.pushed),
            differing=part(whole.differing),
            deskera=part(whole.deskera),
            sample=part(whole.sample),
            repeats=1,
            large_repeats=1,
        )


def loads(sizes: Sizes) -> Iterator[Measurement]:
    """Reading and loading, on accounts of three sizes."""
    yield from _large(sizes)
    yield from _medium(sizes)
    yield from _small(sizes)


def nights(sizes: Sizes) -> Iterator[Measurement]:
    """Whole nights: on DuckDB at two sizes, on Postgres at the larger."""
    with account(sizes.small) as opened:
        yield from _nights(opened, sizes)
    with account(sizes.large) as opened:
        yield from _nights(opened, sizes)
        with _postgres() as url:
            yield from _nights(opened, sizes, url)


def backfills(sizes: Sizes) -> Iterator[Measurement]:
    """Backfills of the large account under the plan's own limits: several walks, and one."""
    with account(sizes.large) as opened:
        opened.warm("update_time")
        opened.box.control("latency", seconds=LATENCY)
        opened.box.control("limits", burst=None)
        yield opened.measure("backfill at 150 ms")
        yield opened.measure("backfill at 150 ms, one walk")


def proofs(sizes: Sizes) -> Iterator[Measurement]:
    """A sweep of the large account that finds nothing, and a night of changes with all entities."""
    with account(sizes.large) as opened, TemporaryDirectory(prefix="roundtrip-bench-") as folder:
        yield opened.measure("first load of all entities", Path(folder))
        yield opened.measure("sweep", Path(folder))
        _change(opened, sizes)
        yield opened.measure("load of changes, all entities", Path(folder))


def pushes(sizes: Sizes) -> Iterator[Measurement]:
    """A plan for the whole account, then updates and creates under the subscription's own limits."""
    with account(sizes.small) as opened, TemporaryDirectory(prefix="roundtrip-bench-") as folder:
        yield opened.measure("load to push from", Path(folder))
        yield opened.measure("plan of a push", Path(folder), pages=sizes.differing)
        opened.box.control("latency", seconds=LATENCY)
        opened.box.control("limits", burst=None)
        yield opened.measure("push of updates at 150 ms", Path(folder), pages=sizes.pushed)
        yield opened.measure("push of creates at 150 ms", Path(folder), pages=sizes.pushed)


def deskera(sizes: Sizes) -> Iterator[Measurement]:
    """A first load of all that Deskera shows."""
    with account(sizes.deskera, "deskera") as opened:
        for _ in range(sizes.repeats):
            yield opened.measure("floor of Deskera")
            yield opened.measure("load of Deskera")


def _large(sizes: Sizes) -> Iterator[Measurement]:
    with account(sizes.large) as opened, TemporaryDirectory(prefix="roundtrip-bench-") as kept:
        for left in reversed(range(sizes.large_repeats)):
            yield from _in_turn(opened, None if left else Path(kept))
        yield opened.measure("load, all entities")
        yield from _changes(opened, Path(kept), sizes)


def _medium(sizes: Sizes) -> Iterator[Measurement]:
    with account(sizes.medium) as opened:
        for _ in range(sizes.repeats):
            yield from _in_turn(opened)
        yield opened.measure("dlt, dicts, parquet, no child tables")
        yield opened.measure("dlt, dicts, parquet")
        yield opened.measure("dlt, dicts", pages=-(-sizes.sample // PAGE))


def _small(sizes: Sizes) -> Iterator[Measurement]:
    with account(sizes.small) as opened, TemporaryDirectory(prefix="roundtrip-bench-") as kept:
        opened.box.control("latency", seconds=LATENCY)
        opened.box.control("limits", burst=None)  # the plan's own
        yield opened.measure("load at 150 ms", Path(kept))
        yield opened.measure("load at 150 ms, all entities")
        opened.box.control("latency", seconds=0)
        opened.box.control("limits", **FREE)
        yield from _changes(opened, Path(kept), sizes)


def _in_turn(opened: Account, kept: Path | None = None) -> Iterator[Measurement]:
    yield opened.measure("drain")
    yield opened.measure("floor")
    yield opened.measure("load", kept)


def _changes(opened: Account, kept: Path, sizes: Sizes) -> Iterator[Measurement]:
    for _ in range(sizes.repeats):
        _change(opened, sizes)
        yield opened.measure("load of changes", kept)


def _change(opened: Account, sizes: Sizes) -> None:
    opened.box.control("advance", activity_changes=sizes.changes)
    opened.warm("update_time")


def _nights(opened: Account, sizes: Sizes, postgres_url: str = "") -> Iterator[Measurement]:
    """Load, transform, publish and dashboard: the first night, nights of changes, and builds of all and of nothing."""
    where = " on Postgres" if postgres_url else ""
    with TemporaryDirectory(prefix="roundtrip-bench-") as folder:
        kept = Path(folder)
        if postgres_url:
            (kept / POSTGRES).write_text(postgres_url)
        yield opened.measure(f"first night{where}", kept)
        for _ in range(sizes.repeats):
            _change(opened, sizes)
            yield opened.measure(f"night of changes{where}", kept)
            yield opened.measure(f"build of no change{where}", kept)
        yield opened.measure(f"build of everything{where}", kept)


@contextmanager
def _postgres() -> Iterator[str]:
    """The URL of a database in a server of its own."""
    server = Server()
    try:
        with server.database() as url:
            yield url
    finally:
        server.stop()


PARTS = {
    "loads": loads,
    "nights": nights,
    "backfills": backfills,
    "proofs": proofs,
    "pushes": pushes,
    "deskera": deskera,
}
"""What can be measured by itself."""
