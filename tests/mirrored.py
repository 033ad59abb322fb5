"""The pair of push models that mirrors two CRMs, built once, and its nights without dbt, which are many.

Where a model reads a table, that is made anew by `transform` only: so a push may meet tables that are older than what
was loaded since, as in life. All else are views, which are always of now.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import dbt
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.push import building
from pipelines.push import push as pushing
from pipelines.push.actions import Plan
from pipelines.push.models import chosen_models
from pipelines.push.planning import EVERYTHING
from pipelines.push.push import Asked, Push
from pipelines.push.targets import Overrides
from pipelines.warehouse import Warehouse, open_warehouse
from sources.registry import CRMS
from tests.support import Sandbox, place_in, run

REAL = dbt.PROJECT
VARIABLES = {"crms": list(CRMS), "push_examples": ["mirror"]}
CONFIGURED = re.compile(r"^\{\{ config\((?:[^\n]*|.*?^)\) \}\}$", re.DOTALL | re.MULTILINE)
TABLES = {
    "build": ("dim_user", "fct_activity", "bridge_activity_participant", "dim_activity_type"),
    "build_intermediate": ("int_contacts_compared",),
}
"""By schema, what the models read that is a table, in the order in which they are made."""
VIEWS = (
    *("int_activities", "int_activity_types", "int_deals", "int_persons", "int_organizations", "int_users"),
    *("int_as_of", "int_contacts_matched", "int_users_matched", "int_organizations_matched"),
)
MIRROR = {name: f"push_{name}__activities__mirror" for name in ("pipedrive", "deskera")}
LISTS = {
    "pipedrive": ("users", "persons", "organizations", "deals", "activities", "activity_types"),
    "deskera": (),
}
UNLIMITED = Overrides(max_rows=10**6, max_share=1.0)


@contextmanager
def mirrored(crm: Sandbox, folder: Path) -> Iterator["Mirror"]:
    """Both CRMs in one warehouse, and the models built."""
    place = place_in(folder)
    sides = {name: crm.settings(place, crm=name, entities=lists, settling=0) for name, lists in LISTS.items()}
    mirror = Mirror(crm, sides)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROJECT", project(folder / "transforms"))
        for settings in sides.values():
            assert run(settings).status == "done"
        mirror.build()
        yield mirror


def project(folder: Path) -> Path:
    """The real project's models that the mirror is made of, as views."""
    shutil.copytree(REAL, folder, ignore=shutil.ignore_patterns("__pycache__", "target", "*_unit_tests.yml"))
    shutil.rmtree(folder / "tests")
    shutil.copytree(REAL / "tests/generic", folder / "tests/generic")
    for name in ("exposures.yml", "reports", "snapshots"):
        _remove(folder / "models" / name)
    for file in (folder / "models").rglob("*.*"):
        if not _is_needed(file.parent.name, file.stem):
            file.unlink()
        elif file.parent.name in ("marts", "intermediate", "push") and file.suffix == ".sql":
            text = CONFIGURED.sub("", file.read_text())
            file.write_text("{{ config(materialized='view') }}\n" + text)
    return folder


def _is_needed(room: str, name: str) -> bool:
    if room in ("marts", "intermediate"):
        return name in VIEWS or any(name in names for names in TABLES.values())
    if room == "push":
        return "mirror" in name
    return room == "ops" or (name != "_staging" and "custom_fields" not in name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


class Mirror:
    """Two CRMs that mirror each other."""

    def __init__(self, crm: Sandbox, sides: dict[str, Settings]) -> None:
        self.crm = crm
        self.sides = sides
        self.place = sides["pipedrive"].place

    def build(self) -> None:
        """Build all models, as views; put tables in the place of those that are tables."""
        with open_warehouse(self.place, "ops"):
            pass  # which makes the tables that tell of pushes
        nodes = dbt.build(self.place, variables=VARIABLES)
        assert [f"{node.name}: {node.message}" for node in nodes if not node.well] == []
        found = chosen_models(dbt.manifest(self.place), list(MIRROR.values()), "")
        self.models = {model.crm: model for model in found}
        with open_warehouse(self.place, "ops") as warehouse:
            for schema, names in TABLES.items():
                for name in names:
                    warehouse.execute(f"alter view {schema}.{name} rename to {name}_now")
        self.transform()

    def load(self, *names: str, **options: bool) -> None:
        """Read what changed, of both when none is named."""
        self.crm.server.clock.forward(1)
        for name in names or self.sides:
            assert run(self.sides[name], "activities", **options).status == "done"

    def transform(self) -> None:
        """Make the tables anew."""
        with open_warehouse(self.place, "ops") as warehouse:
            for schema, names in TABLES.items():
                for name in names:
                    warehouse.execute(f"create or replace table {schema}.{name} as from {schema}.{name}_now")

    def push(self, name: str) -> Push:
        """Plan and apply one of the two."""
        self.crm.server.clock.forward(1)
        settings = self.sides[name]
        with locked(self.place, "push"), open_warehouse(self.place, settings.dataset) as warehouse:
            plans = [self._plan(name, warehouse)]
            found = Push(plans, pushing._forecast(settings, warehouse, plans))  # noqa: SLF001
            pushing.apply_in(settings, warehouse, Asked(), found, watch=lambda _run, _step: None)
        return found

    def planned(self, name: str) -> Plan:
        """What is to be done in one of the two."""
        with open_warehouse(self.place, self.sides[name].dataset) as warehouse:
            return self._plan(name, warehouse)

    def _plan(self, name: str, warehouse: Warehouse) -> Plan:
        settings = self.sides[name]
        target, wanted = building._read(settings, warehouse, self.models[name])  # noqa: SLF001 (without dbt)
        return pushing._plan(settings, warehouse, UNLIMITED.of(target), wanted, EVERYTHING)  # noqa: SLF001

    def night(self) -> None:
        """Load both, transform, push to both."""
        self.load()
        self.transform()
        for name in self.sides:
            self.push(name)
