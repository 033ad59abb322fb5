"""TOML texts filled in: a setting is made where the text has a place for it, and every other byte stays as it is. Pure.

A setting that is made already is never changed; one that is empty, as shipped files have them, is not made yet.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sources.errors import UsageError

HEADER = re.compile(r"\[([\w.\"-]+)\]\s*(#.*)?$")
HIDDEN = "***"


@dataclass(frozen=True)
class Setting:
    """A setting to make: `name` in the section `[section]`."""

    section: str
    name: str
    value: str | tuple[str, ...] = field(repr=False)
    is_secret: bool = False

    @property
    def key(self) -> str:
        """As messages name it."""
        return f"{self.section}.{self.name}"

    @property
    def plain(self) -> Any:
        """The value as TOML reads it."""
        return self.value if isinstance(self.value, str) else list(self.value)

    @property
    def line(self) -> str:
        """As a file has it."""
        return f"{self.name} = {json.dumps(self.plain, ensure_ascii=False)}"

    @property
    def shown(self) -> str:
        """The line as it may be shown."""
        return f'{self.name} = "{HIDDEN}"' if self.is_secret else self.line


def made(text: str, setting: Setting) -> Any:
    """What a file says of a setting; None where it says nothing, or only that it is empty."""
    table: Any = tomllib.loads(text)
    for part in (*setting.section.split("."), setting.name):
        table = table.get(part) if isinstance(table, Mapping) else None
    return None if isinstance(table, str) and not table.strip() else table


def lacking(text: str, settings: Iterable[Setting]) -> list[Setting]:
    """Those that are not made yet."""
    return [one for one in settings if made(text, one) is None]


def differing(text: str, settings: Iterable[Setting]) -> list[Setting]:
    """Those that are made, and otherwise."""
    return [one for one in settings if made(text, one) not in (None, one.plain)]


def filled(text: str, settings: Sequence[Setting], file: str) -> str:
    """The text with these settings made. UsageError where it is written so that no place for one can be found."""
    found, wanted = text, tomllib.loads(text)
    for one in lacking(text, settings):
        found = _with(found, one)
        wanted = _merged(wanted, one)
    try:
        read = tomllib.loads(found)
    except tomllib.TOMLDecodeError:
        read = {}
    if read != wanted:
        lines = "; ".join(f"[{one.section}] {one.shown}" for one in lacking(text, settings))
        raise UsageError(
            f"{file} is written so that nothing can be put in safely.", way_out=f"Put in by hand: {lines}"
        )
    return found


def _merged(tables: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    merged = deepcopy(dict(tables))
    table: dict[str, Any] = merged
    for part in setting.section.split("."):
        table = table.setdefault(part, {})
    table[setting.name] = setting.plain
    return merged


def _with(text: str, setting: Setting) -> str:
    """In place of the line that shows the setting, else at the end of its section, else in a section at the end."""
    lines = text.splitlines(keepends=True)
    span = _section(lines, setting.section)
    if span is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{setting.section}]\n{setting.line}\n"
    place = re.compile(
        rf"(?:#\s*)?{re.escape(setting.name)}\s*=\s*(?:\"[^\"]*\"|\[[^\]]*\]|[^#\"\[]*)\s*(#.*)?$"
    )
    for number in span:
        if found := place.match(lines[number].rstrip("\r\n")):
            lines[number] = _replaced(lines[number], setting.line, found[1], found.start(1))
            return "".join(lines)
    header = lines[span.start - 1]
    lines[span.start - 1 : span.start] = [
        header.rstrip("\r\n") + _ending(header),
        setting.line + _ending(header),
    ]
    return "".join(lines)


def _section(lines: Sequence[str], name: str) -> range | None:
    """The lines after a section's header, up to the next header; None where there is no such section."""
    headers = [
        (number, found[1]) for number, line in enumerate(lines) if (found := HEADER.match(line.strip()))
    ]
    ends = [number for number, line in enumerate(lines) if re.match(r"(#\s*)?\[\w[\w.]*\]", line)]
    for number, header in headers:
        if header == name:
            return range(number + 1, next((end for end in ends if end > number), len(lines)))
    return None


def _replaced(line: str, made_line: str, comment: str | None, column: int) -> str:
    """The line made, with the remark where it was, if there is room."""
    told = f"{made_line:<{column - 1}} {comment}" if comment else made_line
    return told + _ending(line)


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :] or "\n"
