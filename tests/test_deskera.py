"""Deskera is read so that the warehouse equals the account, whatever moves meanwhile and however badly it answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.config import Settings
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.reconcile import reconcile
from sources.errors import UsageError
from sources.reading import Progress
from tests.deskera import ACTIVITIES, DESKERA, EMBEDDED, LIST, differences, held, mentioned, served, truth
from tests.support import DESKERA_TOKEN, Sandbox, at_length, execute, query, run, sandbox


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with sandbox(activities=450, crms=["deskera"]) as served_here:
        yield served_here


def of(loaded: Run, name: str = "activities") -> Progress:
    return next(one for one in loaded.entities if one.plan.entity.name == name)


def settings_of(crm: Sandbox, where: Path | Place, **changes: Any) -> Settings:
    return crm.settings(where, crm="deskera", **changes)


def test_the_warehouse_equals_the_account_day_by_day_and_after_a_week_also_in_what_no_change_shows(
    crm: Sandbox, place: Place
) -> None:
    settings = settings_of(crm, place)
    first = run(settings)
    assert (first.status, of(first).remark, of(first).drift) == ("done", "", [])
    assert differences(crm, settings) == []
    for _ in range(at_length(6, 1)):
        crm.control("advance", days=1)
        loaded = run(settings)
        assert (loaded.status, of(loaded).deleted) == ("done", 0), loaded.problem
        assert of(loaded).plan.since
        told, rows = truth(crm, ACTIVITIES), held(settings, ACTIVITIES)
        assert {key: row["name"] for key, row in told.items()} == {key: rows[key]["name"] for key in told}
    crm.control("advance", days=7)
    whole = run(settings)
    assert not of(whole).plan.since
    assert of(whole).deleted > 0
    assert differences(crm, settings) == []
    again = run(settings)
    assert of(again).plan.since
    assert [one.written for one in again.entities] == [0] * len(again.entities)


def test_of_what_stands_within_activities_the_latest_look_is_held_and_seen_again_is_no_change(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)
    run(settings)
    (key, seen_at), *_ = query(settings, "select id, seen_at from raw_deskera.contacts order by seen_at desc")
    activity = next(row for row in (served(crm, one) for one in range(1, 450)) if key in row["contact_ids"])
    crm.control("advance", days=1, activity_changes=5)
    account, later = crm.server.account, "2026-10-02T23:00:00.000001+05:30"
    account["activities"].put(activity | {"updated_at": later, "name": "touched"})
    same = run(settings)
    assert of(same).written >= 1
    assert of(same, "contacts").written == 0
    account["contacts"].put((account["contacts"].get(key) or {}) | {"address": "Tartu"})
    account["activities"].put(activity | {"updated_at": later, "name": "touched again"})
    run(settings)
    ((address, seen),) = query(
        settings, f"select address, seen_at from raw_deskera.contacts where id = {key}"
    )
    assert address == "Tartu"
    assert seen > seen_at


def test_a_user_keeps_the_time_zone_that_the_latest_own_activity_told(crm: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(crm, tmp_path)
    run(settings)
    zones = "select id, time_zone from raw_deskera.users where time_zone <> '' order by id"
    before = query(settings, zones)
    assert before
    activities = crm.server.account["activities"]
    later = "2026-10-03T23:00:00.000001+05:30"
    for key in activities.ids():  # nobody owns any, but everybody is assigned to one
        users = crm.server.account["users"].ids()
        if key <= len(users):
            activities.put(
                served(crm, key) | {"updated_at": later, "owner_id": 0, "assignee_ids": [users[key - 1]]}
            )
    crm.server.account["users"].put(
        (crm.server.account["users"].get(before[0][0]) or {}) | {"last_name": "Other"}
    )
    crm.control("advance", days=1, activity_changes=0)
    assert of(run(settings), "users").updated == 1
    assert query(settings, zones) == before


def test_who_asks_for_contacts_only_has_their_activities_read_and_a_dropped_table_is_filled_again(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)
    loaded = run(settings, "contacts")
    assert [one.plan.entity.name for one in loaded.entities] == ["activities", "contacts"]
    whole = query(settings, "select count(*) from raw_deskera.contacts")
    everything = run(settings)
    assert not of(everything).plan.since
    assert of(everything, "deals").inserted > 0
    assert of(everything, "contacts").written == of(everything).written == 0
    execute(settings.place, "drop table raw_deskera.contacts")
    filled = run(settings)
    assert query(settings, "select count(*) from raw_deskera.contacts") == whole
    assert not of(filled).plan.since
    assert of(filled, "deals").written == 0


class Meddling(httpx.AsyncHTTPTransport):
    """Deletes an activity before every fourth request and edits one before every third, of those yet to be read."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked % 4 == 0:
            await self._write("DELETE", f"/{1_500 - self.asked * 9}")
        if self.asked % 3 == 0:
            body = {"ids": [self.asked * 13], "visibility_type": "private"}
            await self._write("PATCH", "/bulkUpdate", json=body)
        return await super().handle_async_request(request)

    async def _write(self, method: str, path: str, **body: Any) -> None:
        headers = {"x-access-token": DESKERA_TOKEN}
        request = httpx.Request(method, f"{self.url}{LIST}{path}", headers=headers, **body)
        answer = await super().handle_async_request(request)
        await answer.aread()
        assert answer.is_success, answer.text


