"""The proof: it finds every difference there can be, puts it right, and says so only when it is true."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines import status
from pipelines.config import Settings
from pipelines.forecast import forecast
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.readiness import what_is_lacking
from pipelines.reconcile import Reconciliation, reconcile
from pipelines.warehouse import open_warehouse
from sources.http import Patience
from tests.support import PIPEDRIVE, Sandbox, differences, execute, query, run, sandbox

NAMES = ("stages", "persons", "deals", "activities")
ENTITIES = [PIPEDRIVE.entities[name] for name in NAMES]
COUNTS = ("missing", "stale", "silent", "gone", "revived")
CONTENT = "select * from raw_pipedrive.activities order by id"


def proof(settings: Settings, *names: str, **options: Any) -> tuple[Run, dict[str, Reconciliation]]:
    done, found = reconcile(settings, entities=names or NAMES, **options)
    return done, {one.entity: one for one in found}


def unequal(crm: Sandbox, settings: Settings) -> list[str]:
    return [line for entity in ENTITIES for line in differences(crm, settings, entity)]


def living(settings: Settings, number: int) -> list[int]:
    """Ids of activities that were changed at some time, the n-th two."""
    ids = (
        "select id from raw_pipedrive.activities where not is_deleted and update_time is not null order by id"
    )
    return [key for (key,) in query(settings, ids)][2 * number : 2 * number + 2]


def damage(settings: Settings) -> None:
    """Two of each difference that there can be."""
    statements = (
        "delete from raw_pipedrive.activities where id in ({})",
        "update raw_pipedrive.activities set subject = 'stale', update_time = '2020-01-01' where id in ({})",
        "update raw_pipedrive.activities set subject = 'silent' where id in ({})",
        "update raw_pipedrive.activities set is_deleted = true where id in ({})",
    )
    for number, statement in enumerate(statements):
        execute(settings, statement.format(", ".join(map(str, living(settings, 5 * number)))))
    execute(
        settings,
        "insert into raw_pipedrive.activities (id, is_deleted, subject, update_time) "
        "values (900001, false, 'never was', '2026-01-01'), (900002, false, 'never was', null)",
    )


def test_every_kind_of_difference_is_told_and_then_put_right(place: Place) -> None:
    with sandbox(200) as crm:
        settings = crm.settings(place)
        run(settings, *NAMES)
        damage(settings)
        before = query(settings, CONTENT)
        for dry_run in (True, False):
            assert query(settings, CONTENT) == before
            done, found = proof(settings, dry_run=dry_run)
            assert done.status == "done"
            assert [getattr(found["activities"], name) for name in COUNTS] == [2, 2, 2, 2, 2]
            assert {name for name, one in found.items() if one.differences} == {"activities"}
            assert {name for name, one in found.items() if one.is_proved} >= set(NAMES) - {"activities"}
            assert found["activities"].is_proved is not dry_run
        truth = [row for row in crm.truth("activities") if not row["is_deleted"]]
        assert (found["activities"].in_crm, found["activities"].held) == (len(truth), len(truth) - 2)
        execute(settings, "delete from raw_pipedrive.activities where id > 900000")
        assert unequal(crm, settings) == []
        _, again = proof(settings, dry_run=True)
        assert [one for one in again.values() if one.differences or not one.is_proved] == []
        told = {one["entity"]: one["proved_at"] for one in status.read(place, PIPEDRIVE)["entities"]}
        assert told == {name: again[name].proved_at for name in NAMES}


def test_a_dry_run_leaves_how_far_the_warehouse_is_and_has_written_nothing(place: Place) -> None:
    with sandbox(60, crms=["pipedrive"]) as crm:
        settings = crm.settings(place)
        assert proof(settings, dry_run=True)[0].status == "done"
        assert "holds nothing to transform" in readiness(settings), "nothing was loaded"
        run(settings, *NAMES)
        before = how_far(settings)
        crm.control("advance", days=1)
        done, found = proof(settings, dry_run=True)
        assert found["activities"].differences
        assert how_far(settings) == before
        written = "rows_inserted + rows_updated + rows_deleted"
        on_record = f"select sum({written}) from ops.{{}} where run_id = '{done.run_id}'"
        assert [query(settings, on_record.format(table)) for table in ("runs", "entity_loads")] == [
            [(0,)]
        ] * 2


def how_far(settings: Settings) -> list[Any]:
    """What the tables tell of, and how far `status` says that each list is."""
    entities = status.read(settings.place, PIPEDRIVE)["entities"]
    told = [(one["entity"], one["watermark"], one["read_at"]) for one in entities]
    return [*told, *query(settings, "select max(window_until) from ops.entity_loads")]


def readiness(settings: Settings) -> str:
    with open_warehouse(settings.place, "ops") as warehouse:
        return what_is_lacking(warehouse)


def test_what_is_announced_is_what_an_unchanged_account_costs(place: Place) -> None:
    with sandbox(1_100) as crm:
        settings = crm.settings(place, patience=Patience())  # a request that is tried again costs more
        run(settings, *NAMES)
        crm.control("latency", seconds=0.06)  # slow enough for a first load to walk from both ends
        for dry_run in (True, False):
            planned = forecast(settings, "reconcile", NAMES, dry_run=dry_run)
            done, _ = proof(settings, dry_run=dry_run)
            by_entity = {one.entity: (one.requests, one.tokens) for one in planned.estimates}
            spent = {one.plan.entity.name: one.reader.tally for one in done.entities} | {"": done.other}
            assert by_entity == {name: (tally.requests, tally.tokens) for name, tally in spent.items()}
            assert (planned.requests, planned.tokens) == (done.total("requests"), done.total("tokens"))
            assert planned.share == planned.tokens / 300_000
        assert by_entity["activities"] == (3, 30)


@pytest.mark.parametrize("force", [False, True])
def test_after_a_walk_that_broke_off_nothing_is_marked_whatever_is_forced(
    place: Place, *, force: bool
) -> None:
    with sandbox(700) as crm:
        settings = crm.settings(place)
        run(settings, "activities")
        crm.arm("server_error", path="/api/v2/activities", nth=2, times=None)
        done, found = proof(settings, "activities", force=force)
        crm.calm()
        (one,) = found.values()
        assert (done.status, one.status, one.gone, one.is_proved) == ("failed", "failed", 0, False)
        assert unequal_activities(crm, settings) == []


def unequal_activities(crm: Sandbox, settings: Settings) -> list[str]:
    return differences(crm, settings, PIPEDRIVE.entities["activities"])


def test_a_list_that_shows_much_less_is_not_taken_for_deletions_unless_forced(place: Place) -> None:
    with sandbox(400) as crm:
        settings = crm.settings(place)
        run(settings, "persons")
        persons = crm.server.account["persons"]
        hidden = [row for row in crm.truth("persons") if not row["is_deleted"]][::2]
        for row in hidden:
            persons.put(
                row | {"is_deleted": True}
            )  # with the update time of before, so that only its absence tells
        marked = "select count(*) from raw_pipedrive.persons where is_deleted"
        before = query(settings, marked)
        for dry_run in (True, False):
            done, found = proof(settings, "persons", dry_run=dry_run)
            assert (done.status, found["persons"].gone, found["persons"].is_proved) == ("failed", 0, False)
            assert "roundtrip reconcile --force --entity persons" in done.problem
        assert query(settings, marked) == before
        lenient = replace(settings, max_share_deleted=0.9)
        assert proof(lenient, "persons", dry_run=True)[1]["persons"].gone == len(hidden)
        done, found = proof(settings, "persons", force=True)
        assert (done.status, found["persons"].gone) == ("done", len(hidden))
        for row in hidden:
            persons.put(row)
        _, back = proof(settings, "persons")
        assert back["persons"].revived == len(hidden)
        assert differences(crm, settings, PIPEDRIVE.entities["persons"]) == []


def test_a_budget_that_ends_within_a_walk_proves_nothing_and_keeps_what_was_read(place: Place) -> None:
    with sandbox(700) as crm:
        settings = crm.settings(place)
        run(settings, "stages", "activities")
        execute(settings, "delete from raw_pipedrive.activities where id < 5")
        crm.control("limits", daily_remaining=20)
        done, found = proof(settings, "stages", "activities")
        assert (done.status, found["stages"].is_proved, found["activities"].is_proved) == (
            "partial",
            True,
            False,
        )
        assert (found["activities"].status, found["activities"].gone) == ("partial", 0)
        crm.control("limits", daily_remaining=1_000)
        assert proof(settings, "activities")[1]["activities"].is_proved
        assert unequal_activities(crm, settings) == []
        kept = query(settings, "select entity, is_proved, is_dry_run from ops.reconciliations order by 1, 2")
        assert kept == [
            ("activities", False, False),
            ("activities", True, False),
            ("stages", True, False),
        ]


def test_an_older_reading_proves_nothing_for_it_does_not_carry_everything(place: Place) -> None:
    with sandbox(60) as crm:
        settings = crm.settings(place)
        run(settings, "persons")
        old = crm.settings(place, legacy=frozenset({"persons"}))
        _, found = proof(old, "persons")
        assert (found["persons"].status, found["persons"].is_proved) == ("done", False)
        assert "v1 does not carry every field" in str(found["persons"].problem)


def test_a_new_record_of_a_list_without_update_times_counts_once(place: Place) -> None:
    with sandbox(60) as crm:
        settings = crm.settings(place)
        run(settings, "stages")
        execute(settings, "delete from raw_pipedrive.stages where id = 1")
        (progress,) = run(settings, "stages").entities
        assert (progress.inserted, progress.updated, progress.stale) == (1, 0, 0)
