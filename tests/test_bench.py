"""`make bench`, on accounts so small that only its working can be checked; and how it judges."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.child import WAYS
from tests.bench.course import Sizes
from tests.bench.measuring import ROOT, Measurement
from tests.bench.targets import Target, of_backfills, of_deskera, of_loads, of_nights, of_proofs, of_pushes

SIZES = Sizes()
OTHERS = {"sweep", "first load of all entities", "load of changes, all entities", "load to push from"}
STEPS = {
    "planning": 5.0,
    "extracting": 10.0,
    "reading": 105.0,
    "building": 10.0,
    "publishing": 1.0,
    "dashboard": 1.0,
}
COUNTS = {"import_seconds": 1.0, "cpu_seconds": 1.0, "tokens": 0, "refused": 0, "steps": STEPS}


def measured(way: str, activities: int, seconds: float, peak_mb: float = 100.0) -> Measurement:
    requests = 201 if "load at 150 ms" in way else activities // 500 + 1
    return Measurement(way, activities, activities, seconds, peak_mb=peak_mb, requests=requests, **COUNTS)  # type: ignore[arg-type]


GOOD = [
    *(measured("drain", size, 1.0) for size in (SIZES.medium, SIZES.large)),
    *(measured("floor", size, 10.0) for size in (SIZES.medium, SIZES.large)),
    *(measured("load", size, 15.0) for size in (SIZES.medium, SIZES.large)),
    measured("load, all entities", SIZES.large, 20.0),
    measured("dlt, dicts", SIZES.medium, 150.0),
    *(measured(way, SIZES.medium, 100.0) for way in WAYS if "parquet" in way),
    *(measured("load of changes", size, 0.5) for size in (SIZES.small, SIZES.large)),
    *(measured(way, SIZES.small, 15.0) for way in WAYS if "load at 150 ms" in way),
    *(measured(way, SIZES.large, 120.0) for way in WAYS if "backfill" in way),
    *(measured(way, SIZES.large, 29.0) for way in WAYS if "night" in way or "build" in way),
    measured("night of changes", SIZES.small, 20.0),
    measured("plan of a push", SIZES.small, 5.0),
    measured("floor of Deskera", SIZES.deskera, 10.0),
    replace(measured("load of Deskera", SIZES.deskera, 15.0), requests=SIZES.deskera // 100 + 2),
    replace(measured("push of updates at 150 ms", SIZES.small, 110.0), rows=1000, requests=2001),
    replace(measured("push of creates at 150 ms", SIZES.small, 110.0), rows=2000, requests=2001),
    replace(measured("sweep", SIZES.large, 40.0), read=SIZES.large, requests=SIZES.large // 500 + 2),
    replace(
        measured("load of changes, all entities", SIZES.large, 2.0), tokens=262, steps={"fewest tokens": 250}
    ),
]


def test_a_tiny_bench_measures_everything_and_judges_nothing(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "--part",
        "loads",
        "--quick",
        "--scale",
        "0.05",
        "--json",
        str(file),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(file.read_text())
    found = document["measurements"]
    other = {
        way
        for way, (module, _) in WAYS.items()
        if module in ("reports", "pushes", "deskera") or "backfill" in way
    } | OTHERS
    assert {one["way"] for one in found} == WAYS.keys() - other
    assert {one["activities"] for one in found} == {5000, 1500, 500}
    assert all(one["seconds"] > 0 and one["peak_mb"] > 0 and one["requests"] > 0 for one in found)
    assert all(target["name"] in done.stdout for target in document["targets"])
    rows = {(one["way"], one["activities"]): one["rows"] for one in found}
    assert rows["drain", 5000] == rows["floor", 5000] == rows["load", 5000] > 4900
    assert rows["load of changes", 5000] == rows["load of changes", 500] == 10


def judged(found: list[Measurement]) -> list[Target]:
    return [
        *of_loads(found, SIZES),
        *of_nights(found, SIZES),
        *of_backfills(found, SIZES),
        *of_proofs(found, SIZES),
        *of_pushes(found, SIZES),
        *of_deskera(found, SIZES),
    ]


def test_figures_at_their_bounds_meet_every_target() -> None:
    assert [target.name for target in judged(GOOD) if target.met is False] == []


@pytest.mark.parametrize(
    ("way", "activities", "worse", "missed"),
    [
        (
            "load",
            SIZES.medium,
            {"seconds": 15.1},
            {"load / floor, 300,000", "load / dlt's dicts, rows a second"},
        ),
        ("drain", SIZES.large, {"seconds": 5.1}, {"drain / load, large account"}),
        ("load of changes", SIZES.large, {"seconds": 0.8}, {"load of changes, large / small account"}),
        ("load", SIZES.large, {"peak_mb": 126.0}, {"load: peak memory, large / medium account"}),
        ("load", SIZES.large, {"requests": 2002}, {"load: requests beyond the fewest, 1,000,000"}),
        ("night of changes", SIZES.large, {"seconds": 29.1}, {"night of changes: seconds, large account"}),
        ("night of changes", SIZES.small, {"seconds": 18.9}, {"night of changes, large / small account"}),
        (
            "build of no change on Postgres",
            SIZES.large,
            {"steps": {**STEPS, "building": 7.6}},
            {"build of changes / of none on Postgres"},
        ),
        ("sweep", SIZES.large, {"peak_mb": 601.0}, {"sweep of 1,000,000 ids: peak memory in MB"}),
        (
            "load of changes, all entities",
            SIZES.large,
            {"tokens": 263},
            {"load of 1,000 changes, all entities: tokens / the fewest possible (250)"},
        ),
        ("load at 150 ms", SIZES.small, {"refused": 1}, {"load at 150 ms: requests refused with 429"}),
        (
            "load at 150 ms, all entities",
            SIZES.small,
            {"steps": {"extracting": 11.2}},
            {"load at 150 ms, all entities: share of the allowed rate"},
        ),
        (
            "backfill at 150 ms",
            SIZES.large,
            {"steps": {"reading": 106.0}},
            {"backfill at 150 ms: share of the allowed rate"},
        ),
        ("backfill at 150 ms", SIZES.large, {"peak_mb": 601.0}, {"backfill at 150 ms: peak memory in MB"}),
        (
            "push of creates at 150 ms",
            SIZES.small,
            {"steps": {"reading": 112.0}},
            {"push of creates at 150 ms: share of the allowed rate"},
        ),
        (
            "push of updates at 150 ms",
            SIZES.small,
            {"requests": 2002},
            {"push of updates at 150 ms: requests beyond the fewest"},
        ),
        ("load of Deskera", SIZES.deskera, {"seconds": 15.1}, {"Deskera, load / floor, 200,000"}),
        ("load of Deskera", SIZES.deskera, {"requests": 2004}, {"Deskera: requests beyond the fewest"}),
        (
            "plan of a push",
            SIZES.small,
            {"steps": {"planning": 5.1}},
            {"plan of 100,000 rows of which 100 differ: seconds"},
        ),
    ],
)
def test_a_figure_beyond_its_bound_misses_its_target(
    way: str, activities: int, worse: dict[str, object], missed: set[str]
) -> None:
    found = [
        replace(one, **worse) if (one.way, one.activities) == (way, activities) else one  # type: ignore[arg-type]
        for one in GOOD
    ]
    assert {target.name for target in judged(found) if target.met is False} == missed
