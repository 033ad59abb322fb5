"""A little web server that answers as it is told, and keeps what it was asked: for what no CRM's sandbox would do."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = {"content-type": "application/json", "date": "Thu, 01 Oct 2026 20:00:00 GMT"}
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Little:
    """A server: its port, and the requests so far, each with its headers."""

    answer: Callable[["Asked"], Reply]
    port: int = 0
    asked: list["Asked"] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes = b""

    def __contains__(self, text: str) -> bool:
        """Whether a text is in what was asked, or in what came with it."""
        return text in f"{self.line} {self.headers}"


@contextmanager
def little(
    answer: Callable[[Asked], Reply], port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[Little]:
    """Such a server on this machine, in a thread."""
    served = Little(answer)

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            if not (line := self.rfile.readline(65_536)):
                self.close_connection = True
                return
            self.raw_requestline = line
            self.close_connection = True
            if not self.parse_request():
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(self.requestline, headers, body)
            served.asked.append(asked)
            status, headers, body = served.answer(asked)
            self.send_response_only(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = _Server(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that hangs up."""
