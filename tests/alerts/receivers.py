"""Receivers of alerts: a web server and a mail server, each as well or ill-behaved as a test wants it."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

USER, PASSWORD = "roundtrip", "c0rrect-horse"


@dataclass
class Web:
    """What a web server was asked, and how it answers."""

    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path and body of each request."""
    answers: list[int] = field(default_factory=list)
    """Statuses of the answers to come; 200 when there are none."""
    body: str = "ok"
    location: str = ""
    hangs: threading.Event = field(default_factory=threading.Event)
    """Set: it takes requests and does not answer."""
    drips: bool = False
    """Whether it answers a byte at a time, for ever."""

    @property
    def texts(self) -> list[str]:
        """What was posted."""
        return [body["text"] for _, _, body in self.asked if body]

    @property
    def paths(self) -> list[str]:
        """Which addresses were asked for."""
        return [path for _, path, _ in self.asked]


@contextmanager
def web(tls: ssl.SSLContext | None = None, path: str = "/T0/s3cret-hook") -> Iterator[Web]:
    """A web server."""
    told, over = Web(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.asked.append((self.command, self.path, json.loads(body) if body else None))
            while told.hangs.is_set() and not over.is_set():
                time.sleep(0.02)
            self.send_response(told.answers.pop(0) if told.answers else 200)
            if told.location:
                self.send_header("location", told.location)
            self.send_header("content-length", str(len(told.body) if not told.drips else 10**9))
            self.end_headers()
            while told.drips and not over.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()
            self.wfile.write(told.body.encode())

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that has gone is no error here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        told.url = f"http{'s' * bool(tls)}://127.0.0.1:{server.server_port}{path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            over.set()
            server.shutdown()
            thread.join()


@dataclass
class Post:
    """The mails that a mail server took."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    """Addresses that it takes nothing for."""
    login: tuple[str, str] = (USER, PASSWORD)
    """What it lets in."""
    logins: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 (as the library calls it)
        _, _, envelope, address, _ = given
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        found = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        self.mails.append(found)
        return "250 OK"


@contextmanager
def post(
    tls: ssl.SSLContext | None = None, *, is_tls_first: bool = False, needs_login: bool = False
) -> Iterator[Post]:
    """A mail server; with `tls` it offers STARTTLS and asks for it, or speaks nothing else."""
    told = Post()

    def accepted(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any) -> AuthResult:
        user, password = told.login
        well = given == LoginPassword(user.encode(), password.encode())
        told.logins.append(well)
        return AuthResult(success=well, handled=False)

    options: dict[str, Any] = (
        {"ssl_context": tls} if is_tls_first else {"tls_context": tls, "require_starttls": bool(tls)}
    )
    if needs_login:
        options |= {"authenticator": accepted, "auth_required": True, "auth_require_tls": not is_tls_first}
    controller = Controller(told, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    told.port = controller.port
    try:
        yield told
    finally:
        controller.stop()


def _free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates, whom nobody trusts unless told to."""

    context: ssl.SSLContext
    """Of a server that is called 127.0.0.1."""
    file: Path

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        """A new one; its own certificate lies in the folder."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        return cls(context, file)
