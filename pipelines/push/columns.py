"""Which columns a push may select: the API's fields by name, custom fields by their columns in the marts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.fields.planning import Field
from pipelines.fields.registry import known as known_fields
from pipelines.push.models import suggestion
from pipelines.warehouse import Warehouse
from sources.errors import UsageError
from sources.pushing import Pushing, Writable, custom_field

KEY, RECORD, DELETE = "push_key", "id", "_delete"
OURS = (KEY, RECORD, DELETE)
REMARK = "_"
"""Columns whose names begin so are the analyst's own."""
NAMES = ("user", "organization", "person")
FIRST_PART = "value"
"""What the first column of a custom field of several parts holds."""


@dataclass(frozen=True)
class Taken:
    """What a column is: a field, a part of one, or the labels of its options."""

    column: str
    writable: Writable
    part: str = ""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Option ids by label, when the column holds labels."""


@dataclass(frozen=True)
class Offered:
    """The columns that may be selected of an entity, and what to do instead of selecting others."""

    pushing: Pushing
    columns: Mapping[str, Taken]
    instead: Mapping[str, str]

    def taken(self, columns: Iterable[str], title: str) -> list[Taken]:
        """What these columns are; an error says which cannot be pushed."""
        found = [self._one(column, title) for column in columns if not _is_own(column)]
        _refuse_clashes(found, title)
        _refuse_incomplete(found, self.columns, title)
        return found

    def _one(self, column: str, title: str) -> Taken:
        if column in self.columns:
            return self.columns[column]
        way_out = self.instead.get(column) or suggestion(column, [*self.columns, *OURS])
        raise UsageError(
            f"{title}: the column {column!r} is no field of {self.pushing.entity} that may be written.",
            way_out=f"{way_out[0].upper()}{way_out[1:]}{'' if way_out.endswith(('.', '?')) else '.'} "
            "A column of your own begins with an underscore.",
        )


def offered(warehouse: Warehouse, crm: str, pushing: Pushing) -> Offered:
    """What may be selected; custom fields as the last build of the reporting tables named them."""
    columns = {one.name: Taken(one.name, one) for one in pushing.fields}
    instead = dict(pushing.instead)
    for known in _custom(warehouse, crm, pushing):
        taken, not_taken = custom_columns(known)
        columns = taken | columns
        instead = not_taken | instead
    return Offered(pushing, columns, instead)


def custom_columns(known: Field) -> tuple[dict[str, Taken], dict[str, str]]:
    """The columns of a custom field that may be selected, and of the others what to do instead."""
    return {taken.column: taken for taken in _columns(known)}, _not_offered(known)


def _custom(warehouse: Warehouse, crm: str, pushing: Pushing) -> Sequence[Field]:
    if not pushing.custom or not warehouse.columns_of("ops", "custom_fields"):
        return []
    return known_fields(warehouse, crm, pushing.entity)


def _columns(known: Field) -> Iterator[Taken]:
    options = [one.option_id for one in known.options if not one.is_retired]
    writable = custom_field(known.code, known.field_type, known.column, options)
    if writable is None or known.is_deleted:
        return
    for column in known.columns:
        if column.kind in ("label", "labels"):
            labels = {one.label: one.option_id for one in known.options if not one.is_retired}
            yield Taken(column.name, writable, labels=labels)
        elif column.kind not in NAMES:
            part = (column.member or FIRST_PART) if writable.kind == "object" else ""
            yield Taken(column.name, writable, part)


def _not_offered(known: Field) -> dict[str, str]:
    """Columns of a custom field that cannot be pushed, each with what to do."""
    if known.is_deleted:
        return {column.name: f"the custom field {known.name!r} was deleted" for column in known.columns}
    if custom_field(known.code, known.field_type, known.column) is None:
        return {
            column.name: f"a field of type {known.field_type} cannot be written" for column in known.columns
        }
    return {column.name: f"select {known.column}, the id" for column in known.columns if column.kind in NAMES}


def _is_own(column: str) -> bool:
    """Whether a column says nothing of a field. What nearly is `_delete` is none of the analyst's own."""
    near = column.strip("_").startswith("delete") and column != DELETE
    return column in OURS or (column.startswith(REMARK) and not near)


def _refuse_clashes(found: Sequence[Taken], title: str) -> None:
    met: dict[tuple[str, str], str] = {}
    for taken in found:
        before = met.setdefault((taken.writable.name, taken.part), taken.column)
        if before != taken.column:
            raise UsageError(
                f"{title}: {before} and {taken.column} are the same field.", way_out="Select one of them."
            )


def _refuse_incomplete(found: Sequence[Taken], known: Mapping[str, Taken], title: str) -> None:
    selected = {(taken.writable.name, taken.part) for taken in found}
    for taken in found:
        for part in taken.writable.parts if taken.part else ():
            if part.required and (taken.writable.name, part.name) not in selected:
                lacking = next(
                    one.column
                    for one in known.values()
                    if (one.writable.name, one.part) == (taken.writable.name, part.name)
                )
                raise UsageError(
                    f"{title}: {taken.column} cannot be written without {lacking}.",
                    way_out=f"Select {lacking} too.",
                )
