"""What `roundtrip fields` tells: the custom fields with their columns, and how many records have a value."""

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from pipelines import console
from pipelines.config import refuse_unknown_crms
from pipelines.fields.planning import Field
from pipelines.fields.registry import known
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from sources.crm import Crm
from sources.errors import UsageError
from sources.registry import CRMS

TRANSFORMED = "select 1 from ops.transforms limit 1"
MEASURES = "select entity, field_code, records, filled, unreadable from ops.custom_fields where crm = ?"


def read_all(place: Place, names: Sequence[str], entity: str = "") -> list[dict[str, Any]]:
    """The fields of all CRMs that have some, or of those named."""
    refuse_unknown_crms(names)
    able = [crm for crm in CRMS.values() if crm.field_lists and crm.name in (names or CRMS)]
    if not able:
        raise UsageError(f"There are no custom fields of {', '.join(names)}.", way_out="Leave --crm out.")
    _refuse_unknown(entity, able)
    chosen = [crm for crm in able if not entity or entity in crm.field_lists]
    return [field for crm in chosen for field in read(place, crm, entity)]


def _refuse_unknown(entity: str, crms: Sequence[Crm]) -> None:
    there = dict.fromkeys(name for crm in crms for name in crm.field_lists)
    if entity and entity not in there:
        raise UsageError(
            f"There are no custom fields of {entity!r}.", way_out=f"There are of: {', '.join(there)}."
        )


def read(place: Place, crm: Crm, entity: str = "") -> list[dict[str, Any]]:
    """The fields of all entities of one CRM, or of one entity, as plain values."""
    _refuse_unknown(entity, [crm])
    with open_warehouse(place, "ops", read_only=True) as warehouse:
        if not warehouse.columns_of("ops", "custom_fields") or not warehouse.rows_of(TRANSFORMED):
            raise UsageError(
                f"{place.title} has no custom fields yet.", way_out="Run `roundtrip nightly` first."
            )
        measures = {(one, code): counts for one, code, *counts in warehouse.rows_of(MEASURES, [crm.name])}
        entities = [entity] if entity else list(crm.field_lists)
        return [
            {"crm": crm.name, "entity": one, **_told(field, *measures[one, field.code])}
            for one in entities
            for field in known(warehouse, crm.name, one)
        ]


def _told(field: Field, records: int | None, filled: int | None, odd: int | None) -> dict[str, Any]:
    return {
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
    named = len({field["crm"] for field in found}) > 1
    for crm, entity in dict.fromkeys((field["crm"], field["entity"]) for field in found):
        drawn = console.grid(f"{f'{crm} ' * named}{entity}\n", "field, code", "type")
        drawn.add_column("column", overflow="fold")
        drawn.add_column("filled", justify="right")
        drawn.add_column("", overflow="fold")
        for field in found:
            if (field["crm"], field["entity"]) == (crm, entity):
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
