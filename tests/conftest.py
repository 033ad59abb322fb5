"""Fixtures of all tests: a fresh warehouse, on DuckDB and on Postgres."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from pipelines.place import Destination, Place
from tests.postgres import Server
from tests.support import place_in

DESTINATIONS: tuple[Destination, ...] = ("duckdb", "postgres")
settings.register_profile("untimed", deadline=None)  # what a busy machine takes for an example says nothing
settings.load_profile("untimed")
Places = Callable[[Path], Place]
"""Makes the place of a new, empty warehouse whose files are in a folder."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A Postgres server; it starts when somebody asks it for a database."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="session", params=DESTINATIONS)
def destination(request: pytest.FixtureRequest) -> Destination:
    """Both kinds of warehouse, one after the other."""
    chosen: Destination = request.param
    return chosen


@pytest.fixture(scope="module")
def places(destination: Destination, postgres: Server) -> Iterator[Places]:
    """Makes places that last as long as a test module, for fixtures that many tests share."""
    with ExitStack() as stack:
        yield lambda folder: _place(destination, folder, postgres, stack)


@pytest.fixture
def place(destination: Destination, postgres: Server, tmp_path: Path) -> Iterator[Place]:
    """A fresh warehouse; its files are in `tmp_path`."""
    with ExitStack() as stack:
        yield _place(destination, tmp_path, postgres, stack)


@pytest.fixture
def postgres_place(postgres: Server, tmp_path: Path) -> Iterator[Place]:
    """A fresh warehouse on Postgres, for what is so there only."""
    with ExitStack() as stack:
        yield _place("postgres", tmp_path, postgres, stack)


def _place(destination: Destination, folder: Path, server: Server, stack: ExitStack) -> Place:
    if destination == "duckdb":
        return place_in(folder)
    return place_in(folder, destination="postgres", postgres_url=stack.enter_context(server.database()))
