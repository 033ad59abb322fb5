"""The process that all commands are forked from: to import everything anew would take longer than most of them take.

Each line on standard input starts a command; each line on standard output says that one has begun, or how it ended.
A forked process is in every respect one of its own, with its own arguments, environment, folder and output. It differs
from `roundtrip` at a shell only in being impatient (the waits are the same, only shorter) and in its dbt project.
"""

import importlib
import json
import logging
import os
import random
import select
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

MODULES = (
    *("pipelines.cli", "pipelines.config", "dbt.cli.main", "dbt.adapters.duckdb", "dbt.adapters.postgres"),
    *("dlt.destinations", "dlt.destinations.impl.duckdb.duck", "dlt.destinations.impl.postgres.postgres"),
    *("adbc_driver_postgresql.dbapi", "vl_convert", "pyarrow.parquet", "pyarrow.compute"),
    *("dbt.task.build", "dlt.common.libs.pyarrow", "dlt.sources.helpers.requests", "pydantic.type_adapter"),
    *(
        "anyio._backends._asyncio",
        "h11",
        "httpcore",
        "pluggy",
        "pendulum.locales.en.locale",
        "sqlparse",
        "babel.dates",
    ),
)
SCHEMAS = (
    *("contracts.project.ProjectFlags", "contracts.project.ProfileConfig", "contracts.project.Project"),
    *(
        "contracts.project.PackageConfig",
        "contracts.project.Configuration",
        "contracts.selection.SelectorFile",
    ),
    *("adapters.duckdb.credentials.DuckDBCredentials", "adapters.postgres.connections.PostgresCredentials"),
    *("artifacts.resources.v1.model.ModelConfig", "artifacts.resources.v1.components.Contract"),
    *("artifacts.resources.v1.source_definition.SourceConfig", "contracts.graph.nodes.ModelNode"),
    *("contracts.graph.unparsed.UnparsedModelUpdate", "contracts.graph.unparsed.UnparsedSourceDefinition"),
)
WAITS = {"connect": 5.0, "first_pause": 0.01, "longest_pause": 0.05}
PROJECT, NO_PAGE = "TORTURE_PROJECT", "TORTURE_NO_PAGE"
"""In a command's environment: the dbt project, and whether that lacks the tables of the dashboard."""


def main() -> None:
    """Get warm, then fork a command for each line, until there are no more."""
    for name in MODULES:
        importlib.import_module(name)
    _know_the_schemas()
    _bury_no_dead()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    _say(ready=os.getpid())
    rest = b""
    while True:
        readable, _, _ = select.select([0, woken], [], [])
        if woken in readable:
            os.read(woken, 4096)
            _tell_of_the_dead()
        if 0 in readable:
            told = os.read(0, 65536)
            if not told:
                return
            *lines, rest = (rest + told).split(b"\n")
            for line in lines:
                _fork(json.loads(line), (woken, wake))


def _know_the_schemas() -> None:
    """Have dbt make up what checks its own files: in each new process that takes it longer than most models."""
    for name in SCHEMAS:
        module, _, kind = name.rpartition(".")
        getattr(importlib.import_module(f"dbt.{module}"), kind).json_schema()


def _bury_no_dead() -> None:
    """Dlt and others may have left handlers of signals; those are not a command's."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _tell_of_the_dead() -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say(ended=pid, code=os.waitstatus_to_exitcode(status))


def _fork(told: dict[str, Any], pipes: tuple[int, int]) -> None:
    pid = os.fork()
    if pid:
        _say(begun=pid, name=told["name"])
        return
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for pipe in pipes:
        os.close(pipe)
    _become(told)


def _become(told: dict[str, Any]) -> NoReturn:
    """Be the command."""
    os.setsid()
    _redirect(0, os.devnull, os.O_RDONLY)
    _redirect(1, told["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    _redirect(2, told["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    os.chdir(told["cwd"])
    random.seed()
    sys.argv = ["roundtrip", *told["argv"]]
    logging.getLogger().handlers = []  # dbt makes one where there is none; `roundtrip` has its own by then
    _prepare()
    from pipelines.cli import main as roundtrip  # noqa: PLC0415 (here it is cheap)

    roundtrip()
    sys.exit(0)


def _redirect(number: int, path: str, flags: int) -> None:
    opened = os.open(path, flags, 0o644)
    os.dup2(opened, number)
    os.close(opened)


def _prepare() -> None:
    """What a command of the torture has that others have not."""
    config, dbt, transform = (
        importlib.import_module(f"pipelines.{name}") for name in ("config", "dbt", "transform")
    )
    vars(config).update(Patience=partial(config.Patience, **WAITS))
    vars(dbt).update(PROJECT=Path(os.environ.pop(PROJECT)))
    if os.environ.pop(NO_PAGE, ""):
        transform.transform_in.__kwdefaults__["write_page"] = lambda _reports, _path: None


if __name__ == "__main__":
    main()
