"""The rows that are wanted: push models built and tested by dbt, or a table or file that somebody names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import dbt
from pipelines.config import Settings
from pipelines.failures import Failure, failures
from pipelines.push.actions import Target, Wanted
from pipelines.push.columns import offered
from pipelines.push.models import FOLDER, PREFIX, Model, chosen_models, suggestion
from pipelines.push.targets import pushing_of, target_from, target_of
from pipelines.push.wanted import Rows, read_file, read_table, wanted_rows
from pipelines.readiness import variables as told_always
from pipelines.sql import named
from pipelines.warehouse import Warehouse
from sources.errors import UsageError

TRANSFORMED = "select 1 from ops.transforms limit 1"
LOADED_SINCE = """
select count(*) from ops.runs
where command in ('nightly', 'load', 'backfill', 'reconcile')
    and started_at > (select max(started_at) from ops.transforms where is_whole)
"""
STALE = "The models read tables that were built before the last load: `roundtrip transform` brings them up to date."


@dataclass
class Built:
    """What is wanted, target by target, and what of it could not be built."""

    wanted: list[tuple[Target, list[Wanted]]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    """Nothing is pushed of a model that could not be built, or of which a test found rows."""
    failed: list[str] = field(default_factory=list)
    """The names of such models."""
    remark: str = ""


def build_models(
    settings: Settings,
    warehouse: Warehouse,
    names: Sequence[str],
    *,
    variables: Mapping[str, Any] | None = None,
    follow: dbt.Follow = lambda _step: None,
) -> Built:
    """Build and test the push models of these names, all of the CRM when none is named, and read their rows."""
    if not warehouse.rows_of(TRANSFORMED):
        raise UsageError(
            f"{warehouse.place.title} has no reporting tables yet.", way_out="Run `roundtrip nightly` first."
        )
    crm = settings.crm.name
    select = [f"+{name},{FOLDER}" for name in names] or [f"+{PREFIX}{crm}__*,{FOLDER}"]
    told = {**told_always(warehouse), **(variables or {})}
    nodes = dbt.build(warehouse.place, select=select, variables=told, follow=follow)
    models = chosen_models(dbt.manifest(warehouse.place), names, crm)
    wrong = [node for node in nodes if not node.well]
    failed = {node.tested if "test" in node.kind else node.name for node in wrong}
    stale = warehouse.rows_of(LOADED_SINCE)[0][0]
    built = Built(remark=STALE if stale else "", failed=sorted(failed))
    built.failures = failures(warehouse, [node for node in wrong if node.status != "skipped"])
    built.wanted = [_read(settings, warehouse, model) for model in models if model.name not in failed]
    return built


def _read(settings: Settings, warehouse: Warehouse, model: Model) -> tuple[Target, list[Wanted]]:
    if model.crm != settings.crm.name:
        raise UsageError(
            f"{model.file}: there is no CRM {model.crm!r}.",
            way_out=suggestion(model.crm, [settings.crm.name]),
        )
    pushing = pushing_of(settings.crm, model.entity, settings.legacy, model.name)
    columns = list(warehouse.columns_of(model.schema, model.table))
    target, taken = target_of(model, offered(warehouse, model.crm, pushing), columns)
    return target, wanted_rows(read_table(warehouse, model.relation, columns), taken)


def read_from(settings: Settings, warehouse: Warehouse, source: str, entity: str) -> Built:
    """The rows of a table, a view or a CSV file."""
    pushing = pushing_of(settings.crm, entity, settings.legacy, "--to")
    rows = _file(source) if source.lower().endswith(".csv") else _table(warehouse, source)
    name = Path(source).name if rows.are_texts else source
    target, taken = target_from(
        name, settings.crm, offered(warehouse, settings.crm.name, pushing), rows.columns
    )
    return Built([(target, wanted_rows(rows, taken))])


def _file(source: str) -> Rows:
    return read_file(Path(source))


def _table(warehouse: Warehouse, source: str) -> Rows:
    schema, dot, table = source.partition(".")
    columns = list(warehouse.columns_of(schema, table)) if dot else []
    if not columns:
        raise UsageError(
            f"There is no table or view {source!r} in {warehouse.place.title}.",
            way_out="Write --from schema.table, or --from file.csv.",
        )
    return read_table(warehouse, named(schema, table), columns)
