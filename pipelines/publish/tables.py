"""What is published: every model of the folders marts, reports and snapshots, without the build's own columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pipelines.fields import described
from pipelines.sql import literal, named, quoted
from pipelines.warehouse import Warehouse
from sources.errors import TransformError

FOLDERS = ("marts", "reports", "snapshots")
OWN = "_"
"""Columns whose name begins so are the build's own."""
BUILT_AT = "_built_at"
"""When a row of a table that is built bit by bit was built; a row that is changed in place is built anew."""
TOLD_BY_TIME = "told_by_time"
"""The meta of a column that is told anew each time, without the row being built anew."""
KEY_TESTS = ("is_key", "unique")
Catalog = Mapping[str, Mapping[str, str]]
"""Tables, their columns, and the types of these."""
EDITION = "published"
"""The table that says which state this is."""
DAY = "snapshot_date"
"""The column of a snapshot that says of which day a row is: only the days built since are others."""


@dataclass(frozen=True)
class Edition:
    """Which state is published."""

    run_id: str
    as_of: datetime
    published_at: datetime
    version: str
    proved_at: datetime | None = None
    """When the raw tables were last proved to equal the CRM; None when some never were."""


@dataclass(frozen=True)
class Since:
    """How far the tables had been built that are published."""

    day: date | None = None
    """The first day whose snapshots may be others than published; none when nothing is known of that."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """For tables that are built bit by bit, the latest moment at which a row of them was built."""


@dataclass(frozen=True)
class Table:
    """One published table, and where its rows come from."""

    name: str
    rows: str
    """A query of them, in SQL."""
    columns: Mapping[str, str]
    """With their types."""
    description: str = ""
    column_descriptions: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    """Expressions that tell rows apart; none when no test says which."""
    changing: str = ""
    """The rows that alone may differ from those published, as a condition in SQL; empty when any may."""
    built_at: str = ""
    """A query of the latest moment at which a row was built; empty where rows do not say when they were."""
    fresh: str = ""
    """A query of the rows that were built since the published ones; empty where that is not known."""
    told_by_time: tuple[str, ...] = ()
    """Columns that may be others also in rows that were not built since."""


def published_tables(
    warehouse: Warehouse, manifest: Mapping[str, Any], edition: Edition, since: Since
) -> list[Table]:
    """The tables to publish, by name."""
    nodes = manifest["nodes"].values()
    keys = _keys(nodes)
    models = [node for node in nodes if _is_published(node)]
    built = {schema: warehouse.catalog(schema) for schema in {node["schema"] for node in models}}
    tables = [_table(warehouse, built, node, keys.get(node["unique_id"], ()), since) for node in models]
    return sorted([*tables, _edition(warehouse, edition, tables)], key=lambda table: table.name)


def _is_published(node: Mapping[str, Any]) -> bool:
    is_model = node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    return is_model and _folder(node) in FOLDERS


def _folder(node: Mapping[str, Any]) -> str:
    return str(node["path"]).split("/", maxsplit=1)[0]


def _keys(nodes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What the tests of the project say is the key of each model."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        test = node.get("test_metadata")
        if test and test["name"] in KEY_TESTS and node.get("attached_node") and _is_strict(node["config"]):
            given = test["kwargs"]
            found[node["attached_node"]] = tuple(given.get("columns") or [given["column_name"]])
    return found


def _is_strict(config: Mapping[str, Any]) -> bool:
    """Whether a test that is green holds for every row."""
    return config["severity"].lower() == "error" and not config["where"] and not config["limit"]


def _table(
    warehouse: Warehouse,
    built: Mapping[str, Catalog],
    node: Mapping[str, Any],
    key: tuple[str, ...],
    since: Since,
) -> Table:
    schema, name = node["schema"], node["alias"]
    there = built[schema].get(name, {})
    columns = {column: kind for column, kind in there.items() if not column.startswith(OWN)}
    if not columns:
        raise TransformError(
            f"{schema}.{name} has not been built, so the tables would not be complete.",
            way_out="Run `roundtrip transform` without --select.",
        )
    grows = _folder(node) == "snapshots" and DAY in columns
    texts = described(warehouse, node) | {
        column: text for column, of in node["columns"].items() if (text := of["description"].strip())
    }
    source = named(schema, name)
    rows = f"select {listed(columns)} from {source}"  # noqa: S608 (a model's own name)
    mark = since.marks.get(name) if key and BUILT_AT in there else None
    return Table(
        name=name,
        rows=rows,
        columns=columns,
        description=node["description"].strip(),
        column_descriptions={column: text for column, text in texts.items() if column in columns},
        key=key,
        changing=f"{DAY} >= date '{since.day}'" if grows and since.day else "",
        built_at=f"select max({BUILT_AT})::varchar from {source}" if BUILT_AT in there else "",  # noqa: S608 (quoted names)
        fresh=f"{rows} where {BUILT_AT} > timestamp with time zone {literal(mark)}" if mark else "",
        told_by_time=tuple(
            column for column, of in node["columns"].items() if of["config"]["meta"].get(TOLD_BY_TIME)
        ),
    )


def _edition(warehouse: Warehouse, edition: Edition, tables: Iterable[Table]) -> Table:
    moment = "timestamp with time zone"
    text = "character varying" if warehouse.place.destination == "postgres" else "VARCHAR"
    names = ",".join(sorted([EDITION, *(table.name for table in tables)]))
    facts = {
        "as_of": (f"{moment} '{edition.as_of.isoformat()}'", moment, "The moment that the tables tell of."),
        "proved_at": (
            f"{moment} '{edition.proved_at.isoformat()}'" if edition.proved_at else "null",
            moment,
            "The moment as of which what they are made of was last proved to equal the CRM; empty before that.",
        ),
        "published_at": (
            f"{moment} '{edition.published_at.isoformat()}'",
            moment,
            "When they were published.",
        ),
        "run_id": (f"'{edition.run_id}'", text, "The run that made them, as in ops.transforms."),
        "version": (f"'{edition.version}'", text, "The version of Roundtrip."),
        "tables": (f"'{names}'", text, "The names of the published tables, with commas between."),
    }
    return Table(
        name=EDITION,
        rows="select "
        + ", ".join(f"cast({value} as {kind}) as {name}" for name, (value, kind, _) in facts.items()),
        columns={name: kind for name, (_, kind, _) in facts.items()},
        description="Which state the tables are of: one row.",
        column_descriptions={name: text for name, (_, _, text) in facts.items()},
    )


def told_anew(table: Table, name: str) -> str:
    """Bring the columns that time changes to what is built, in all rows of a published table: its name in SQL."""
    told = {quoted(column): f"built._told_{number}" for number, column in enumerate(table.told_by_time)}
    keys = {key: f"built._key_{number}" for number, key in enumerate(table.key)}
    built = (f"({found}) as {called.removeprefix('built.')}" for found, called in {**keys, **told}.items())
    return f"""
        update {name}
        set {", ".join(f"{column} = {value}" for column, value in told.items())}
        from (select {", ".join(built)} from ({table.rows}) as found) as built
        where
            {" and ".join(f"({key}) = {value}" for key, value in keys.items())}
            and ({" or ".join(f"{column} is distinct from {value}" for column, value in told.items())})
    """  # noqa: S608 (quoted names)


def listed(names: Iterable[str]) -> str:
    """Names in SQL with commas between."""
    return ", ".join(quoted(name) for name in names)
