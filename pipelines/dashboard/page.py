"""The page as one text: template, style, scripts and data.

Charts are drawn by Vega-Lite, whose JavaScript comes with vl-convert-python. A Content-Security-Policy forbids
every connection, and every script but those whose hashes it names: a text from the CRM that became markup would
still do nothing.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pipelines.files import put

STYLES = ("base.css", "cards.css", "tables.css")
SCRIPTS = (
    *("data.js", "format.js", "dom.js", "table.js", "filters.js", "charts.js"),
    *("week.js", "owners.js", "lists.js", "touch.js", "main.js"),
)


def page(data: str, library: str) -> str:
    """The page that shows this JSON, its charts drawn by the library."""
    scripts = {"charts": library, "app": _app()}
    parts = {name: f"\n{text}\n" for name, text in scripts.items()}
    parts |= {"style": f"\n{_joined(STYLES)}\n", "data": data, "policy": _policy(parts.values())}
    return re.sub(r"\{\{(\w+)\}\}", lambda marker: parts[marker[1]], _part("page.html"))


def embedded(data: object) -> str:
    """JSON that no text in it can end early."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def charts(kept: Path) -> str:
    """Vega, Vega-Lite and Vega-Embed, for one script tag; kept in a folder, because bundling takes seconds."""
    file = kept / f".vega-{version('vl-convert-python')}.js"
    if file.exists():
        return file.read_text(encoding="utf-8")
    import vl_convert  # noqa: PLC0415 (starts slowly, and is seldom needed)

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    script: str = re.sub(r"</(script)", r"<\\/\1", bundle, flags=re.IGNORECASE)
    replaced(file, script)
    return script


def replaced(path: Path, text: str) -> None:
    """Write a file; a reader sees the former text or this one, never a part."""
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        put(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _app() -> str:
    return f'(() => {{\n"use strict";\n{_joined(SCRIPTS)}\n}})();'


def _policy(scripts: Iterable[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _joined(names: Iterable[str]) -> str:
    return "\n".join(_part(name) for name in names)


def _part(name: str) -> str:
    return (files("pipelines.dashboard") / "parts" / name).read_text(encoding="utf-8")
