"""A backfill brings what was last updated in its window, goes on where it was stopped, and moves no watermark."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines import status
from pipelines.backfill import backfill, unfinished
from pipelines.config import Settings
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from sources.backfill import Backfill
from sources.errors import Busy, UsageError
from sources.reading import Progress
from tests.killed_backfill import PAGE, in_small_pages, told
from tests.support import FREE, PIPEDRIVE, Sandbox, differences, execute, held, query, run, sandbox

ACTIVITIES = PIPEDRIVE.entities["activities"]
EVER = "2000-01-01"
SOME, LATER = "2025-06-01", "2026-06-01"
AFTER, FEW = "2025-11-01", 5
"""After the day on which somebody changed a hundred activities in one second, and pages for what comes then."""


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    """An account that nobody changes."""
    with sandbox() as served:
        yield served


def read(settings: Settings, *entities: str, since: str = EVER, **options: Any) -> Run:
    """A backfill by several walks, in small groups."""
    how = {"walkers": 4, "group_rows": 100, **options}
    return backfill(settings, entities=entities or ["activities"], since=since, **how)


def of(done: Run, name: str = "activities") -> Progress:
    return next(progress for progress in done.entities if progress.plan.entity.name == name)


def wanted(crm: Sandbox, name: str, since: str, until: str = "~") -> set[Any]:
    """The keys of records that a list tells of in a window; deals are listed though they were deleted."""
    gone = name == "deals"
    return {
        row["id"]
        for row in crm.truth(name)
        if since <= (row["update_time"] or "") < until and (gone or not row["is_deleted"])
    }


def left_over(settings: Settings) -> list[Backfill]:
    with open_warehouse(settings.place, settings.dataset, read_only=True) as warehouse:
        return unfinished(warehouse, PIPEDRIVE)


def test_it_brings_what_was_last_updated_in_its_window_and_nothing_else(crm: Sandbox, place: Place) -> None:
    settings = in_small_pages(crm.settings(place))
    names = ("activities", "deals", "products")
    done = read(settings, *names, since=SOME, until=LATER)
    assert (done.status, done.problem) == ("done", "")
    for name in names:
        rows = held(settings, PIPEDRIVE.entities[name])
        assert rows.keys() == wanted(crm, name, SOME, LATER), name
        assert of(done, name).inserted == len(rows) > 0
        found = differences(crm, settings, PIPEDRIVE.entities[name])
        assert [line for line in found if not line.endswith(": missing")] == []
    assert "without an update time" in of(done).remark
    again = read(settings, since=SOME, until=LATER)
    assert (of(again).written, of(again).unchanged > 0) == (0, True)


def test_the_first_load_after_it_reads_everything_and_hears_of_what_was_deleted_meanwhile(
    place: Place,
) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        read(settings)
        crm.control("advance", days=2)
        loaded = of(run(settings, "activities"))
        assert (loaded.plan.since, loaded.deleted > 0) == ("", True)
        assert differences(crm, settings, ACTIVITIES) == []


def test_the_nightly_job_goes_on_from_its_own_watermark(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        watermark = of(run(settings, "activities")).watermark
        crm.control("advance", days=2)
        told_of = "select max(window_until) from ops.entity_loads"
        before = query(settings, told_of)
        done = read(settings)
        assert of(done).updated > 0
        assert query(settings, told_of) == before, "the tables tell of no later moment than before"
        assert of(run(settings, "activities")).plan.since == watermark
        assert differences(crm, settings, ACTIVITIES) == []


def test_what_changes_while_it_reads_is_for_the_next_load(place: Place) -> None:
    with sandbox() as crm:
        settings = in_small_pages(crm.settings(place))
        run(settings, "activities")
        days = iter(range(2))

        def live_on(_run: Run, step: str) -> None:
            if step.startswith("extracting") and next(days, None) is not None:
                crm.control("advance", days=1)

        assert read(settings, watch=live_on).status == "done"
        run(settings, "activities")
        assert differences(crm, settings, ACTIVITIES) == []


@pytest.mark.parametrize(("step", "number"), [("extracting", 3), ("normalizing", 2)])
def test_killed_it_goes_on_and_reads_nothing_again_that_has_landed(
    crm: Sandbox, place: Place, step: str, number: int
) -> None:
    settings = in_small_pages(crm.settings(place))
    command = [sys.executable, "-m", "tests.killed_backfill", step, str(number), told(settings, EVER, 3)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    steps: list[str] = []
    done = read(settings, watch=lambda _run, begun: steps.append(begun))
    assert ("finishing what an interrupted run has read" in steps) is (step == "normalizing")
    whole = wanted(crm, "activities", EVER)
    assert held(settings, ACTIVITIES).keys() == whole
    landed = len(whole) - of(done).inserted
    assert landed >= 200, "two groups had landed, or were finished"
    assert of(done).reader.tally.rows < len(whole)
    assert of(done).reader.tally.requests < len(whole) / PAGE
    assert left_over(settings) == []
    statuses = query(settings, "select status from ops.runs order by started_at")
    assert statuses == [("killed",), ("done",)]


def test_a_spent_budget_ends_it_in_part_and_each_time_it_gets_further(place: Place) -> None:
    with sandbox() as crm:
        settings = in_small_pages(crm.settings(place), FEW)
        whole, spent, landed = wanted(crm, "activities", AFTER), 0, 0
        for _ in range(4):
            crm.control("limits", daily_remaining=82)
            done = read(settings, since=AFTER)
            spent += of(done).reader.tally.requests
            if done.status == "done":
                break
            assert (done.status, of(done).outcome) == ("partial", "partial")
            assert "tokens are spent" in done.problem
            (waiting,) = status.read(place, PIPEDRIVE)["unfinished_backfills"]
            going_on = f"roundtrip backfill --crm pipedrive --entity activities --from {AFTER}T00:00:00Z"
            assert waiting["command"] == going_on
            assert waiting["command"] in of(done).remark
            assert waiting["rows"] > landed
            landed = waiting["rows"]
        assert done.status == "done"
        assert held(settings, ACTIVITIES).keys() == whole
        assert spent <= len(whole) / FEW * 1.5, "what was read is not read again"
        assert status.read(place, PIPEDRIVE)["unfinished_backfills"] == []


def test_an_unfinished_one_is_begun_anew_only_when_asked_and_settled_by_one_that_covers_it(
    place: Place,
) -> None:
    with sandbox() as crm:
        settings = in_small_pages(crm.settings(place), FEW)
        crm.control("limits", daily_remaining=62)
        assert read(settings, since=AFTER).status == "partial"
        (left,) = left_over(settings)
        crm.control("limits", **FREE)
        crm.arm("server_error", path="/api/v2/activities", nth=3, times=None)
        failed = read(settings, since=AFTER, restart=True, walkers=1)
        crm.calm()
        assert (failed.status, of(failed).outcome) == ("failed", "failed")
        (anew,) = left_over(settings)
        assert anew.rows == 2 * FEW < left.rows
        assert read(settings).status == "done"
        assert left_over(settings) == []


def test_a_table_that_was_dropped_is_filled_from_the_beginning_and_loaded_whole(
    crm: Sandbox, place: Place
) -> None:
    settings = crm.settings(place)
    run(settings, "activities")
    execute(settings, "drop table raw_pipedrive.activities")
    read(settings, since=LATER)
    assert held(settings, ACTIVITIES).keys() == wanted(crm, "activities", LATER)
    assert of(run(settings, "activities")).plan.since == ""
    assert differences(crm, settings, ACTIVITIES) == []


def test_beside_another_run_it_is_refused_and_told_who_holds_the_warehouse(
    crm: Sandbox, place: Place
) -> None:
    with locked(place, "nightly"), pytest.raises(Busy, match="`nightly`, process"):
        read(crm.settings(place))


@pytest.mark.parametrize(
    ("entity", "bounds", "problem"),
    [
        ("activities", {"since": "yesterday"}, "--from 'yesterday' is no time"),
        ("activities", {"since": "2020-02-30"}, "--from '2020-02-30' is no time"),
        ("activities", {"since": SOME, "until": "2026-02"}, "--to '2026-02' is no time"),
        ("activities", {"since": LATER, "until": SOME}, "Nothing lies between"),
        ("activities", {"since": SOME, "until": f"{SOME}T02:00:00+02:00"}, "Nothing lies between"),
        ("activites", {"since": SOME}, "Did you mean 'activities'"),
        ("stages", {"since": SOME}, "roundtrip load --full --crm pipedrive --entity stages"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(
    crm: Sandbox, tmp_path: Any, entity: str, bounds: dict[str, str], problem: str
) -> None:
    before = crm.stats()
    with pytest.raises(UsageError) as refused:
        read(crm.settings(tmp_path), entity, **bounds)
    assert problem in str(refused.value)
    assert crm.stats() == before
    assert not list(tmp_path.iterdir())


def test_a_list_of_the_older_api_is_refused_with_the_way_out(crm: Sandbox, tmp_path: Any) -> None:
    with pytest.raises(UsageError, match=r'api\.activities to "v2"'):
        read(crm.settings(tmp_path, legacy=frozenset({"activities"})))


def test_a_window_that_has_not_begun_is_refused_by_the_clock_of_the_crm(crm: Sandbox, tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="is not past: the CRM's clock"):
        read(crm.settings(tmp_path), since="2026-10-02")
