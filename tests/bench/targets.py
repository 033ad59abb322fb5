"""What the figures should be, and what they are. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sources.deskera.entities import PAGE_SIZE
from tests.bench.course import LATENCY, Sizes
from tests.bench.measuring import Measurement
from tests.bench.pages import PAGE

BURST, WINDOW = 40, 2.0
"""So many requests the plan allows in any so many seconds."""
MOST_MB = 600
MOST_NIGHT_SECONDS = 30
"""Of a night of changes on the large account, imports included; judged on a machine of two cores."""


MOST_PLAN_SECONDS = 5


@dataclass(frozen=True)
class Target:
    """One figure and its bound; without a bound it is for information."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without a bound."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least


class Figures:
    """The measurements, by way and size."""

    def __init__(self, found: Sequence[Measurement], sizes: Sizes) -> None:
        self.found = found
        self.sizes = sizes

    def of(self, way: str, activities: int) -> list[Measurement]:
        """All measurements of a way at a size."""
        return [one for one in self.found if (one.way, one.activities) == (way, activities)]

    def seconds(self, way: str, activities: int) -> float:
        """The median of the seconds."""
        return median(one.seconds for one in self.of(way, activities))

    def step(self, way: str, activities: int, step: str) -> float:
        """The median of the seconds of a step."""
        return median(one.steps[step] for one in self.of(way, activities))

    def rate(self, way: str) -> float:
        """The median of the rows a second, at the medium size."""
        return median(one.rate for one in self.of(way, self.sizes.medium))

    def peak(self, way: str, activities: int) -> float:
        """The highest peak."""
        return max(one.peak_mb for one in self.of(way, activities))

    def paired(self, way: str, other: str, activities: int) -> float:
        """The median of the ratios of what was measured in turn."""
        pairs = zip(self.of(way, activities), self.of(other, activities), strict=True)
        return median(one.seconds / another.seconds for one, another in pairs)


