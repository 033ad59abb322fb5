"""Lists that belong to single records: asked for those that changed only, and gone with them."""

import hashlib
from typing import Any

import msgspec
import pytest

from pipelines.config import Settings
from pipelines.ops import Run
from pipelines.place import Place
from sources.children import Keyed
from sources.entity import Parent
from sources.reading import Progress
from tests.support import FREE, PIPEDRIVE, REGULAR, Sandbox, differences, execute, held, query, run, sandbox

FOLLOWERS, PRODUCTS = PIPEDRIVE.entities["deal_followers"], PIPEDRIVE.entities["deal_products"]


def of(loaded: Run, name: str) -> Progress:
    return next(progress for progress in loaded.entities if progress.plan.entity.name == name)


def asked(loaded: Run, name: str) -> int:
    return of(loaded, name).reader.tally.requests


def living(crm: Sandbox, name: str) -> list[dict[str, Any]]:
    return [row for row in crm.truth(name) if not row["is_deleted"]]


def touch(crm: Sandbox, name: str, record_id: int, **changes: Any) -> None:
    """Change a record on the next day."""
    records = crm.server.account[name]
    records.put((records.get(record_id) or {}) | {"update_time": "2026-10-02T12:00:00Z"} | changes)


def next_day(crm: Sandbox) -> None:
    crm.control("clock", to="2026-10-02T20:00:00Z")


def remove(crm: Sandbox, name: str, row: dict[str, Any]) -> None:
    crm.server.account[name].put(row | {"is_deleted": True})


