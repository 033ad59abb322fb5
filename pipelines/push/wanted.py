"""The rows of a model, a table or a file as what they want: canonical values by field, and what is wrong with them.

Columns are converted one after the other, and a value that comes again is converted once: most columns of a push hold
few different values.
"""

import csv
import difflib
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.push.actions import Wanted
from pipelines.push.columns import DELETE, KEY, RECORD, Taken
from pipelines.push.sql_values import json_value, text_value
from pipelines.sql import quoted
from pipelines.warehouse import Warehouse
from sources.errors import UsageError
from sources.pushing import Part, Writable, WriteKind
from sources.values import MOST, canonical, problem

Problems = dict[int, list[str]]
"""By the number of the row."""
MOST_KEPT = 10_000
"""Different values of a column that are remembered."""


@dataclass(frozen=True)
class Rows:
    """Rows as they were read: values of SQL types, or texts."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    are_texts: bool = False

    def column(self, name: str) -> list[Any]:
        """The values of a column; nulls when it is not there."""
        if name not in self.columns:
            return [None] * len(self.rows)
        number = self.columns.index(name)
        return [row[number] for row in self.rows]

    def form(self, kind: WriteKind) -> Callable[[Any], Any]:
        """What makes JSON of a kind of a value."""
        made = text_value if self.are_texts else json_value
        return lambda value: None if value is None else made(kind, value)

    def values(self, name: str, kind: WriteKind) -> list[Any]:
        """The values of a column as JSON of a kind."""
        return list(map(self.form(kind), self.column(name)))


def read_table(warehouse: Warehouse, relation: str, columns: Sequence[str]) -> Rows:
    """The rows of a table or a view."""
    listed = ", ".join(map(quoted, columns))
    return Rows(columns, warehouse.rows_of(f"select {listed} from {relation}"))  # noqa: S608 (quoted names)


def read_file(file: Path) -> Rows:
    """The rows of a CSV file: UTF-8, with a header, commas or semicolons between."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8.", way_out="Save it as CSV UTF-8.") from error
    header = text.split("\n", maxsplit=1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    found = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    columns = [name.strip() for name in found[0]] if found else []
    _refuse_ragged(file, columns, found)
    return Rows(columns, found[1:], are_texts=True)


def _refuse_ragged(file: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if len(set(columns)) < len(columns):
        raise UsageError(f"{file}: two columns have one name.", way_out="Name each of them once.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise UsageError(
                f"{file}: row {number} has {len(row)} cells instead of {len(columns)}.",
                way_out="Put cells that hold commas or quotes in quotes.",
            )


def wanted_rows(rows: Rows, taken: Sequence[Taken]) -> list[Wanted]:
    """What each row wants."""
    problems: Problems = defaultdict(list)
    keys = [_key(number, key, problems) for number, key in enumerate(rows.column(KEY))]
    ids = _column(rows, RECORD, Writable(RECORD, "int"), problems)
    deletes = _column(rows, DELETE, Writable(DELETE, "bool"), problems)
    fields = list(_fields(rows, taken, problems))
    names = [name for name, _ in fields]
    values = zip(*(column for _, column in fields), strict=True) if fields else iter([()] * len(keys))
    return [
        Wanted(
            key,
            record_id,
            {} if delete else dict(zip(names, row, strict=True)),
            delete=delete is True,
            problems=tuple(problems.get(number, ())),
        )
        for number, (key, record_id, delete, row) in enumerate(zip(keys, ids, deletes, values, strict=True))
    ]


def _key(number: int, key: Any, problems: Problems) -> str:
    if key is None or str(key).strip() == "":
        problems[number].append(f"{KEY} is empty")
    return "" if key is None else str(key)


def _fields(rows: Rows, taken: Sequence[Taken], problems: Problems) -> Iterator[tuple[str, list[Any]]]:
    """Each field and its values; one of several columns is put together of them."""
    by_field: dict[str, list[Taken]] = defaultdict(list)
    for one in taken:
        by_field[one.writable.name].append(one)
    for name, columns in by_field.items():
        writable = columns[0].writable
        if columns[0].part:
            yield name, _checked(writable, _joined(rows, columns), problems)
        elif columns[0].labels:
            found = _ids(rows.values(columns[0].column, _label_kind(writable)), columns[0], problems)
            yield name, _checked(writable, found, problems)
        else:
            yield name, _column(rows, columns[0].column, writable, problems)


def _column(rows: Rows, column: str, writable: Writable, problems: Problems) -> list[Any]:
    """The values of a field that is one column."""
    found = rows.column(column)
    if writable.kind == "int" and not writable.choices and _are_ids(found):
        return found
    return _checked(writable, found, problems, rows.form(writable.kind))


def _are_ids(values: Sequence[Any]) -> bool:
    """Whether there is nothing to check."""
    return all(type(value) is int and 0 <= value <= MOST for value in values)


def _joined(rows: Rows, columns: Iterable[Taken]) -> list[Any]:
    """Objects out of their parts, one column each; nothing where all parts are."""
    parts = {one.part: rows.values(one.column, _part(one).kind) for one in columns}
    return [
        {name: value for name, value in zip(parts, values, strict=True) if value is not None} or None
        for values in zip(*parts.values(), strict=True)
    ]


def _part(taken: Taken) -> Part:
    return next(part for part in taken.writable.parts if part.name == taken.part)


def _label_kind(writable: Writable) -> WriteKind:
    return "text" if writable.kind == "int" else "ints"


def _ids(values: Sequence[Any], taken: Taken, problems: Problems) -> list[Any]:
    """Option ids out of labels."""
    return [
        [_id(number, label, taken, problems) for label in value]
        if isinstance(value, list)
        else _id(number, value, taken, problems)
        for number, value in enumerate(values)
    ]


def _id(number: int, label: Any, taken: Taken, problems: Problems) -> Any:
    if label is None or label in taken.labels:
        return taken.labels[label] if label is not None else None
    near = difflib.get_close_matches(str(label), list(taken.labels), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(taken.labels)}"
    problems[number].append(f"{taken.column}: there is no option {label!r}{hint}")
    return None


def _checked(
    writable: Writable,
    values: Sequence[Any],
    problems: Problems,
    form: Callable[[Any], Any] = lambda value: value,
) -> list[Any]:
    """The values in canonical form; what the CRM would refuse is noted, and stays as it is."""
    judge = _remembered(lambda value: _judged(writable, form(value)))
    found = []
    for number, value in enumerate(values):
        wrong, good = judge(value)
        found.append(good)
        if wrong:
            problems[number].append(f"{writable.shown}: {wrong}")
    return found


def _judged(writable: Writable, value: Any) -> tuple[str, Any]:
    """What is wrong with a value, and its canonical form. Empty is judged by the planner: a create leaves it out."""
    good = canonical(writable, value)
    if good is None:
        return "", None
    wrong = problem(writable, value)
    return wrong, value if wrong else good


def _remembered(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, which answers again what it has answered before."""
    known: dict[Any, Any] = {}

    def answer(value: Any) -> Any:
        key = (
            value
            if isinstance(value, str)
            else None
            if isinstance(value, dict | list)
            else (type(value), value)
        )
        found = known.get(key) if key is not None else None
        if found is None:
            found = function(value)
            if key is not None and len(known) < MOST_KEPT:
                known[key] = found
        return found

    return answer
