"""Which permissions an app needs: declared for everything that is asked, and no more than enough."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.config import Settings
from pipelines.push.declared import entities_pushed
from pipelines.scopes import Comparison, compared, fewest, needed_scopes
from sources.registry import CRMS
from tests.support import PIPEDRIVE

API = (Path(__file__).parent.parent / "sources/pipedrive/API.md").read_text()
SETTINGS = Settings(PIPEDRIVE, {})
WITH_SCOPES = [crm for crm in CRMS.values() if crm.identify_scopes]


def test_every_entity_and_every_push_of_a_crm_with_permissions_declares_which_are_enough() -> None:
    assert WITH_SCOPES == [PIPEDRIVE]
    pushes = [*PIPEDRIVE.pushes.values(), *PIPEDRIVE.legacy_pushes.values()]
    assert [one.name for one in PIPEDRIVE.entities.values() if not one.scopes] == []
    assert [one.entity for one in pushes if not one.scopes] == []
    assert PIPEDRIVE.deletions_scopes


def test_what_may_read_and_write_comes_after_what_may_only_read() -> None:
    for entity in PIPEDRIVE.entities.values():
        for scope in entity.scopes:
            if scope.endswith(":full") and (reading := scope.replace(":full", ":read")) in entity.scopes:
                assert entity.scopes.index(reading) < entity.scopes.index(scope)
    for pushing in PIPEDRIVE.pushes.values():
        assert all(scope.endswith(":full") for scope in pushing.scopes)


def test_the_api_file_says_which_scope_each_entity_takes() -> None:
    told = dict(re.findall(r"^\| `([\w:-]+)` \| ([\w, ]+) \|", API.split("## Scopes")[1], re.MULTILINE))
    wanted: dict[str, list[str]] = {}
    for entity in PIPEDRIVE.entities.values():
        wanted.setdefault(entity.scopes[0], []).append(entity.name)
    assert {scope: names.split(", ") for scope, names in told.items()} == wanted


def test_what_is_read_by_default_takes_no_permission_to_write_and_none_of_an_admin() -> None:
    needed = needed_scopes(SETTINGS)
    assert "base" in needed
    assert [scope for scope in needed if scope.endswith(":full") or scope == "admin"] == []


def test_fewer_entities_take_fewer_permissions() -> None:
    assert needed_scopes(replace(SETTINGS, entities=("users", "pipelines"))) == {
        "base": ("the account",),
        "deals:read": ("pipelines",),
        "users:read": ("users",),
    }
    assert needed_scopes(replace(SETTINGS, entities=("products",)))["recents:read"] == ("what was deleted",)


def test_a_permission_that_is_needed_anyway_serves_for_all_it_is_enough_for() -> None:
    reading, writing = (("deals:read", "deals:full"), "deals"), (("deals:full",), "push model x")
    notes = (("contacts:read", "deals:read", "deals:full"), "notes")
    assert fewest([reading, notes, writing]) == {"deals:full": ("push model x", "deals", "notes")}
    assert fewest([notes, reading]) == {"deals:read": ("deals", "notes")}
    assert fewest([notes]) == {"contacts:read": ("notes",)}
    assert fewest([((), "of a CRM without any")]) == {}


def test_what_is_missing_is_what_no_granted_permission_is_enough_for() -> None:
    wanted = [(("deals:read", "deals:full"), "deals"), (("users:read",), "users"), ((), "of another CRM")]
    assert compared(wanted, {"deals:full"}) == Comparison({"users:read": ("users",)}, ("deals:full",))
    assert compared(wanted, {"deals:read", "users:read", "admin"}) == Comparison({}, ("admin",))
    assert compared(wanted, {"deals:read", "users:read"}) == Comparison({}, ())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project with push models that are on and off in every way."""
    (tmp_path / "models/push").mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("vars: {push_examples: [calls]}\n")
    models = {
        "push_pipedrive__activities__calls": "select 1",
        "push_pipedrive__activities__notes": "select 1",
        "push_pipedrive__deals": "{{ config(enabled=false) }} select {{ ref('x') }}",
        "push_pipedrive__persons__mirror": "{{ config(materialized='table',\n    alias='x') }} select 1",
        "push_deskera__activities": "select 1",
        "push_pipedrive__deals__strange": "{{ config(enabled=some_macro(1)) }}",
    }
    for name, sql in models.items():
        (tmp_path / f"models/push/{name}.sql").write_text(sql)
    (tmp_path / "models/push/push.yml").write_text(
        """
models:
  - name: push_pipedrive__activities__calls
    config: {enabled: "{{ 'calls' in var('push_examples') }}"}
  - name: push_pipedrive__activities__notes
    config: {enabled: "{{ 'notes' in var('push_examples') }}"}
  - name: push_pipedrive__persons__mirror
    config: {enabled: "{{ 'deskera' in var('crms', []) }}"}
"""
    )
    return tmp_path


def test_push_models_are_on_as_their_project_says(project: Path) -> None:
    calls, strange = "push_pipedrive__activities__calls", "push_pipedrive__deals__strange"
    assert entities_pushed("pipedrive", ["pipedrive"], project) == {"activities": [calls], "deals": [strange]}
    both = entities_pushed("pipedrive", ["pipedrive", "deskera"], project)
    assert both["persons"] == ["push_pipedrive__persons__mirror"]


def test_a_push_model_that_is_on_takes_the_permission_to_write(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pushed(crm: str, crms: list[str]) -> dict[str, list[str]]:
        return entities_pushed(crm, crms, project)

    monkeypatch.setattr("pipelines.scopes.entities_pushed", pushed)
    needed = needed_scopes(SETTINGS)
    assert "activities:read" not in needed
    assert needed["activities:full"][:2] == ("push model push_pipedrive__activities__calls", "activities")
    assert "deals:full" in needed
    assert "contacts:full" not in needed
    assert "contacts:full" in needed_scopes(SETTINGS, ["deskera"])
