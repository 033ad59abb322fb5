"""The push models of the dbt project: `push_<crm>__<entity>` or `push_<crm>__<entity>__<name>`, in models/push."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sql import named
from sources.errors import UsageError

FOLDER = "path:models/push"
"""How dbt selects them."""
NAME = re.compile(r"push_(?P<crm>[a-z0-9]+)__(?P<entity>[a-z0-9]+(?:_[a-z0-9]+)*)(?:__\w+)?")
PREFIX = "push_"
MODEL_META: Mapping[str, str] = {
    "apply": "nightly or by hand: whether `roundtrip nightly` applies it",
    "on_conflict": "skip, overwrite or fill_empty: what to do with a field that somebody else has changed",
    "on_delete": "skip or overwrite: what to do with a record to delete that somebody else has changed",
    "when_gone": "keep, complete or delete: what becomes of a record that it created, once its row has left",
    "max_rows": "the most records that one apply may write",
    "max_share": "the largest share of all records that one apply may update or delete, 0 to 1",
    "allow_deletes": "whether it may delete records",
}
"""What the meta of a push model may say."""
COLUMN_META: Mapping[str, str] = {
    "on_conflict": "skip, overwrite or fill_empty",
    "only_on_create": "whether the field is written only when the record is created",
}
"""What the meta of a column of it may say."""


@dataclass(frozen=True)
class Model:
    """A push model, as the project declares it."""

    name: str
    crm: str
    entity: str
    schema: str
    table: str
    file: str
    meta: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any]]
    """The meta of each column that is described."""

    @property
    def relation(self) -> str:
        """Its table, in SQL."""
        return named(self.schema, self.table)


def push_models(manifest: Mapping[str, Any]) -> list[Model]:
    """The push models that are on, by name."""
    nodes = [node for node in manifest["nodes"].values() if _is_push(node)]
    return sorted(map(_model, nodes), key=lambda model: model.name)


def switched_off(manifest: Mapping[str, Any]) -> list[str]:
    """The names of the push models that are off."""
    nodes = [node for versions in manifest["disabled"].values() for node in versions]
    return sorted({str(node["name"]) for node in nodes if _is_push(node)})


class NoModelOn(UsageError):
    """No push model of a CRM is on."""


def crm_of(name: str) -> str:
    """The CRM that a push model is called after; empty when its name is not one of a push model."""
    found = NAME.fullmatch(name)
    return found["crm"] if found else ""


def chosen_models(manifest: Mapping[str, Any], names: Sequence[str], crm: str) -> list[Model]:
    """The models of these names; all of the CRM that are on, when none is named."""
    there, off = push_models(manifest), switched_off(manifest)
    for name in names:
        if name not in [model.name for model in there]:
            raise _unknown(name, [model.name for model in there], off)
    chosen = [model for model in there if (model.name in names if names else model.crm == crm)]
    if not chosen:
        own = [name for name in off if crm_of(name) == crm]
        examples = f" These are off: {', '.join(own)}." if own else ""
        raise NoModelOn(
            f"No push model of {crm} is on.",
            way_out="Write one in transforms/models/push, or name examples in the variable push_examples of "
            f"transforms/dbt_project.yml.{examples}",
        )
    return chosen


def _unknown(name: str, there: Sequence[str], off: Sequence[str]) -> UsageError:
    if name in off:
        return UsageError(
            f"The push model {name} is off.",
            way_out="An example is on when the variable push_examples in transforms/dbt_project.yml names it.",
        )
    known = suggestion(name, there) if there else "The files in transforms/models/push are the push models."
    return UsageError(f"There is no push model {name!r}.", way_out=known)


def _is_push(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and str(node["name"]).startswith(PREFIX)


def _model(node: Mapping[str, Any]) -> Model:
    name, file = str(node["name"]), f"transforms/{node['original_file_path']}"
    found = NAME.fullmatch(name)
    if found is None or node["config"]["materialized"] == "ephemeral":
        raise UsageError(
            f"{file}: {name} cannot be pushed.",
            way_out="Call it push_pipedrive__activities or push_pipedrive__activities__<name>, and make it a table.",
        )
    columns = {
        column: {**of.get("meta", {}), **of.get("config", {}).get("meta", {})}
        for column, of in node["columns"].items()
    }
    meta = node["config"].get("meta", {})
    refuse_unknown(meta, MODEL_META, f"the meta of {name}")
    for column, of in columns.items():
        refuse_unknown(of, COLUMN_META, f"the meta of {name}.{column}")
    return Model(name, found["crm"], found["entity"], node["schema"], node["alias"], file, meta, columns)


def refuse_unknown(given: Iterable[str], known: Mapping[str, str], place: str) -> None:
    """Refuse what nobody reads."""
    for key in given:
        if key not in known:
            raise UsageError(f"There is no {key!r} in {place}.", way_out=suggestion(key, known))


def suggestion(name: str, known: Iterable[str]) -> str:
    """What may have been meant."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}."


def nightly_models(manifest: Mapping[str, Any], crm: str) -> Iterator[str]:
    """The names of a CRM's models that the nightly job applies."""
    models = (model for model in push_models(manifest) if model.crm == crm)
    yield from (model.name for model in models if model.meta.get("apply") == "nightly")
