"""What the tables of each schema are like, as prints of them: `python -m tests.upgrades.schemas` records them.

Warehouses have these tables already. Whoever changes one owes them a step in pipelines/warehouse/steps.py; a table that
is new is made by itself, and only recorded.
"""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from pipelines import dbt
from pipelines.warehouse.steps import STEPS
from pipelines.warehouse.versions import OPS
from sources.registry import CRMS

RECORD = Path(__file__).with_name("schemas.json")
SNAPSHOTS = dbt.PROJECT / "models/snapshots/_snapshots.yml"
Schemas = dict[str, dict[str, Any]]


def schemas() -> Schemas:
    """The version of each schema, and a print of each of its tables."""
    tables = {
        "ops": dict(
            re.findall(
                r"^create (?:table if not exists|or replace view) ops\.(\w+)([^;]+);", OPS, re.MULTILINE
            )
        ),
        "snapshots": {
            model["name"]: [column["name"] for column in model["columns"]]
            for model in yaml.safe_load(SNAPSHOTS.read_text())["models"]
        },
    }
    for crm in CRMS.values():
        tables[f"raw_{crm.name}"] = {
            entity.name: [entity.primary_key, *((one.name, one.kind) for one in entity.columns)]
            for entity in crm.entities.values()
        }
    return {
        name: {
            "version": 1 + len(STEPS.get(name, ())),
            "tables": {table: _print(told) for table, told in sorted(found.items())},
        }
        for name, found in tables.items()
    }


def recorded() -> Schemas:
    """What is on record."""
    found: Schemas = json.loads(RECORD.read_text())
    return found


def owed(before: Schemas, now: Schemas) -> list[str]:
    """The tables that have changed while the version of their schema has not."""
    return [
        f"{schema}.{table}"
        for schema, kept in before.items()
        for table, told in kept["tables"].items()
        if now[schema]["tables"].get(table) != told and now[schema]["version"] == kept["version"]
    ]


def _print(told: object) -> str:
    text = told if isinstance(told, str) else json.dumps(told)
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:10]


def main() -> None:
    """Record what the tables are like, unless a step is owed."""
    if RECORD.exists() and (lacking := owed(recorded(), schemas())):
        sys.exit(
            f"These have changed, and need a step in pipelines/warehouse/steps.py: {', '.join(lacking)}."
        )
    RECORD.write_text(json.dumps(schemas(), indent=2) + "\n")


if __name__ == "__main__":
    main()
