"""The warehouse's run lock: one run at a time. A file's lock, and on Postgres one that the server holds as well."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pendulum
import psycopg2
from filelock import FileLock, Timeout

from pipelines.place import Place
from pipelines.warehouse import Warehouse
from pipelines.warehouse.postgres import connect, named_errors
from sources.errors import Busy, UsageError

JUST_BEGUN = "a run that has just begun"
KEY = 0x726F756E64747269
"""The advisory lock that a run holds in its Postgres database: the letters of `roundtri`."""
HOLDER = """
select application_name, coalesce(host(client_addr), 'the same machine'), backend_start
from pg_locks inner join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and classid::bigint = %s and objid::bigint = %s
    and pg_locks.database = (select oid from pg_database where datname = current_database())
"""
HELD = """
select 1 from pg_locks
where locktype = 'advisory' and granted and classid::bigint = ? and objid::bigint = ?
    and pg_locks.database = (select oid from pg_database where datname = current_database())
"""


@contextmanager
def locked(place: Place, command: str) -> Iterator[None]:
    """Hold the warehouse's run lock; the kernel, or the server, lets go of it when a process dies."""
    with _file_locked(place, command):
        if place.destination == "duckdb":
            yield
            return
        with _server_locked(place, command):
            yield


@contextmanager
def _file_locked(place: Place, command: str) -> Iterator[None]:
    path = place.lock
    try:
        place.make_state_dir()
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise _busy(place, _holder(path)) from error
    except OSError as error:
        raise UsageError(
            f"The warehouse cannot be made at {place.warehouse}: {error.strerror}.",
            way_out="Set roundtrip.warehouse to a place you may write to.",
        ) from error
    try:
        path.with_suffix(".run").write_text(
            f"`{command}`, process {os.getpid()}, since {pendulum.now('UTC')}"
        )
        yield
    finally:
        path.with_suffix(".run").unlink(missing_ok=True)
        lock.release()


@contextmanager
def _server_locked(place: Place, command: str) -> Iterator[None]:
    """Another machine may write to the same database: the server holds a lock for as long as we are connected."""
    title = f"roundtrip {command}, process {os.getpid()} on {socket.gethostname()}"
    with closing(connect(place, title=title)) as server, server.cursor() as cursor:
        with named_errors(place, server):
            cursor.execute("select pg_try_advisory_lock(%s)", [KEY])
            if not cursor.fetchone()[0]:
                cursor.execute(HOLDER, [KEY >> 32, KEY & 0xFFFFFFFF])
                found = cursor.fetchone()
                raise _busy(place, "{}, from {}, since {}".format(*found) if found else JUST_BEGUN)
        try:
            yield
        finally:  # else the server lets go of it only some time after we have gone, and refuses the next run until then
            with suppress(psycopg2.Error):
                cursor.execute("select pg_advisory_unlock(%s)", [KEY])


def _busy(place: Place, holder: str) -> Busy:
    return Busy(
        f"Another run holds the warehouse {place.title}: {holder}.",
        way_out="Wait until it has ended; nothing was changed.",
    )


def _holder(path: Path) -> str:
    with suppress(OSError):
        return str(path.with_suffix(".run").read_text())
    return JUST_BEGUN


def is_held(warehouse: Warehouse) -> bool:
    """Whether a run is under way; a DuckDB file that could be opened for reading has no writer."""
    if warehouse.place.destination == "duckdb":
        return False
    return bool(warehouse.rows_of(HELD, [KEY >> 32, KEY & 0xFFFFFFFF]))