@pytest.mark.parametrize("latency", [0.0, 0.1], ids=["one by one", "several pages at once"])
def test_records_that_go_and_change_while_the_list_is_read_are_all_right_in_the_end(
    latency: float, tmp_path: Path
) -> None:
    with sandbox(activities=1_500, crms=["deskera"], latency=latency) as crm:
        settings = settings_of(crm, tmp_path)
        first = run(settings, transport=Meddling(crm.url))
        assert (first.status, of(first).remark) == ("done", ""), first.problem
        assert of(first).reader.tally.requests > 17, "nothing moved"
        crm.control("latency", seconds=0)
        told, rows = truth(crm, ACTIVITIES), held(settings, ACTIVITIES)
        assert told.keys() <= rows.keys()
        assert run(settings, full=True).status == "done"
        assert differences(crm, settings) == []


def test_a_list_that_lacks_too_much_is_not_believed_and_what_it_passes_over_is_asked_for(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)
    run(settings)
    activities = crm.server.account["activities"]
    for key in activities.ids()[:200]:
        activities.put(served(crm, key) | {"is_deleted": True})
    refused, _ = reconcile(settings)
    assert refused.status == "failed"
    assert "too many to believe" in refused.problem
    assert "reconcile --force --entity activities" in refused.problem
    believed, found = reconcile(settings, force=True)
    assert believed.status == "done"
    assert next(one for one in found if one.entity == "activities").gone >= 190
    assert differences(crm, settings) == []
    _, proof = reconcile(settings, dry_run=True)
    assert all(one.is_proved for one in proof), [one for one in proof if not one.is_proved]


FAULTS = ["burst_429", "server_error", "forbidden_html", "reset", "truncated", "slow", "repeated_page"]
PASSING = at_length(FAULTS, ["repeated_page"])
LASTING = ["unauthorized", "forbidden_html", "truncated", "cursor_refused"]


@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_is_overcome_within_the_run(kind: str, crm: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(crm, tmp_path)
    crm.arm(kind, path=LIST, nth=3 if kind != "repeated_page" else 1, times=1, seconds=5)
    loaded = run(settings)
    assert loaded.status == "done", loaded.problem
    assert differences(crm, settings) == []


@pytest.mark.parametrize("kind", at_length(LASTING, ["truncated"]))
def test_a_fault_that_lasts_is_named_and_costs_nothing_once_it_is_over(
    kind: str, crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)
    run(settings)
    crm.control("advance", days=1, activity_changes=300)
    crm.arm(kind, path=LIST, nth=2 if kind != "cursor_refused" else 1, times=None)
    loaded = run(settings)
    assert loaded.status == "failed"
    assert str(of(loaded).problem).startswith("activities: ")
    assert {one.outcome for one in loaded.entities if one.plan.entity.embedded} == {"partial"}
    crm.calm()
    assert run(settings).status == "done"
    assert differences(crm, settings) == []


def test_a_wrong_token_and_a_wrong_address_are_said_before_anything_is_read(
    crm: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"401.*access token is wrong"):
        run(settings_of(crm, tmp_path, token="wrong"))
    settings = settings_of(crm, tmp_path)
    elsewhere = replace(settings, connection={**settings.connection, "base_url": "https://example.com"})
    with pytest.raises(UsageError, match="base_url is no address of Deskera"):
        run(elsewhere)


def test_every_embedded_entity_is_mentioned_somewhere(crm: Sandbox) -> None:
    assert {name for name, _ in mentioned(crm)} == {entity.name for entity in EMBEDDED}
    assert {entity.name for entity in DESKERA.entities.values()} == {
        "activities",
        *(e.name for e in EMBEDDED),
    }


def test_an_embedded_record_of_another_type_fails_its_own_table_and_is_read_once_it_is_right(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)
    contacts = crm.server.account["contacts"]
    key = next(key for name, key in mentioned(crm) if name == "contacts")
    right = contacts.get(key) or {}
    contacts.put(right | {"name": 5})
    loaded = run(settings)
    assert loaded.status == "failed"
    assert loaded.problem.startswith(f"contacts: record {key}: name: expected `str | null`, got `int`")
    assert {one.plan.entity.name for one in loaded.entities if one.outcome == "done"} == {
        *("activities", "organizations", "users", "deals", "stages")
    }
    contacts.put(right)
    assert run(settings).status == "done"
    assert differences(crm, settings) == []


class Died(Exception):
    """The run ends here."""


def test_a_run_that_dies_with_its_package_made_has_lost_neither_activities_nor_what_stands_within(
    crm: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(crm, tmp_path)

    def die(_run: Run, step: str) -> None:
        if step == "loading":
            raise Died

    with pytest.raises(Died):
        run(settings, watch=die)
    later = run(settings)
    assert of(later).plan.since, "the package was not loaded"
    assert differences(crm, settings) == []
