"""dbt, run in this process: arguments in, what became of each node out.

dbt is imported when it is first needed, because that takes seconds. Its profile is filled by environment variables that
are set during the call only. What it says goes to a file in the state folder, never to our output; we write that file
ourselves, because dbt leaves its own open.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, chdir, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import psycopg2.extensions
import yaml  # type: ignore[import-untyped]

from pipelines.environment import in_force
from pipelines.place import Place
from sources.errors import TransformError, UsageError

PROJECT = Path(__file__).parent.parent / "transforms"
MOST_LINES = 3
"""Of what dbt says of an error; the rest shows its own code."""
THREADS = {"duckdb": "2", "postgres": "4"}
"""Measured on two cores, in seconds, with 1, 2 and 4: Postgres 9.8, 7.4, 6.7; DuckDB the same, but 4 cost more CPU."""
LIBPQ = {"sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "options": "PGOPTIONS"}
"""What a Postgres URL may hold that dbt's profile cannot: the driver reads it from the environment."""
Follow = Callable[[str], None]
"""Told of each step as it begins."""


@dataclass(frozen=True)
class Node:
    """What became of a model or a test."""

    node_id: str
    name: str
    kind: str
    """model, test, unit_test, exposure ..."""
    status: str
    """success, pass, warn, fail, error, skipped."""
    message: str
    file: str
    tested: str
    """The model that a test is of."""
    rows: int
    """How many rows a test found."""
    sql: str
    """The query of a test."""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it that keeps from publishing."""
        return self.status in ("success", "pass", "warn", "no-op")


def build(
    place: Place,
    *,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    variables: Mapping[str, Any] | None = None,
    follow: Follow = lambda _step: None,
) -> list[Node]:
    """Build the models and run their data tests; unit tests are the test suite's."""
    arguments = ["build", "--exclude-resource-type", "unit_test", "--threads", THREADS[place.destination]]
    arguments += ["--full-refresh"] * full_refresh + ["--vars", json.dumps(variables or {})]
    arguments += ["--select", *select] if select else []
    arguments += ["--exclude", *exclude] if exclude else []
    return [_node(result) for result in _invoke(place, arguments, follow).result]


def unit_tests(place: Place, *, variables: Mapping[str, Any] | None = None) -> list[Node]:
    """Run the models' unit tests, where the tables they stand in for have been built."""
    arguments = ["test", "--select", "test_type:unit", "--threads", THREADS[place.destination]]
    arguments += ["--vars", json.dumps(variables or {})]
    return [_node(result) for result in _invoke(place, arguments, lambda _step: None).result]


def document(place: Place, variables: Mapping[str, Any]) -> Path:
    """Generate the documentation as one page; the page."""
    arguments = ["docs", "generate", "--static", "--vars", json.dumps(variables)]
    _invoke(place, arguments, lambda _step: None)
    return folder(place) / "static_index.html"


def manifest(place: Place) -> dict[str, Any]:
    """What the project consists of, as dbt wrote it at its last call."""
    found: dict[str, Any] = json.loads((folder(place) / "manifest.json").read_text())
    return found


def described_models(project: Path = PROJECT) -> list[dict[str, Any]]:
    """The models with their columns, as the project's files describe them; dbt need not have read them."""
    files = (project / "models").rglob("*.yml")
    described = (yaml.load(file.read_bytes(), yaml.CSafeLoader) or {} for file in files)
    return [model for one in described for model in one.get("models", [])]


def folder(place: Place) -> Path:
    """Where dbt keeps what it writes."""
    return place.state_dir.resolve() / "dbt"


