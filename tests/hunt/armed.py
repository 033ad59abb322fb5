"""Distinctive secrets, and a search for them in every way that they could be written down."""

import base64
import gzip
import json
import pickle
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import psycopg2
import pyarrow.parquet as pq

API_TOKEN = "q7Zk" + "f00dfacedeadbeef" * 2 + "9xWv"
ACCESS_TOKEN = "deSk-" + "0ddba11/c0ffee+" * 2 + "="
HOOK = "hK3x" + "b0a710adf00dbabe" * 2 + "7uYp"
"""Part of the address that alerts are posted to."""
PING = "p1nG" + "deadc0dedeadc0de" * 2 + "3zTq"
"""Part of the address that a dead man's switch has."""
MAIL_PASSWORD = "mA1l/w0rd+of=" + "5kEy"
PASSWORD = "pa55 w%rd/ü@:?#&'\"\\+x"
"""As many characters as an address has to write in another way."""
APP_SECRET = "aPp5 s3cr3t/with+signs=" + "9f"


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
