"""How names and texts get into SQL. All other values are parameters.

Everything that is not written out in the code goes through here: names of schemas, tables and columns, paths of files,
and texts where a statement takes no parameter, as `comment on` and `attach` do.
"""

from sources.errors import UsageError

NUL = "\x00"


def quoted(name: str) -> str:
    """A name."""
    return '"' + _whole(name).replace('"', '""') + '"'


def named(*parts: str) -> str:
    """A name within a schema."""
    return ".".join(map(quoted, parts))


def literal(text: str) -> str:
    """A text. On Postgres a backslash in it is one only as long as `standard_conforming_strings` is on."""
    return "'" + _whole(text).replace("'", "''") + "'"


def _whole(text: str) -> str:
    """A text as it is; where there is a NUL in it, a database would read no further."""
    if NUL in text:
        raise UsageError(f"{text!r} holds a NUL character, which no name and no text in SQL can.")
    return text
