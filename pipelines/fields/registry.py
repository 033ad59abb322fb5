"""`ops.custom_fields`: one row for each custom field ever seen, with the columns it was given.

It is what makes names stay. The macros in transforms/macros/custom_fields.sql read it while dbt compiles.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pendulum

from pipelines import dbt
from pipelines.fields.planning import Column, Definition, Field, options_of, plan, readable
from pipelines.sql import literal, named, quoted
from pipelines.warehouse import Warehouse
from sources.registry import CRMS

KEPT = """
insert into ops.custom_fields (
    crm, entity, field_code, field_name, field_type, column_name, named_after, parts, options, first_seen_at,
    last_seen_at, is_deleted, renamed_from, renamed_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (crm, entity, field_code) do update set
    field_name = excluded.field_name, field_type = excluded.field_type, column_name = excluded.column_name,
    named_after = excluded.named_after, parts = excluded.parts, options = excluded.options,
    last_seen_at = excluded.last_seen_at, is_deleted = excluded.is_deleted, renamed_from = excluded.renamed_from,
    renamed_at = excluded.renamed_at
"""
KNOWN = """
select
    field_code, field_name, field_type, named_after, parts::varchar, options::varchar, first_seen_at, last_seen_at,
    is_deleted, renamed_from, renamed_at
from ops.custom_fields where crm = ? and entity = ? order by first_seen_at, column_name
"""
DEFINED = """
select field_code, field_name, field_type, options::varchar, coalesce(is_deleted, false)
from {table} where is_custom_field and field_code <> '' order by field_name, field_code
"""
MEASURED = """
update ops.custom_fields set records = ?, filled = ?, unreadable = ? where crm = ? and entity = ? and field_code = ?
"""
BELONGS = "custom_fields_of"
"""What a model's meta says of which entity it has the custom fields: pipedrive.deals."""
UNREADABLE = "_unreadable"
STAGING = "staging/"
"""The column of such a model that names the columns whose values are not of their type."""
NAMES = ("user", "organization", "person")
SAID = {"label": "label", "labels": "labels", "ints": "ids", **dict.fromkeys(NAMES, "name")}
"""What a column is of its field, when the value has no members."""


@dataclass(frozen=True)
class Change:
    """What became of a custom field since the build before."""

    entity: str
    code: str
    name: str
    column: str
    what: str
    """added, renamed, moved, deleted or restored."""
    before: str = ""
    """The name, or the column, of before."""

    def __str__(self) -> str:
        """One sentence."""
        field = f"{self.entity}: the custom field {self.name!r}"
        return {
            "added": f"{field} is new: column {self.column}.",
            "renamed": f"{field} was called {self.before!r}; its column stays {self.column}.",
            "moved": f"{field} has the column {self.column} instead of {self.before}.",
            "deleted": f"{field} was deleted in the CRM; its column {self.column} stays.",
            "restored": f"{field} is back: column {self.column}.",
        }[self.what]


def refresh(warehouse: Warehouse) -> list[Change]:
    """Bring the registry up to what the raw field lists define; what changed, nothing of a CRM's first time."""
    changes: list[Change] = []
    now, models = pendulum.now("UTC"), dbt.described_models()
    with warehouse.transaction():
        for crm, entity, table in _field_lists(warehouse):
            before = known(warehouse, crm, entity)
            defined = _definitions(warehouse, table)
            if not defined:
                continue  # not read, or read anew after it was dropped: nothing is known to be gone
            after = plan(
                before,
                defined,
                standard=_standard(crm, entity, models),
                now=now,
                follow=warehouse.place.renamed_fields == "follow",
            )
            for field in after:
                warehouse.execute(KEPT, _row(crm, entity, field))
            changes += _changes(entity, before, after) if before else []
    return changes


def known(warehouse: Warehouse, crm: str, entity: str) -> list[Field]:
    """The fields of an entity as they are registered, in the order of their columns."""
    return [_field(row) for row in warehouse.rows_of(KNOWN, [crm, entity])]


def measure(warehouse: Warehouse, manifest: Mapping[str, Any]) -> None:
    """Count the values of each field in what was built: in how many live records, and how many could not be read."""
    for (crm, entity), node in _models(manifest):
        table = named(node["schema"], node["alias"])
        columns = warehouse.columns_of(node["schema"], node["alias"])
        fields = [
            field
            for field in known(warehouse, crm, entity)
            if field.column in columns and UNREADABLE in columns
        ]
        counts = [count for field in fields for count in _counts(field)]
        query = f"select {', '.join(['count(*)', *counts])} from {table} where not is_deleted"  # noqa: S608 (names are quoted, texts too)
        ((records, *found),) = warehouse.rows_of(query)
        with warehouse.transaction():
            for field, filled, unreadable in zip(fields, found[::2], found[1::2], strict=True):
                warehouse.execute(MEASURED, [records, filled, unreadable, crm, entity, field.code])


def described(warehouse: Warehouse, node: Mapping[str, Any]) -> dict[str, str]:
    """What the columns of a model's custom fields are, in words; nothing for other models."""
    owner = _owner(node)
    fields = known(warehouse, *owner) if owner else []
    return {
        column.name: _words(field, column, first=not number)
        for field in fields
        for number, column in enumerate(field.columns)
    }


def _words(field: Field, column: Column, *, first: bool) -> str:
    gone = ", deleted in the CRM" if field.is_deleted else ""
    part = "" if first else f", {column.member or SAID[column.kind]}".replace("_", " ")
    return f"{field.name}{part} ({field.field_type}, custom field {field.code}{gone})"


def _owner(node: Mapping[str, Any]) -> tuple[str, str] | None:
    crm, dot, entity = str(node.get("config", {}).get("meta", {}).get(BELONGS, "")).partition(".")
    return (crm, entity) if dot else None


def _models(manifest: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    """The tables that hold custom fields, staging aside, by whose these are."""
    for node in manifest["nodes"].values():
        owner = _owner(node) if node["resource_type"] == "model" else None
        if owner and not node["path"].startswith(STAGING):
            yield owner, node


def _counts(field: Field) -> tuple[str, str]:
    names = ", ".join(literal(column.name) for column in field.columns)
    unreadable = f"string_to_array({UNREADABLE}, ',') && array[{names}]::text[]"
    return f"count({quoted(field.column)})", f"count(*) filter (where {unreadable})"


def _field_lists(warehouse: Warehouse) -> Iterator[tuple[str, str, str]]:
    """CRM, entity, and the raw table that holds the definitions of its fields."""
    for crm in CRMS.values():
        there = warehouse.catalog(f"raw_{crm.name}")
        for entity, listed in crm.field_lists.items():
            if "field_code" in there.get(listed, {}):
                yield crm.name, entity, named(f"raw_{crm.name}", listed)


def _definitions(warehouse: Warehouse, table: str) -> list[Definition]:
    return [
        Definition(code, readable(name) or code, kind or "", options_of(json.loads(options or "null")), gone)
        for code, name, kind, options, gone in warehouse.rows_of(DEFINED.format(table=table))
    ]


def _standard(crm: str, entity: str, models: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The names that are not a custom field's: the API's own, and those of the models that hold the entity."""
    own = (field.name for field in CRMS[crm].entities[entity].fields)
    owner = (crm, entity)
    told = (
        column["name"] for model in models if _owner(model) == owner for column in model.get("columns", [])
    )
    return frozenset([*own, *told])


def _changes(entity: str, before: Sequence[Field], after: Sequence[Field]) -> Iterator[Change]:
    met = {field.code: field for field in before}
    for field in after:
        old = met.get(field.code)
        for what, of_before in _differences(old, field):
            yield Change(entity, field.code, field.name, field.column, what, of_before)


def _differences(old: Field | None, new: Field) -> Iterator[tuple[str, str]]:
    if old is None:
        yield "added", ""
        return
    if old.is_deleted != new.is_deleted:
        yield "deleted" if new.is_deleted else "restored", ""
    if old.column != new.column:
        yield "moved", old.column
    elif old.name != new.name:
        yield "renamed", old.name


def _row(crm: str, entity: str, field: Field) -> list[Any]:
    parts = json.dumps([asdict(column) for column in field.columns])
    options = json.dumps(
        [
            {"id": option.option_id, "label": option.label, "is_retired": option.is_retired}
            for option in field.options
        ]
    )
    names = [field.code, field.name, field.field_type, field.column, field.named_after]
    times = [field.first_seen_at, field.last_seen_at]
    return [
        crm,
        entity,
        *names,
        parts,
        options,
        *times,
        field.is_deleted,
        field.renamed_from,
        field.renamed_at,
    ]


def _field(row: tuple[Any, ...]) -> Field:
    code, name, kind, after, parts, options, *rest = row
    columns = tuple(Column(**part) for part in json.loads(parts))
    return Field(code, name, kind, after, columns, options_of(json.loads(options)), *rest)
