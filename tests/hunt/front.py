"""A server between the commands and the sandbox: it knows the distinctive tokens, and lets only them pass.

It can misbehave as no sandbox does: it repeats the token that it was sent.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.hunt.armed import ACCESS_TOKEN, API_TOKEN, APP_SECRET
from tests.little import JSON, Asked, Reply, little
from tests.login.logins import APP
from tests.support import ADMIN, DESKERA_TOKEN

SECRETS = {"x-api-token": (API_TOKEN, ADMIN), "x-access-token": (ACCESS_TOKEN, DESKERA_TOKEN)}
"""By header: what we send, and what the sandbox takes."""
SIGNED = ("authorization", *SECRETS)
HOP = {"content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}
Answer = Callable[[Asked], Reply]


@dataclass
class Front:
    """What stands before the sandbox."""

    sandbox: str
    url: str = ""
    misbehave: Answer | None = None
    """What is answered in the sandbox's stead, where it is asked for what has this in its path."""
    at: str = ""
    watch: Callable[[], None] = lambda: None
    """Called at each request."""
    passed: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def answer(self, asked: Asked) -> Reply:
        """Let pass who brings the right token."""
        self.watch()
        if self.misbehave is not None and self.at in asked.line:
            return self.misbehave(asked)
        headers = {name: value for name, value in asked.headers.items() if name not in HOP}
        for name, (ours, theirs) in SECRETS.items():
            if name in headers:
                headers[name] = theirs if headers[name] == ours else "unknown"
        if asked.headers.get("authorization") == httpx.BasicAuth(APP[0], APP_SECRET)._auth_header:  # noqa: SLF001
            headers["authorization"] = httpx.BasicAuth(*APP)._auth_header  # noqa: SLF001
        method, path, _ = asked.line.split()
        reply = self.http.request(method, self.sandbox + path, headers=headers, content=asked.body)
        self.passed += reply.is_success
        kept = {name: value for name, value in reply.headers.items() if name not in HOP}
        return reply.status_code, kept, reply.content


@contextmanager
def front(sandbox: str) -> Iterator[Front]:
    """Such a server."""
    standing = Front(sandbox)
    with little(standing.answer) as server, standing.http:
        standing.url = f"http://127.0.0.1:{server.port}"
        yield standing


def echo(status: int, content_type: str = "application/json") -> Answer:
    """An answer that repeats the token wherever it can."""

    def answer(asked: Asked) -> Reply:
        sent = next((asked.headers[name] for name in SIGNED if name in asked.headers), "")
        token = sent.removeprefix("Bearer ")
        said = f"not for {token}, nor for {sent}, nor for {asked.body.decode()}"
        body = json.dumps(
            {"success": False, "error": said, "error_info": said, "message": said, "code": said}
        )
        headers = JSON | {"content-type": content_type, "x-correlation-id": token, "x-request-id": token}
        return status, headers, f"{body}{token}".encode() if "json" not in content_type else body.encode()

    return answer


def cut_short(asked: Asked) -> Reply:
    """An answer that ends in the middle, with the token in it."""
    status, headers, body = echo(200)(asked)
    return status, headers | {"content-length": str(len(body) + 100)}, body[:-3]


def interrupt(asked: Asked) -> Reply:
    """Somebody types Ctrl-C while we wait."""
    threading.Timer(0.2, os.kill, [os.getpid(), 2]).start()
    threading.Event().wait(3)
    return echo(500)(asked)
