"""What `roundtrip fields` tells: the custom fields with their columns, and how many records have a value."""

from typing import Any

from rich.text import Text

from pipelines import console
from pipelines.fields.planning import Field
from pipelines.fields.registry import known
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from sources.crm import Crm
from sources.errors import UsageError

MEASURES = "select entity, field_code, records, filled, unreadable from ops.custom_fields where crm = ?"


def read(place: Place, crm: Crm, entity: str = "") -> list[dict[str, Any]]:
    """The fields of all entities, or of one, as plain values."""
    if entity and entity not in crm.field_lists:
        raise UsageError(
            f"There are no custom fields of {entity!r}.",
            way_out=f"There are of: {', '.join(crm.field_lists)}.",
        )
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        if not warehouse.columns_of("ops", "custom_fields"):
            raise UsageError(
                f"{place.title} has no custom fields yet.", way_out="Run `roundtrip nightly` first."
            )
        measures = {(one, code): counts for one, code, *counts in warehouse.rows_of(MEASURES, [crm.name])}
        entities = [entity] if entity else list(crm.field_lists)
        return [
            _told(one, field, *measures[one, field.code])
            for one in entities
            for field in known(warehouse, crm.name, one)
        ]


def _told(
    entity: str, field: Field, records: int | None, filled: int | None, odd: int | None
) -> dict[str, Any]:
    return {
        "entity": entity,
        "field": field.name,
        "code": field.code,
        "type": field.field_type,
        "columns": [column.name for column in field.columns],
        "records": records,
        "filled": filled,
        "fill_rate": round((filled or 0) / records, 4) if records else None,
        "unreadable": odd,
        "is_deleted": field.is_deleted,
        "named_after": field.named_after,
        "renamed_from": field.renamed_from,
        "renamed_at": field.renamed_at,
        "retired_options": [option.label for option in field.options if option.is_retired],
    }


def show(found: list[dict[str, Any]]) -> None:
    """Print them for a person, a table for each entity."""
    for entity in dict.fromkeys(field["entity"] for field in found):
        drawn = console.grid(f"{entity}\n", "field, code", "type")
        drawn.add_column("column", overflow="fold")
        drawn.add_column("filled", justify="right")
        drawn.add_column("", overflow="fold")
        for field in found:
            if field["entity"] == entity:
                drawn.add_row(*_cells(field))
        console.OUT.print(drawn)


def _cells(field: dict[str, Any]) -> tuple[Text, str, str, str, str]:
    named = Text.assemble(field["field"], "\n", (field["code"], "dim"))
    rate = "" if field["fill_rate"] is None else f"{field['fill_rate']:.0%}"
    return named, field["type"], _columns(field["columns"]), rate, "; ".join(_marks(field))


def _columns(names: list[str]) -> str:
    """The first, and what the others add to it: budget (_currency)."""
    first, *others = names
    added = ", ".join(name.removeprefix(first) for name in others)
    return f"{first} ({added})" if added else first


def _marks(field: dict[str, Any]) -> list[str]:
    marks = ["deleted in the CRM"] if field["is_deleted"] else []
    if field["renamed_from"]:
        marks.append(f"was called {field['renamed_from']!r}")
    if field["unreadable"]:
        marks.append(f"{field['unreadable']:,} unreadable")
    return marks
