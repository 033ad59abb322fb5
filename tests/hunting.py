"""A hunt for secrets: armed with distinctive ones, a place to run commands in, and a search of all that was written.

Between the commands and the sandbox stands a server that knows the distinctive tokens, lets only them pass, and can
misbehave as no sandbox does: it repeats the token that it was sent.
"""

import base64
import gzip
import json
import os
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import httpx
import psycopg2
import pyarrow.parquet as pq

from tests.little import JSON, Asked, Reply, little
from tests.login.logins import APP
from tests.support import ADMIN, DESKERA_TOKEN

API_TOKEN = "q7Zk" + "f00dfacedeadbeef" * 2 + "9xWv"
ACCESS_TOKEN = "deSk-" + "0ddba11/c0ffee+" * 2 + "="
HOOK = "hK3x" + "b0a710adf00dbabe" * 2 + "7uYp"
"""Part of the address that alerts are posted to."""
PING = "p1nG" + "deadc0dedeadc0de" * 2 + "3zTq"
"""Part of the address that a dead man's switch has."""
MAIL_PASSWORD = "mA1l/w0rd+of=" + "5kEy"
PASSWORD = "pa55 w%rd/ü@:?#&'\"\\+x"
"""As many characters as an address has to write in another way."""
SECRETS = {"x-api-token": (API_TOKEN, ADMIN), "x-access-token": (ACCESS_TOKEN, DESKERA_TOKEN)}
"""By header: what we send, and what the sandbox takes."""
APP_SECRET = "aPp5 s3cr3t/with+signs=" + "9f"
SIGNED = ("authorization", *SECRETS)
HOP = {"content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}
Answer = Callable[[Asked], Reply]


def forms(secret: str) -> dict[str, bytes]:
    """A secret in every way that it could be written down, by the way's name."""
    raw = secret.encode()
    ways: dict[str, bytes] = {
        "plain": raw,
        "quoted": quote(secret, safe="").encode(),
        "quoted but for slashes": quote(secret).encode(),
        "quoted but for spaces": quote(secret, safe=" +").encode(),
        "quoted with a plus": quote_plus(secret).encode(),
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in JSON of letters": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        "repr": repr(secret)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "utf-16": secret.encode("utf-16-le"),
        "latin-1": secret.encode("latin-1"),
    }
    for before in range(3):  # in base64 it depends on what stands before, as the user does in Basic
        letters = base64.b64encode(b"x" * before + raw).rstrip(b"=")
        skipped = 0 if before == 0 else before + 1
        ways[f"base64 after {before}"] = letters[skipped:-2]
        ways[f"base64 of addresses after {before}"] = letters[skipped:-2].translate(
            bytes.maketrans(b"+/", b"-_")
        )
    return ways


def wanted(**secrets: str) -> dict[str, bytes]:
    """What to look for, by the secret's name and the way it is written."""
    return {f"{name}, {way}": found for name, one in secrets.items() for way, found in forms(one).items()}


WANTED = wanted(
    api_token=API_TOKEN,
    access_token=ACCESS_TOKEN,
    webhook=HOOK,
    ping=PING,
    mail_password=MAIL_PASSWORD,
    password=PASSWORD,
    app_secret=APP_SECRET,
)


def found_in(text: bytes) -> list[str]:
    """Which secrets are in it, and how they are written."""
    return [name for name, form in WANTED.items() if form in text]


def found_below(folder: Path) -> list[str]:
    """The same of every file below a folder, also of what stands packed in it."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [f"{file}: {name}" for file in files for text in _texts(file) for name in found_in(text)]


def _texts(file: Path) -> Iterator[bytes]:
    """A file's bytes, and what they stand for where they are packed; its name too."""
    yield str(file).encode()
    raw = file.read_bytes()
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    elif raw[:4] == b"PAR1":
        yield str(pq.read_table(file).to_pylist()).encode()
    elif file.suffix == ".pickle":
        yield repr(pickle.loads(raw)).encode()  # noqa: S301 (it is ours)
    elif raw[8:12] == b"DUCK":
        with duckdb.connect(str(file), read_only=True) as opened:
            for schema, table in opened.sql("select schema_name, table_name from duckdb_tables()").fetchall():
                yield str(opened.sql(f'select * from "{schema}"."{table}"').fetchall()).encode()


TABLES = "select table_schema, table_name from information_schema.tables where table_schema not like all(%s)"
TOLD = ("pg_stat_activity", "pg_prepared_statements", "pg_description", "pg_settings", "pg_locks")
"""What a Postgres server tells of itself."""


def found_in_postgres(url: str, tables: Sequence[str] = ()) -> list[str]:
    """Which secrets are in these tables, or in all of a database and in what the server tells."""
    with closing(psycopg2.connect(url)) as server, server.cursor() as cursor:
        cursor.execute(TABLES, [["pg\\_%", "information_schema"]])
        named = tables or [*(f'"{schema}"."{table}"' for schema, table in cursor.fetchall()), *TOLD]
        found = []
        for name in named:
            cursor.execute(f"select t::text from {name} as t")
            rows = str(cursor.fetchall()).encode()
            found += [f"{name}: {secret}" for secret in found_in(rows)]
    return found


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


def environment(place: Path, url: str, postgres_url: str = "") -> Mapping[str, Any]:
    """The settings of a place."""
    told = {
        "SOURCES__PIPEDRIVE__COMPANY_DOMAIN": url,
        "SOURCES__PIPEDRIVE__API_TOKEN": API_TOKEN,
        "SOURCES__PIPEDRIVE__REQUEST_TRIES": "1",
        "SOURCES__PIPEDRIVE__SAFETY_LAG_SECONDS": "0",
        "SOURCES__DESKERA__BASE_URL": url,
        "SOURCES__DESKERA__ACCESS_TOKEN": ACCESS_TOKEN,
        "SOURCES__DESKERA__REQUEST_TRIES": "1",
        "ROUNDTRIP__WAREHOUSE": str(place / "data/warehouse.duckdb"),
        "HOME": str(place),
        "TMPDIR": str(place / "tmp"),
        "COLUMNS": "200",
    }
    postgres = {"ROUNDTRIP__DESTINATION": "postgres", "ROUNDTRIP__POSTGRES_URL": postgres_url}
    return told | (postgres if postgres_url else {})
