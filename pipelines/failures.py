"""What went wrong in a build, told so that one can go and see: which model, which rows, which query shows them."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import dbt
from pipelines.dbt import Node
from pipelines.place import Place
from pipelines.warehouse import Warehouse
from sources.errors import LoadError

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Failure:
    """A model that could not be built, or a test that found rows."""

    name: str
    file: str
    problem: str
    """What went wrong, as a sentence."""
    examples: list[dict[str, Any]] = field(default_factory=list)
    """Some of the rows that a test found."""
    query: str = ""
    """The file with the query of all of them."""
    command: str = ""
    """What to type to see them."""

    def __str__(self) -> str:
        """One sentence."""
        return self.problem


def failures(warehouse: Warehouse, nodes: Iterable[Node]) -> list[Failure]:
    """Each node's failure, with rows and a query for those that found some."""
    return [_found(warehouse, node) if node.status in ("fail", "warn") else _broken(node) for node in nodes]


def _broken(node: Node) -> Failure:
    """What the database or dbt says, without the line that only names the model again."""
    lines = [line for line in node.message.splitlines() if line.strip()]
    if len(lines) > 1 and node.name in lines[0]:
        lines = lines[1:]
    said = dbt.said("\n".join(lines)) or "dbt does not say why"
    return Failure(node.name, node.file, f"The {node.kind} {node.name} ({node.file}) failed: {said}.")


def _found(warehouse: Warehouse, node: Node) -> Failure:
    file = warehouse.place.state_dir / "dbt" / "found" / f"{node.name[:120]}.sql"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{node.sql.strip()}\n")
    rows = "1 row" if node.rows == 1 else f"{node.rows:,} rows"
    problem = f"The test {node.name} of {node.tested} ({node.file}) found {rows}."
    if node.status == "warn":
        problem += " It is a warning, and keeps nothing from being published."
    return Failure(
        node.name, node.file, problem, _examples(warehouse, node), str(file), command(warehouse.place, file)
    )


def _examples(warehouse: Warehouse, node: Node) -> list[dict[str, Any]]:
    expected: tuple[type[Exception], ...] = (LoadError, *warehouse.errors)
    try:
        return warehouse.records_of(f"select * from (\n{node.sql}\n) as found limit {MOST_EXAMPLES}")  # noqa: S608 (a test's own query, as dbt has made it)
    except expected:
        return []  # it is in the file all the same


def command(place: Place, file: Path) -> str:
    """What to type to run a query on the warehouse."""
    if place.destination == "postgres":
        return f"psql {shlex.quote(place.url_without_password)} -f {shlex.quote(str(file))}"
    code = (
        f"import duckdb; duckdb.connect({str(place.warehouse)!r}, read_only=True)"
        f".sql(open({str(file)!r}).read()).show()"
    )
    return f".venv/bin/python -c {shlex.quote(code)}"
