"""What a load does in the cases that peers get wrong."""

import threading
from dataclasses import replace
from typing import Any

import pendulum
import pyarrow as pa
import pytest

from pipelines.load import load
from pipelines.lock import locked
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from sources.arrow import Decoder
from sources.entity import Entity
from sources.errors import Busy, UsageError
from sources.reading import Progress
from tests.support import (
    ADMIN,
    CORE,
    PIPEDRIVE,
    REGULAR,
    Sandbox,
    differences,
    held,
    query,
    records,
    run,
    sandbox,
)

ACTIVITIES = PIPEDRIVE.entities["activities"]
WALKED = [PIPEDRIVE.entities[name] for name in ("activities", "deals", "persons", "organizations")]


def of(loaded: Run, name: str = "activities") -> Progress:
    return next(progress for progress in loaded.entities if progress.plan.entity.name == name)


def one(entity: Entity, **values: Any) -> pa.Table:
    row = Decoder(entity)
    import msgspec  # noqa: PLC0415

    page = row.decode(msgspec.json.encode({"data": [values]}))
    return row.table(page.rows, pendulum.datetime(2026, 10, 2))


def test_an_older_row_that_arrives_later_does_not_replace_a_newer_one(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        run(settings, "activities")
    newest = max(
        (row for row in held(settings, ACTIVITIES).values() if row["update_time"]),
        key=lambda row: row["update_time"],
    )
    with open_warehouse(settings.place, settings.dataset) as warehouse:
        older = one(ACTIVITIES, id=newest["id"], subject="old news", update_time="2020-01-01T00:00:00Z")
        sifted = warehouse.sift(ACTIVITIES, older)
        assert (sifted.stale, sifted.table.num_rows) == (1, 0)
        undated = warehouse.sift(ACTIVITIES, one(ACTIVITIES, id=newest["id"], subject="undated"))
        assert (undated.stale, undated.table.num_rows) == (1, 0)
        newer = one(ACTIVITIES, id=newest["id"], subject="news", update_time="2030-01-01T00:00:00Z")
        assert warehouse.sift(ACTIVITIES, newer).updated == 1


def test_where_answers_are_slow_a_first_load_walks_in_parts_and_still_reads_every_record(
    place: Place,
) -> None:
    with sandbox(activities=3_000, latency=0.12) as crm:
        crm.control("limits", burst=40)
        settings = crm.settings(place)
        loaded = run(settings, *(entity.name for entity in WALKED))
        assert loaded.status == "done"
        assert crm.stats()["refused_429"] == 0
        assert of(loaded).reader.tally.requests > 6
        assert of(loaded).reader.tally.rows > of(loaded).inserted, "the parts overlap where they meet"
        crm.control("latency", seconds=0)
        assert [line for entity in WALKED for line in differences(crm, settings, entity)] == []


def test_a_spent_budget_keeps_what_was_read_and_each_later_run_gets_further(place: Place) -> None:
    with sandbox(activities=2_600) as crm:
        settings = crm.settings(place)
        kept = 0
        for _ in range(12):
            crm.control("limits", daily_remaining=42)
            loaded = run(settings, "activities")
            now = len(held(settings, ACTIVITIES))
            if loaded.status == "done":
                break
            assert loaded.status == "partial"
            assert "tokens are spent" in loaded.problem
            assert now >= kept
            kept = now
        assert loaded.status == "done"
        assert "without an update time" in of(loaded).remark
        undated = [row["id"] for row in crm.truth("activities") if not row["update_time"]]
        found = {line.split(":")[0] for line in differences(crm, settings, ACTIVITIES)}
        assert found <= {f"activities {key}" for key in undated}
        crm.control("limits", daily_remaining=100_000)
        assert of(run(settings, "activities", full=True)).remark == ""
        assert differences(crm, settings, ACTIVITIES) == []
        assert of(run(settings, "activities")).remark == ""


def test_after_a_month_without_a_run_deletions_are_found_by_reading_the_whole_list(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        run(settings)
        crm.control("advance", days=45)
        loaded = run(settings)
        assert loaded.status == "done", loaded.problem
        assert of(loaded).plan.since == ""
        assert of(loaded).deleted > 0
        rows = held(settings, ACTIVITIES)
        alive = {row["id"] for row in crm.truth("activities") if not row["is_deleted"]}
        assert {key for key, row in rows.items() if not row["is_deleted"]} == alive


def test_a_list_that_suddenly_lacks_most_records_is_not_believed_unless_forced(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        run(settings, "activities")
        for key in list(crm.server.account["activities"].ids())[:200]:
            crm.server.account["activities"].drop(key)
        refused = run(settings, "activities", full=True)
        assert refused.status == "failed"
        assert "too many to believe" in refused.problem
        assert sum(row["is_deleted"] for row in held(settings, ACTIVITIES).values()) == 0
        forced = run(settings, "activities", full=True, force=True)
        assert (forced.status, of(forced).deleted) == ("done", 200 - _gone_before(crm))


def _gone_before(crm: Sandbox) -> int:
    return sum(row["is_deleted"] for row in crm.truth("activities")[:200])


def test_a_full_load_finds_what_changed_without_a_change_of_its_update_time(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        run(settings, "activities")
        activities = crm.server.account["activities"]
        quiet = next(row for row in activities.records() if not row["is_deleted"])
        activities.put(quiet | {"subject": "re-pointed silently"})
        assert of(run(settings, "activities")).updated == 0
        assert of(run(settings, "activities", full=True)).updated == 1
        assert differences(crm, settings, ACTIVITIES) == []


def test_a_field_that_is_not_declared_is_kept_and_reported(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        activities = crm.server.account["activities"]
        row = next(row for row in activities.records() if not row["is_deleted"])
        activities.put(row | {"mood": {"is": "good"}})
        loaded = run(settings, "activities")
        assert of(loaded).drift == ["mood"]
        query_ = f"select _extra::varchar from raw_pipedrive.activities where id = {row['id']}"
        assert query(settings, query_) == [('{"mood":{"is":"good"}}',)]
        assert query(settings, "select drift::varchar from ops.entity_loads") == [('["mood"]',)]


def test_a_value_of_another_type_fails_its_entity_by_name_and_no_other(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        run(settings)
        activities = crm.server.account["activities"]
        row = next(row for row in activities.records() if not row["is_deleted"])
        crm.control("advance", days=1)
        moved = activities.get(row["id"]) or row
        activities.put(moved | {"owner_id": "seven", "update_time": "2026-10-02T12:00:00Z"})
        loaded = run(settings)
        assert loaded.status == "failed"
        assert f"activities: record {row['id']}: owner_id: expected `int | null`, got `str`" in loaded.problem
        assert of(loaded, "deals").outcome == "done"
        activities.put(moved | {"update_time": "2026-10-02T12:00:01Z"})
        assert run(settings).status == "done"
        assert differences(crm, settings, ACTIVITIES) == []


def test_an_entity_without_any_record_has_a_table_all_the_same(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        for key in list(crm.server.account["products"].ids()):
            crm.server.account["products"].drop(key)
        run(settings, "products")
        assert query(settings, "select count(*), max(prices::varchar) from raw_pipedrive.products") == [
            (0, None)
        ]
        crm.control("advance", days=1)
        loaded = run(settings, "products")
        assert of(loaded, "products").inserted > 0
        types = dict(
            query(
                settings,
                "select column_name, data_type from information_schema.columns where table_name = 'products'",
            )
        )
        assert types["prices"].lower() == "json"


def test_changes_within_the_safety_lag_wait_for_the_next_run(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, safety_lag=3 * 24 * 3600)
        run(settings, "activities")
        crm.control("advance", days=1)
        waiting = of(run(settings, "activities"))
        assert waiting.inserted + waiting.updated == 0
        assert of(run(replace(settings, safety_lag=0), "activities")).updated > 0
        assert differences(crm, settings, ACTIVITIES) == []


def test_a_second_run_at_once_is_refused_and_harms_nothing(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        with locked(settings.place, "nightly"), pytest.raises(Busy, match=r"`nightly`, process \d+"):
            run(settings)
        assert run(settings).status == "done"


def test_two_threads_that_start_together_load_once(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        ended: list[str] = []

        def attempt() -> None:
            try:
                ended.append(run(settings, "activities").status)
            except Busy:
                ended.append("refused")

        threads = [threading.Thread(target=attempt) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ended) in (["done", "refused"], ["done", "done"])
        assert differences(crm, settings, ACTIVITIES) == []


def test_a_collection_that_the_token_may_not_read_fails_alone_and_says_what_to_do(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, token=REGULAR, legacy=frozenset({"activities"}))
        loaded = run(settings, "activities", "deals")
        assert of(loaded).outcome == "failed"
        assert "roundtrip check" in str(of(loaded).problem)
        assert of(loaded, "deals").outcome == "done"


def test_a_list_that_the_users_rights_do_not_include_is_skipped_and_told(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place, token=REGULAR)
        loaded = run(settings, "roles", "webhooks", "stages")
        assert loaded.status == "done"
        assert (of(loaded, "roles").outcome, of(loaded, "stages").outcome) == ("skipped", "done")
        assert "roundtrip check" in of(loaded, "roles").remark
        told = "select problem from ops.entity_loads where status = 'skipped' order by entity"
        assert ["answered 403" in problem for (problem,) in query(settings, told)] == [True, True]


def test_a_list_that_could_be_read_before_is_not_skipped(place: Place) -> None:
    with sandbox(20) as crm:
        assert run(crm.settings(place), "roles").status == "done"
        refused = run(crm.settings(place, token=REGULAR), "roles")
        assert (refused.status, of(refused, "roles").outcome) == ("failed", "failed")


def test_no_password_of_a_webhook_reaches_the_warehouse(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        run(settings, "webhooks")
        (row,) = records(settings, "select * from raw_pipedrive.webhooks")
        assert row["subscription_url"] == "https://example.org/in"
        assert "letmein" not in str(row)


def test_the_first_request_shows_wrong_settings_before_anything_is_done(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place, token="not-" + ADMIN)
        with pytest.raises(UsageError, match="API token is wrong"):
            run(settings)
        assert query(settings, "select status from ops.runs") == [("failed",)]


def test_every_run_and_entity_is_on_record(place: Place) -> None:
    with sandbox() as crm:
        settings = crm.settings(place)
        loaded = load(settings, command="nightly")
        assert query(settings, "select command, status, rows_read, requests, tokens from ops.runs") == [
            ("nightly", "done", loaded.total("rows"), loaded.total("requests"), loaded.total("tokens"))
        ]
        assert loaded.total("tokens") == crm.stats()["tokens"]
        assert loaded.total("requests") == crm.stats()["requests"]
        (row,) = query(settings, "select count(*), sum(rows_inserted), sum(requests) from ops.entity_loads")
        assert row == (len(CORE), loaded.total("inserted"), loaded.total("requests") - 1)
