"""What must not shake the trust in a warehouse: restored files, dropped tables, another company, an older API."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.check import check
from pipelines.config import Settings
from pipelines.place import Place
from sources.errors import UsageError
from sources.pipedrive.sandbox import v1
from tests.conftest import Places
from tests.postgres import Server
from tests.support import FEW, PIPEDRIVE, Sandbox, differences, erase, execute, held, query, run, sandbox
from tests.test_crash import killed

ACTIVITIES, DEALS = PIPEDRIVE.entities["activities"], PIPEDRIVE.entities["deals"]


def unequal(crm: Sandbox, settings: Settings, *names: str) -> list[str]:
    entities = [PIPEDRIVE.entities[name] for name in names or FEW]
    return [line for entity in entities for line in differences(crm, settings, entity)]


def test_a_warehouse_restored_from_a_copy_reads_the_days_since_the_copy(
    place: Place, postgres: Server
) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        restore = copied(place, postgres)
        crm.control("advance", days=1)
        run(settings)
        restore()
        crm.control("advance", days=1)
        assert run(settings).status == "done"
        assert unequal(crm, settings) == []


def copied(place: Place, server: Server) -> Callable[[], object]:
    """Copy the warehouse; what is returned puts the copy in its place."""
    if place.destination == "duckdb":
        copy = place.warehouse.with_name("copy")
        shutil.copy(place.warehouse, copy)
        return lambda: shutil.copy(copy, place.warehouse)
    return server.copied(place.postgres_url)


def test_another_companys_records_are_not_mixed_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings, "stages")
        monkeypatch.setitem(v1.COMPANY, "company_id", 7)
        with pytest.raises(
            UsageError, match=r"belongs to .* Set roundtrip.(warehouse|postgres_url) to another"
        ):
            run(settings, "stages")


def test_a_dropped_table_is_read_again_from_the_beginning(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        execute(settings, "drop table raw_pipedrive.activities")
        assert run(settings).status == "done"
        assert unequal(crm, settings) == []


@pytest.mark.parametrize("step", ["after extract", "after normalize"])
def test_a_warehouse_deleted_after_a_kill_is_read_from_the_beginning(step: str, place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        crm.control("advance", days=1)
        killed(crm, place, step)
        erase(place)
        crm.begin_here()
        assert run(settings).status == "done"
        assert unequal(crm, settings) == []


def test_two_warehouses_in_one_folder_know_nothing_of_each_other(place: Place, places: Places) -> None:
    with sandbox() as crm:
        one = crm.settings(place, entities=FEW)
        folder = place.warehouse.parent
        other = crm.settings(replace(places(folder), warehouse=folder / "warehouse.db"), entities=FEW)
        run(one)
        run(other)
        crm.control("advance", days=1)
        run(other)
        run(one)
        assert unequal(crm, one) + unequal(crm, other) == []


def test_after_a_month_without_a_run_deleted_deals_are_found_too(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        crm.control("advance", days=45)
        assert run(settings).status == "done"
        alive = {row["id"] for row in crm.truth("deals") if not row["is_deleted"]}
        assert {key for key, row in held(settings, DEALS).items() if not row["is_deleted"]} == alive


def test_a_load_of_two_lists_that_a_days_budget_cannot_hold_gets_further_each_day(place: Place) -> None:
    with sandbox(activities=13_000) as crm:
        settings = crm.settings(place, entities=FEW)
        for _ in range(12):
            crm.control("limits", daily_remaining=52)
            status = run(settings, "deals").status
            if status == "done":
                break
        assert status == "done"
        assert unequal(crm, settings, "deals") == []


def test_what_v1_does_not_carry_is_kept_and_read_again_once_v2_is_back(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        notes = "select count(note), count(participants) from raw_pipedrive.activities where not is_deleted"
        run(settings, "activities")
        (before,) = query(settings, notes)
        old = crm.settings(place, entities=FEW, legacy=frozenset({"activities"}))
        crm.control("advance", days=1)
        run(old, "activities")
        run(old, "activities", full=True)
        (during,) = query(settings, notes)
        assert all(now > 0.9 * then for now, then in zip(during, before, strict=True))
        assert unequal(crm, settings, "activities") != []
        run(settings, "activities")
        assert unequal(crm, settings, "activities") == []


def test_in_v1_a_living_record_without_content_is_asked_for_through_v2(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW, legacy=frozenset({"activities"}))
        run(settings, "activities")
        crm.control("advance", days=1)
        run(settings, "activities")
        alive = {row["id"] for row in crm.truth("activities") if not row["is_deleted"]}
        assert {key for key, row in held(settings, ACTIVITIES).items() if not row["is_deleted"]} == alive


def test_a_full_load_keeps_what_was_created_and_deleted_since_the_last(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings)
        crm.control("advance", days=3)
        assert run(settings, full=True).status == "done"
        assert unequal(crm, settings) == []


def test_a_short_list_that_lacks_nearly_everything_is_not_believed(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings, "stages")
        stages = crm.server.account["stages"]
        for key in list(stages.ids())[1:]:
            stages.drop(key)
        refused = run(settings, "stages")
        assert refused.status == "failed"
        assert "--entity stages" in refused.problem


def test_an_error_nobody_thought_of_stops_its_entity_only(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)

        def broken(*_arguments: Any) -> Any:
            raise ZeroDivisionError("nobody thought of this")

        monkeypatch.setattr("sources.walk.check_progress", broken)
        loaded = run(settings, "stages")
        assert loaded.status == "failed"
        assert "stages: unexpected ZeroDivisionError" in loaded.problem


def test_check_tells_when_deletions_cannot_be_read(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, entities=FEW)
        assert check(settings).well
        crm.arm("forbidden_html", path="/v1/recents", times=None)
        problems = [one for one in check(settings).findings if one.level == "problem"]
        assert [(one.area, one.message.split(":")[0]) for one in problems] == [("lists", "deletions")]


def test_a_value_that_fits_no_column_in_a_long_window_costs_no_record_around_it(place: Place) -> None:
    with sandbox(activities=11_500) as crm:
        settings = crm.settings(place, entities=FEW)
        run(settings, "activities")
        crm.control("advance", days=1, activity_changes=10_600)
        activities = crm.server.account["activities"]
        changed = [row for row in activities.records() if (row["update_time"] or "") > "2026-10-02"]
        first = min(changed, key=lambda row: (row["update_time"], row["id"]))
        activities.put(first | {"due_date": "2026-13-45"})
        assert "due_date: not a valid date" in run(settings, "activities").problem
        activities.put(first)
        assert run(settings, "activities").status == "done"
        assert unequal(crm, settings, "activities") == []
