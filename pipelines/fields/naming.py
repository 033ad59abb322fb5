"""Names of columns: lower snake case of what people call a field, in ASCII, as SQL takes it without quotes."""

from collections.abc import Collection, Iterator
from itertools import count

from slugify import slugify

LONGEST = 63
"""Postgres cuts longer names."""
_KEYWORDS = """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check
    collate collation column columns concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc describe distinct do else end
    except false fetch for foreign freeze from full generated glob grant group having ilike in initially inner
    intersect into is isnull join lambda lateral leading left like limit localtime localtimestamp map natural not
    notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary
    qualify references returning right select semi session_user show similar some struct summarize symmetric
    system_user table tablesample then to trailing true try_cast tuple union unique unpack unpivot user using
    variadic verbose when where window with
"""
KEYWORDS = frozenset(_KEYWORDS.split())
"""What Postgres or DuckDB do not take for the name of a column without quotes."""
OWN = frozenset(("cmax", "cmin", "ctid", "row_hash", "rowid", "tableoid", "xmax", "xmin"))
"""Columns that every table has, or that publishing adds."""
SET_APART = "custom_"
"""Before a name that would not do by itself: a standard column's, a keyword, digits, a type's for want of letters."""


def column_name(
    name: str, otherwise: str, suffixes: Collection[str], standard: Collection[str], taken: Collection[str]
) -> str:
    """The column of a field of this name; with each suffix it is neither a standard column nor taken."""
    return next(
        stem
        for stem in _candidates(name, otherwise, suffixes, standard)
        if not any(f"{stem}{suffix}" in taken for suffix in suffixes)
    )


def is_standard(column: str, standard: Collection[str]) -> bool:
    """Whether a column of this name would be mistaken for another, or for SQL."""
    return column in standard or column in KEYWORDS or column in OWN


def _candidates(
    name: str, otherwise: str, suffixes: Collection[str], standard: Collection[str]
) -> Iterator[str]:
    """The name, then the name with numbers: as short as the longest suffix asks for."""
    word = slugify(name, separator="_")
    room = LONGEST - max(map(len, suffixes))
    stem = word if word[:1].isalpha() else f"{SET_APART}{word or otherwise}"
    if any(is_standard(f"{stem}{suffix}", standard) for suffix in suffixes):
        stem = f"{SET_APART}{stem}"
    for number in count(1):
        ending = f"_{number}" if number > 1 else ""
        cut = stem[: room - len(ending)].rstrip("_") + ending
        if not any(is_standard(f"{cut}{suffix}", standard) for suffix in suffixes):
            yield cut