def _invoke(place: Place, arguments: Sequence[str], follow: Follow) -> Any:
    if not (PROJECT / "dbt_project.yml").exists():
        raise UsageError(
            f"There is no dbt project at {PROJECT}.",
            way_out="Run roundtrip from its repository, installed by `make`: the project lies beside the code.",
        )
    follow("reading the project")
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 (seconds)

    kept = str(folder(place))
    options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", kept]
    options += ["--log-path", kept, "--log-level", "none", "--log-level-file", "none"]
    place.make_state_dir()
    folder(place).mkdir(exist_ok=True)
    with (
        (folder(place) / "dbt.log").open("w") as log,
        _environment(place),
        chdir(PROJECT),
        _file_released(),
    ):
        answer = dbtRunner(callbacks=[partial(_tell, log, follow)]).invoke([*arguments, *options])
    if answer.exception is not None:
        _raise(place, answer.exception)
    return answer


def _raise(place: Place, error: BaseException) -> None:
    if not isinstance(error, Exception):
        raise error  # interrupted
    raise TransformError(
        f"dbt stopped: {said(str(error))}",
        way_out=f"Nothing was published. {folder(place) / 'dbt.log'} holds more.",
    ) from error


def said(text: str) -> str:
    """The first lines of what dbt says, as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ": ".join(line.removesuffix(":").removesuffix(".") for line in lines[:MOST_LINES])


def _tell(log: TextIO, follow: Follow, event: Any) -> None:
    """Tell of each model as it begins; tests take no time worth a line. The log has it all."""
    if event.info.level != "debug":
        log.write(f"{event.info.msg}\n")
    if event.info.name == "LogStartLine" and event.data.node_info.resource_type == "model":
        data = event.data
        follow(f"building {data.node_info.node_name} (step {data.index} of {data.total})")


def _node(result: Any) -> Node:
    node = result.node
    tested = str(getattr(node, "attached_node", None) or "").split(".")[-1]
    return Node(
        node_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        message=result.message or "",
        file=f"{PROJECT.name}/{node.original_file_path}",
        tested=tested or next((one.split(".")[-1] for one in node.depends_on.nodes), ""),
        rows=result.failures or 0,
        sql=getattr(node, "compiled_code", None) or "",
    )


def _environment(place: Place) -> AbstractContextManager[None]:
    """The variables that the profile reads."""
    given = _duckdb(place) if place.destination == "duckdb" else _postgres(place)
    return in_force(given | {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})


def _duckdb(place: Place) -> dict[str, str]:
    return {
        "ROUNDTRIP_DBT_TARGET": "duckdb",
        "ROUNDTRIP_DBT_WAREHOUSE": str(place.warehouse.resolve()),
        "ROUNDTRIP_DBT_MEMORY_LIMIT": place.memory_limit,
        "ROUNDTRIP_DBT_BUILD_MEMORY_LIMIT": place.build_memory_limit,
    }


def _postgres(place: Place) -> dict[str, str]:
    told = psycopg2.extensions.parse_dsn(place.postgres_url)
    otherwise = {
        "port": os.environ.get("PGPORT", "5432"),
        "sslmode": os.environ.get("PGSSLMODE", "prefer"),
        "host": os.environ.get("PGHOST", "localhost"),
    }
    told = otherwise | told
    named = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "DATABASE", "sslmode": "SSLMODE"}
    return {
        "ROUNDTRIP_DBT_TARGET": "postgres",
        "DBT_ENV_SECRET_ROUNDTRIP_PASSWORD": told.get("password", ""),
        "PGTZ": "UTC",
        **{f"ROUNDTRIP_DBT_{name}": str(told[key]) for key, name in named.items() if key in told},
        **{variable: str(told[key]) for key, variable in LIBPQ.items() if key in told},
    }


@contextmanager
def _file_released() -> Iterator[None]:
    """dbt-duckdb keeps the file open until the process ends; nobody else could open it."""
    try:
        yield
    finally:
        adapter = sys.modules.get("dbt.adapters.duckdb.connections")
        if adapter is not None:
            with suppress(Exception):
                adapter.DuckDBConnectionManager.env().close()
            adapter.DuckDBConnectionManager.close_all_connections()
