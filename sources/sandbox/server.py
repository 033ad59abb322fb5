"""Start and stop a sandbox: in the foreground for people, in a thread for tests."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import uvicorn
import uvloop

from sources.sandbox.app import App
from sources.sandbox.clock import Clock
from sources.sandbox.crm import Crm
from sources.sandbox.settings import Settings
from sources.sandbox.store import Account
from sources.sandbox.world import World, open_world

BACKLOG = 256


class PortInUseError(Exception):
    """The port is taken; says by which address and what to do."""


@dataclass(frozen=True)
class Running:
    """A sandbox that runs in a thread of this process, and handles into it."""

    url: str
    app: App
    world: World

    @property
    def account(self) -> Account:
        """Return the first CRM's account."""
        return self.world.site().account

    @property
    def clock(self) -> Clock:
        """Return the sandbox's clock."""
        return self.world.clock


def serve(
    settings: Settings, crms: Sequence[Crm], *, ready: Callable[[str], None] = lambda _url: None
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the URL once requests are answered."""
    with _listening(settings) as listener, _thawed():
        app = App(_open(settings, crms))
        server = _Server(app, lambda: ready(_url(settings, listener)), (signal.SIGINT, signal.SIGTERM))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve([listener]))


@contextlib.contextmanager
def running(settings: Settings, crms: Sequence[Crm]) -> Iterator[Running]:
    """Serve from a thread for as long as the context lasts."""
    with _listening(settings) as listener:
        world = open_world(settings, crms)
        app, up = App(world), threading.Event()
        server = _Server(app, up.set)
        thread = threading.Thread(target=_run, args=(server, listener, up), daemon=True)
        thread.start()
        up.wait()
        if not server.started:
            raise RuntimeError(f"the sandbox did not start on {_url(settings, listener)}")
        try:
            yield Running(_url(settings, listener), app, world)
        finally:
            server.stop()
            thread.join()


class _Server(uvicorn.Server):
    """uvicorn, without its own handling of signals: it would raise them again after a clean stop."""

    def __init__(self, app: App, up: Callable[[], None], signals: Sequence[signal.Signals] = ()) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=75,  # as web servers do; uvicorn's 5 s would cut off a client that loads
                timeout_graceful_shutdown=1,
                backlog=BACKLOG,
            )
        )
        self._up = up
        self._signals = signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen to signals, and tell when it is up."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        for wanted in self._signals:
            self._loop.add_signal_handler(wanted, self._stopping.set)
        await super().startup(sockets)
        self._up()

    async def main_loop(self) -> None:
        """Wait to be stopped; uvicorn would look ten times a second."""
        await self._stopping.wait()

    def stop(self) -> None:
        """Stop, from any thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `startup`."""
        yield


def _run(server: _Server, listener: socket.socket, up: threading.Event) -> None:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve([listener]))
    finally:
        up.set()  # whoever waits for a server that failed must not wait for ever


def _open(settings: Settings, crms: Sequence[Crm]) -> World:
    gc.disable()  # millions of objects are made, none is garbage
    try:
        return open_world(settings, crms)
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def _thawed() -> Iterator[None]:
    """Let what `_open` has frozen be freed when the process ends: libraries tell of everything that was not."""
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    listener = socket.socket()
    with contextlib.closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUseError(
                f"port {settings.port} on {settings.host} is in use: stop what listens there, "
                "or choose another port (0 takes any free one)"
            ) from error
        yield listener


def _url(settings: Settings, listener: socket.socket) -> str:
    return f"http://{settings.host}:{listener.getsockname()[1]}"


__all__ = ["PortInUseError", "Running", "Settings", "running", "serve"]
