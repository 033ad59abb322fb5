"""Which push models are on, as the project says in its files: dbt takes seconds, and may not have run yet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml  # type: ignore[import-untyped]

from pipelines import dbt
from pipelines.push.models import NAME

CONFIG = re.compile(r"\{\{\s*config\(.*?\)\s*\}\}", re.DOTALL)
"""What a model says of itself in its own file."""


def entities_pushed(crm: str, crms: Sequence[str], project: Path = dbt.PROJECT) -> dict[str, list[str]]:
    """The entities that push models write to in one CRM, each with the models; `crms` are those that take part.

    A model that cannot be understood without dbt counts as on.
    """
    variables = _variables(project) | {"crms": list(crms)}
    described = {model["name"]: model for model in dbt.described_models(project)}
    found: dict[str, list[str]] = {}
    for file in sorted((project / "models/push").rglob("push_*.sql")):
        named = NAME.fullmatch(file.stem)
        if named and named["crm"] == crm and _is_on(file, described.get(file.stem, {}), variables):
            found.setdefault(named["entity"], []).append(file.stem)
    return found


def _variables(project: Path) -> dict[str, Any]:
    declared = yaml.load((project / "dbt_project.yml").read_bytes(), yaml.CSafeLoader)
    return dict(declared.get("vars") or {})


def _is_on(file: Path, described: Mapping[str, Any], variables: Mapping[str, Any]) -> bool:
    said = [described.get("config", {}).get("enabled", True), *_in_its_own_file(file, variables)]
    return all(_holds(one, variables) for one in said)


def _in_its_own_file(file: Path, variables: Mapping[str, Any]) -> Iterator[Any]:
    said: dict[str, Any] = {}
    for block in CONFIG.findall(file.read_text()):
        _rendered(block, variables, config=said.update)
    yield from [said["enabled"]] if "enabled" in said else []


def _holds(enabled: Any, variables: Mapping[str, Any]) -> bool:
    text = _rendered(enabled, variables) if isinstance(enabled, str) else str(enabled)
    return text.strip().lower() != "false"


def _rendered(text: str, variables: Mapping[str, Any], **names: Any) -> str:
    try:
        return jinja2.Environment(autoescape=True).from_string(text).render(var=variables.get, **names)
    except jinja2.TemplateError:
        return ""
