"""A third CRM, added to a copy of the project by the steps that the README tells, and read beside the others."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb

from tests.support import Sandbox, sandbox

ROOT = Path(__file__).parent.parent
KEY = "acme-key"
STEPS = re.compile(r"^\d\. .*?`([a-z_./<>]+)`", re.MULTILINE)
"""A step of the README begins with the file or folder that it is about."""
SOURCE = '''
"""Acme: a list of calls, which comes whole."""

from typing import Any

import httpx
import msgspec
import pendulum

from sources.auth import Fixed
from sources.budget import Tally
from sources.crm import Account, Crm, Gone
from sources.entity import Entity, Listing, fields
from sources.errors import ApiError, NotAccepted
from sources.http import Answer, Client

CALLS = "/calls"
ACTIVITIES = Entity(
    "activities",
    lists=(Listing(CALLS, 1, paging="none"),),
    fields=fields("id int, about text, person text, owner int, day date, done bool"),
)


def connect(key: str, address: str, **seams: Any) -> Client:
    """A client for one account."""
    return Client(address, Fixed({"x-key": key}), judge, **seams)


def judge(response: httpx.Response) -> ApiError | None:
    """What an answer means: None when it is good."""
    return None if response.is_success else NotAccepted("Acme does not accept the key.")


async def identify(client: Client, tally: Tally) -> Account:
    """Who we are: Acme does not tell, and its clock is ours."""
    return await client.get(CALLS, {}, cost=1, tally=tally, parse=_account)


def _account(answer: Answer) -> Account:
    msgspec.json.decode(answer.body)
    return Account(0, "somebody", "Acme", None, is_admin=True, server_time=pendulum.now("UTC"))


async def no_deletions(*_: Any) -> list[Gone]:
    """Acme tells of none; what its whole list lacks is gone."""
    return []


ACME = Crm(
    name="acme",
    entities={"activities": ACTIVITIES},
    connect=connect,
    settings={"address": "where Acme is", "key": "*what lets one in"},
    identify=identify,
    deletions=no_deletions,
    deletions_reach=pendulum.duration(),
    deleted_for=pendulum.duration(),
)
'''
STAGED = """
select
    cast('acme' as varchar) as crm,
    id as activity_id,
    owner as owner_id,
    'call' as activity_type,
    about as subject,
    day as due_date,
    coalesce(done, false) as is_done,
    coalesce(is_deleted, false) as is_deleted,
    {{ not_told('activities', [
        'creator_user_id', 'deal_id', 'lead_id', 'person_id', 'organization_id', 'project_id', 'priority', 'location',
        'participants', 'attendees', 'due_time', 'duration', 'done_at', 'added_at', 'updated_at', 'deleted_at'
    ]) }},
    _loaded_at
from {{ source('raw_acme', 'activities') }}
"""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*_unit_tests.yml")
LACKING = ("activity_types", "deals", "organizations", "persons", "pipelines", "products", "stages", "users")
CALLS = [
    {"id": 1, "about": "Greet", "person": "Ada", "owner": None, "day": "2026-09-28", "done": True},
    {"id": 2, "about": "Ask", "person": "Bob", "owner": None, "day": "2026-10-05", "done": False},
]


@contextmanager
def acme() -> Iterator[str]:
    """The CRM that nobody has heard of."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            let_in = self.headers["x-key"] == KEY
            body = json.dumps({"data": CALLS}).encode() if let_in else b"{}"
            self.send_response(200 if let_in else 401)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, file
    file.write_text(text.replace(before, after))


def extended(copy: Path) -> Path:
    """The project with the steps done that the README tells of."""
    for name in ("sources", "pipelines", "transforms"):
        shutil.copytree(ROOT / name, copy / name, ignore=LEFT_OUT)
    folder = copy / "sources/acme"
    folder.mkdir()
    (folder / "__init__.py").write_text(SOURCE.lstrip())
    registry = copy / "sources/registry.py"
    replace(
        registry,
        "from sources.crm import Crm\n",
        "from sources.acme import ACME\nfrom sources.crm import Crm\n",
    )
    replace(registry, "DESKERA)}", "DESKERA, ACME)}")
    staging = copy / "transforms/models/staging/acme"
    staging.mkdir()
    (staging / "_sources.yml").write_text("sources: [{name: raw_acme, tables: [{name: activities}]}]\n")
    (staging / "stg_acme__activities.sql").write_text(STAGED.lstrip())
    for name in LACKING:
        (staging / f"stg_acme__{name}.sql").write_text(f"{{{{ none_of('{name}') }}}}\n")
    switch = "      deskera:\n"
    enabled = "      acme:\n        +enabled: \"{{ 'acme' in var('crms', []) }}\"\n"
    replace(copy / "transforms/dbt_project.yml", switch, enabled + switch)
    return copy


def night(copy: Path, place: Path, crm: Sandbox, address: str) -> None:
    given = {
        "SOURCES__PIPEDRIVE__ENTITIES": "activities,users,stages",
        "SOURCES__ACME__ADDRESS": address,
        "SOURCES__ACME__KEY": KEY,
        "PYTHONPATH": str(copy),
        "PATH": os.environ["PATH"],
        "HOME": str(place),
    }
    for settings in (crm.settings(place), crm.settings(place, crm="deskera")):
        prefix = f"SOURCES__{settings.crm.name}__".upper()
        given |= {f"{prefix}{key.upper()}": value for key, value in settings.connection.items()}
    command = [sys.executable, "-m", "pipelines", "nightly", "--json"]
    done = subprocess.run(
        command, cwd=place, env=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert [part["crm"] for part in told["crms"]] == ["pipedrive", "deskera", "acme"]
    assert told["crms"][-1]["inserted"] == len(CALLS)


def test_the_readme_tells_of_the_files_that_a_third_crm_takes() -> None:
    chapter = (ROOT / "README.md").read_text().split("## Adding a CRM")[1].split("\n## ")[0]
    steps = [step.replace("<crm>", "deskera") for step in STEPS.findall(chapter)]
    assert steps == [
        "sources/deskera/",
        "sources/registry.py",
        "transforms/models/staging/deskera/",
        "transforms/dbt_project.yml",
    ]
    assert [step for step in steps if not (ROOT / step).exists()] == []


def test_a_third_crm_stands_beside_the_others_in_the_published_tables(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with sandbox(60) as crm, acme() as address:
        night(extended(tmp_path / "copy"), place, crm, address)
    with duckdb.connect(str(place / "data/reports.duckdb"), read_only=True) as reports:
        counts = dict(reports.execute("select crm, count(*) from fct_activity group by crm").fetchall())
        assert counts.keys() == {"pipedrive", "deskera", "acme"}
        rows = reports.execute(
            "select activity_id, subject, is_done, activity_type from fct_activity where crm = 'acme' order by 1"
        ).fetchall()
    assert rows == [(1, "Greet", True, "call"), (2, "Ask", False, "call")]
