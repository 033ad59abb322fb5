"""The dashboard: one self-contained HTML page, written from the published tables.

    queries.py   what is asked of them, all SQL in one place
    encoding.py  the answers as compact series and lists
    page.py      template, style, scripts and data, put together
    parts/       the page itself: HTML, CSS, JavaScript

Aggregates only, and lists with a cap: the page stays small however large the account is.
"""

from pathlib import Path

from pipelines.dashboard.encoding import encoded
from pipelines.dashboard.page import charts, embedded, page, replaced
from pipelines.dashboard.queries import Reports, read
from sources.errors import UsageError

__all__ = ["Reports", "write"]

WEEKS = (52, 26, 13)
"""How far the page looks back; less far when very many owners would make it too large."""
ROOM = 5_000_000
"""Bytes of data; with the library the page stays below six megabytes."""


def write(reports: Reports, path: Path) -> None:
    """Write the page; a reader sees the former one or this one, never a part."""
    data = _fitting(reports)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replaced(path, page(data, charts(path.parent)))
    except OSError as error:
        raise UsageError(
            f"The dashboard cannot be written to {path}: {error.strerror}.",
            way_out="Make room there, or let this user write to that folder.",
        ) from error


def _fitting(reports: Reports) -> str:
    """The data of as many weeks as there is room for."""
    data = ""
    for weeks in WEEKS:
        data = embedded(encoded(read(reports, weeks)))
        if len(data.encode()) <= ROOM:
            break
    return data
