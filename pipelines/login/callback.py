"""Waits on this machine for the browser to come back with the answer. One answer, then nobody listens any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from urllib.parse import parse_qsl, urlsplit

from sources.errors import RoundtripError, UsageError

HERE = {"localhost", "127.0.0.1"}
IDLE = 10.0
"""Seconds that a connection may say nothing; browsers open some in advance."""
PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Roundtrip</title>
<body style="font: 1.1rem system-ui, sans-serif; margin: 4rem auto; max-width: 32rem">
<h1>Back to the terminal</h1><p>Roundtrip has the answer, and says there what came of it. You can close this window.</p>
</body></html>"""
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "connection": "close",
}
Answer = dict[str, str]
"""The parameters that came with the browser: `code` and `state`, or `error`."""


@contextmanager
def listening(redirect_uri: str) -> Iterator["Listener"]:
    """Listen where the browser will be sent, on this machine only."""
    port, path = _here(redirect_uri)
    answers: SimpleQueue[Answer] = SimpleQueue()
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(path, answers))
    except OSError as error:
        raise UsageError(
            f"Something else listens on port {port}, where the browser is to come back ({error.strerror}).",
            way_out="End it; or `--paste` takes the address that the browser shows; or set redirect_uri to another "
            "port, here and in the app.",
        ) from error
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield Listener(answers)
    finally:
        server.shutdown()
        server.server_close()


def _here(redirect_uri: str) -> tuple[int, str]:
    """The port and the path, of an address on this machine."""
    url = urlsplit(redirect_uri)
    try:
        port = url.port
    except ValueError:
        port = None
    if url.scheme != "http" or url.hostname not in HERE or not port:
        raise UsageError(
            f"No browser can come back to this machine at {redirect_uri}.",
            way_out="`--paste` takes the address that the browser shows instead.",
        )
    return port, url.path or "/"


class Listener:
    """Somebody who listens."""

    def __init__(self, answers: SimpleQueue[Answer]) -> None:
        self._answers = answers

    def answer(self, seconds: float) -> Answer:
        """The answer, once it is there."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            raise RoundtripError(
                f"No browser came back within {seconds:.0f} s, so nobody was logged in.",
                way_out="Run it again; `--paste` where the browser is on another machine.",
            ) from None


def _handler(path: str, answers: "SimpleQueue[Answer]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = IDLE
        server_version, sys_version = "roundtrip", ""

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path != path:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            self.send_response(HTTPStatus.OK)
            for name, value in {**HEADERS, "content-length": str(len(PAGE))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(PAGE)
            self.wfile.flush()
            answers.put(dict(parse_qsl(asked.query)))

        def log_message(self, *_: object) -> None:
            """What is asked holds the code: it is no log's."""

    return Handler