def of_loads(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of reading and loading, with their figures."""
    figures = Figures(found, sizes)
    return [*_speed(figures), *_memory(figures), *_requests(figures), *_rate(figures)]


def of_nights(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of whole nights, with their figures."""
    figures = Figures(found, sizes)
    return [*_nights(figures), *_builds(figures, ""), *_builds(figures, " on Postgres")]


def of_backfills(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of backfills, with their figures."""
    figures = Figures(found, sizes)
    several, alone = (
        figures.of(way, sizes.large)[0] for way in ("backfill at 150 ms", "backfill at 150 ms, one walk")
    )
    fewest = math.ceil(several.rows / PAGE)
    return [
        Target("backfill at 150 ms: share of the allowed rate", _share(several), at_least=0.95),
        Target("backfill at 150 ms, one walk: share of the allowed rate", _share(alone)),
        Target("backfill at 150 ms: requests refused with 429", several.refused, at_most=0),
        Target("backfill at 150 ms: requests / the fewest", several.requests / fewest, at_most=1.05),
        Target("backfill at 150 ms: peak memory in MB", several.peak_mb, at_most=MOST_MB),
    ]


def of_proofs(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of proofs, with their figures."""
    figures = Figures(found, sizes)
    (sweep,) = figures.of("sweep", sizes.large)
    (night,) = figures.of("load of changes, all entities", sizes.large)
    fewest = night.steps["fewest tokens"]
    return [
        Target(f"sweep of {sizes.large:,} ids: peak memory in MB", sweep.peak_mb, at_most=MOST_MB),
        Target(f"sweep of {sizes.large:,} ids: requests beyond the fewest", _beyond(sweep), at_most=0),
        Target(f"sweep of {sizes.large:,} ids: seconds", sweep.seconds),
        Target(
            f"load of {sizes.changes:,} changes, all entities: tokens / the fewest possible ({fewest:,.0f})",
            night.tokens / fewest,
            at_most=1.05,
        ),
    ]


def of_pushes(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of pushes, with their figures."""
    figures = Figures(found, sizes)
    targets = []
    for way, fewest in (("push of updates at 150 ms", 2), ("push of creates at 150 ms", 1)):
        (one,) = figures.of(way, sizes.small)
        targets += [
            Target(f"{way}: share of the allowed rate", _share(one), at_least=0.9),
            Target(f"{way}: requests refused with 429", one.refused, at_most=0),
            Target(f"{way}: requests beyond the fewest", one.requests - one.rows * fewest - 1, at_most=0),
            Target(f"{way}: peak memory in MB", one.peak_mb, at_most=MOST_MB),
        ]
    (plan,) = figures.of("plan of a push", sizes.small)
    return [
        *targets,
        Target(
            f"plan of {sizes.small:,} rows of which {sizes.differing:,} differ: seconds",
            plan.steps["planning"],
            at_most=MOST_PLAN_SECONDS,
        ),
    ]


def of_deskera(found: Sequence[Measurement], sizes: Sizes) -> list[Target]:
    """The targets of Deskera, with their figures."""
    figures, size = Figures(found, sizes), sizes.deskera
    load = figures.of("load of Deskera", size)
    pages = math.ceil(load[0].rows / PAGE_SIZE)
    return [
        Target(
            f"Deskera, load / floor, {size:,}",
            figures.paired("load of Deskera", "floor of Deskera", size),
            at_most=1.5,
        ),
        Target("Deskera: peak memory in MB", figures.peak("load of Deskera", size), at_most=MOST_MB),
        # One asks who we are, one whether the list's top is still what it was.
        Target(
            "Deskera: requests beyond the fewest", max(one.requests for one in load) - pages - 2, at_most=1
        ),
    ]


def _beyond(sweep: Measurement) -> int:
    """Requests in excess of one for each page, one to ask who we are, and one to ask for deletions."""
    return sweep.requests - math.ceil((sweep.read or 0) / PAGE) - 2


def _share(one: Measurement) -> float:
    """How much of the allowed rate was used from the first request to the last answer."""
    return one.requests / one.steps["reading"] * WINDOW / BURST


def _speed(figures: Figures) -> list[Target]:
    sizes = figures.sizes
    ours = figures.rate("load")
    changed = [figures.seconds("load of changes", size) for size in (sizes.large, sizes.small)]
    return [
        *(
            Target(f"load / floor, {size:,}", figures.paired("load", "floor", size), at_most=1.5)
            for size in (sizes.medium, sizes.large)
        ),
        Target("load / dlt's dicts, rows a second", ours / figures.rate("dlt, dicts"), at_least=10),
        *(
            Target(f"load / {way}, rows a second", ours / figures.rate(way))
            for way in ("dlt, dicts, parquet", "dlt, dicts, parquet, no child tables")
        ),
        Target("load of changes, large / small account", changed[0] / changed[1], at_most=1.5),
        Target("drain / load, large account", figures.paired("drain", "load", sizes.large), at_most=1 / 3),
    ]


def _memory(figures: Figures) -> list[Target]:
    medium, large = (figures.peak("load", size) for size in (figures.sizes.medium, figures.sizes.large))
    everything = figures.peak("load, all entities", figures.sizes.large)
    return [
        Target("load: peak memory in MB, large account", large, at_most=MOST_MB),
        Target("load, all entities: peak memory in MB, large account", everything, at_most=MOST_MB),
        Target("load: peak memory, large / medium account", large / medium, at_most=1.25),
    ]


def _requests(figures: Figures) -> list[Target]:
    return [
        Target(f"load: requests beyond the fewest, {size:,}", _too_many(figures.of("load", size)), at_most=0)
        for size in (figures.sizes.medium, figures.sizes.large)
    ]


def _too_many(loads: Sequence[Measurement]) -> int:
    """Requests in excess of one for each page and one to ask who we are; the worst of several loads."""
    return max(one.requests - math.ceil(one.rows / PAGE) - 1 for one in loads)


def _rate(figures: Figures) -> list[Target]:
    # One list alone has as many walks as it has parts that miss no record, and their pages come one after another:
    # what share it reaches depends on how even the parts are, and is for information.
    found = []
    for way, share in (("load at 150 ms", None), ("load at 150 ms, all entities", 0.9)):
        one = figures.of(way, figures.sizes.small)[0]
        seconds = one.steps["extracting"]
        found += [
            Target(
                f"{way}: share of the allowed rate", one.requests / seconds * WINDOW / BURST, at_least=share
            ),
            Target(f"{way}: extract seconds / the fewest possible", seconds / _fewest(one.requests)),
            Target(f"{way}: requests refused with 429", one.refused, at_most=0),
        ]
    return found


def _fewest(requests: int) -> float:
    """The seconds that so many requests take at least, for the first window's share may be sent at once."""
    return WINDOW * (math.ceil(requests / BURST) - 1) + LATENCY


def _nights(figures: Figures) -> list[Target]:
    large, small = (_whole(figures, size) for size in (figures.sizes.large, figures.sizes.small))
    return [
        Target("night of changes: seconds, large account", large, at_most=MOST_NIGHT_SECONDS),
        Target("night of changes, large / small account", large / small, at_most=1.5),
    ]


def _whole(figures: Figures, activities: int) -> float:
    return median(one.seconds + one.import_seconds for one in figures.of("night of changes", activities))


def _builds(figures: Figures, where: str) -> list[Target]:
    """What a build costs on the large account: of 1,000 changes against none, and of everything."""
    size = figures.sizes.large
    changed, none = f"night of changes{where}", f"build of no change{where}"
    ratio = figures.step(changed, size, "building") / figures.step(none, size, "building")
    return [
        Target(f"build of changes / of none{where}", ratio, at_most=1.3),
        Target(
            f"build of everything: seconds{where}",
            figures.step(f"build of everything{where}", size, "building"),
        ),
        Target(f"publish: seconds{where}", figures.step(none, size, "publishing")),
        Target(f"dashboard: seconds{where}", figures.step(none, size, "dashboard")),
        Target(
            f"build of everything: peak memory in MB{where}",
            figures.peak(f"build of everything{where}", size),
        ),
        Target(f"night of changes: peak memory in MB{where}", figures.peak(changed, size)),
    ]


TARGETS = {
    "loads": of_loads,
    "nights": of_nights,
    "backfills": of_backfills,
    "proofs": of_proofs,
    "pushes": of_pushes,
    "deskera": of_deskera,
}
"""Of each part."""