def test_only_parents_that_changed_are_asked_for_what_belongs_to_them(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        first = run(settings, "deals", "deal_followers", "deal_products")
        assert asked(first, "deal_followers") == len(living(crm, "deals"))
        assert asked(first, "deal_products") == 1  # a hundred deals a request
        touch(crm, "deals", living(crm, "deals")[0]["id"])
        next_day(crm)
        second = run(settings, "deals", "deal_followers", "deal_products")
        assert (asked(second, "deal_followers"), asked(second, "deal_products")) == (1, 1)
        assert differences(crm, settings, FOLLOWERS) + differences(crm, settings, PRODUCTS) == []


def test_what_was_taken_off_a_record_is_deleted_and_so_is_what_a_deleted_record_had(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        run(settings, "deals", "deal_products")
        deals = {row["id"] for row in living(crm, "deals")}
        taken, *others = [row for row in living(crm, "deal_products") if row["deal_id"] in deals]
        orphan = next(row for row in others if row["deal_id"] != taken["deal_id"])
        remove(crm, "deal_products", taken)
        touch(crm, "deals", taken["deal_id"])
        touch(crm, "deals", orphan["deal_id"], is_deleted=True)
        next_day(crm)
        assert of(run(settings, "deals", "deal_products"), "deal_products").deleted >= 2
        rows = held(settings, PRODUCTS)
        assert (rows[taken["id"]]["is_deleted"], rows[orphan["id"]]["is_deleted"]) == (True, True)
        assert differences(crm, settings, PRODUCTS) == []


def test_a_parent_that_can_no_longer_be_seen_has_nothing_any_more_and_stops_no_other(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        run(settings, "deals", "deal_followers")
        first, second = sorted({row["deal_id"] for row in living(crm, "deal_followers")})[:2]
        for deal in (first, second):
            touch(crm, "deals", deal)
        next_day(crm)

        def watch(_run: Run, step: str) -> None:
            if step == "extracting what belongs to single records":
                crm.server.account["deals"].drop(first)

        again = run(settings, "deals", "deal_followers", watch=watch)
        assert (again.status, asked(again, "deal_followers")) == ("done", 2)
        rows = held(settings, FOLLOWERS).values()
        assert {row["is_deleted"] for row in rows if row["deal_id"] == first} == {True}
        assert {row["is_deleted"] for row in rows if row["deal_id"] == second} == {False}


def test_a_record_that_comes_back_to_its_parent_is_no_longer_deleted(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        row = living(crm, "deal_followers")[0]
        remove(crm, "deal_followers", row)
        run(settings, "deals", "deal_followers")
        crm.server.account["deal_followers"].put(row)
        assert of(run(settings, "deals", "deal_followers", full=True), "deal_followers").inserted == 1
        assert differences(crm, settings, FOLLOWERS) == []


def test_a_spent_budget_goes_on_with_the_next_parent_and_asks_for_none_twice(place: Place) -> None:
    with sandbox(60) as crm:
        settings = crm.settings(place)
        run(settings, "deals")
        wanted, requests = len(living(crm, "deals")), 0
        for _ in range(9):
            crm.control("limits", daily_remaining=75)
            loaded = run(settings, "deal_followers")
            requests += asked(loaded, "deal_followers") - (loaded.status == "partial")
            if loaded.status == "done":
                break
            assert loaded.status == "partial"
        assert (loaded.status, requests) == ("done", wanted)
        crm.control("limits", **FREE)
        assert differences(crm, settings, FOLLOWERS) == []


def test_a_dropped_table_is_read_again_for_all_parents(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        run(settings, "deals", "deal_products")
        execute(settings, "drop table raw_pipedrive.deal_products")
        run(settings, "deals", "deal_products")
        assert differences(crm, settings, PRODUCTS) == []


def test_without_the_rights_a_list_of_each_role_is_skipped(place: Place) -> None:
    with sandbox(20) as crm:
        run(crm.settings(place), "roles")
        loaded = run(crm.settings(place, token=REGULAR), "role_settings")
        assert (loaded.status, of(loaded, "role_settings").outcome) == ("done", "skipped")


def test_a_failing_list_keeps_what_was_read_before_and_no_other_from_being_loaded(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        run(settings, "deals")
        followers = crm.server.account["deal_followers"]
        row = living(crm, "deal_followers")[-1]
        followers.put(row | {"user_id": "seven"})
        loaded = run(settings, "deals", "deal_followers", "deal_products")
        assert (of(loaded, "deal_followers").outcome, of(loaded, "deal_products").outcome) == (
            "failed",
            "done",
        )
        followers.put(row)
        assert run(settings, "deals", "deal_followers").status == "done"
        assert differences(crm, settings, FOLLOWERS) == []


def keyed(parent: Parent, **row: Any) -> dict[str, Any]:
    body = msgspec.json.encode({"success": True, "data": [row], "additional_data": None})
    found: dict[str, Any] = msgspec.json.decode(Keyed(parent, 7, None)(body))["data"][0]
    return found


LOG = Parent("deals", "deal_id", ("time", "old_value"))


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"time": "now", "old_value": None}, "7/now/null"),
        ({"time": "now", "old_value": {"a": 1}}, '7/now/{"a":1}'),
        ({"time": "now", "old_value": "x" * 100}, "7/" + hashlib.sha1(b"now/" + b"x" * 100).hexdigest()),  # noqa: S324
    ],
)
def test_a_record_without_a_key_of_its_own_gets_one_from_its_parent_and_what_tells_it_apart(
    row: dict[str, Any], key: str
) -> None:
    assert keyed(LOG, **row) == row | {"deal_id": 7, "id": key}


def test_what_a_parent_has_only_one_of_has_the_parents_key() -> None:
    assert keyed(Parent("roles", "role_id", ()), level=3) == {"level": 3, "role_id": 7, "id": "7"}


def stored(settings: Settings, table: str) -> int:
    return int(query(settings, f'select count(*) from raw_pipedrive."{table}"')[0][0])


def test_a_password_or_a_link_to_a_mails_text_is_not_kept(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place)
        loaded = run(settings, "mail_threads", "mail_messages")
        assert stored(settings, "mail_messages") > 0
        assert of(loaded, "mail_messages").drift == []
