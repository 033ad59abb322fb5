"""`python -m tests.bench [--part loads|nights|backfills|proofs|pushes|deskera] [--quick [--scale X]] [--json FILE]`.

Exits with 1 when a target is not met in a full run.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from tests.bench import report
from tests.bench.course import PARTS, Sizes
from tests.bench.targets import TARGETS

WIDTH = 140
"""Of the tables where no terminal says how wide they may be."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure speed and memory.")
    parser.add_argument("--part", choices=PARTS, action="append", help="measure this part only")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes, once; judges nothing")
    parser.add_argument("--scale", type=float, default=1.0, help="with --quick: sizes times this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    return parser.parse_args()


def main() -> int:
    """Measure, show, and judge."""
    chosen = _arguments()
    sizes = Sizes.quick(chosen.scale) if chosen.quick else Sizes()
    parts = chosen.part or list(PARTS)
    found, progress = [], Console(stderr=True)
    for one in (one for part in parts for one in PARTS[part](sizes)):
        found.append(one)
        progress.print(
            f"{one.activities:,} {one.way}: {one.seconds:.2f} s, {one.peak_mb:.0f} MB", style="dim"
        )
    judged = [target for part in parts for target in TARGETS[part](found, sizes)]
    report.show(Console(width=None if sys.stdout.isatty() else WIDTH), found, judged, sizes)
    if chosen.json:
        report.write(chosen.json, found, judged, sizes)
    return int(not chosen.quick and any(one.met is False for one in judged))


if __name__ == "__main__":
    sys.exit(main())
