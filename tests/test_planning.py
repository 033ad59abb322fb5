"""What a command would cost, told before it asks anything."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import planning
from pipelines.forecast import Period, forecast, probed
from pipelines.place import Place
from pipelines.planning import Estimate, Forecast, Limits
from sources.entity import Entity
from sources.errors import UsageError
from tests.support import PIPEDRIVE, query, run, sandbox

NAMES = ("stages", "persons", "activities")
DEALS, USERS = PIPEDRIVE.entities["deals"], PIPEDRIVE.entities["users"]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_list_costs_a_request_a_page_and_one_when_it_is_empty(plain: int, archived: int) -> None:
    pages = [max(1, math.ceil(count / 500)) for count in (plain, archived)]
    found = planning.of_whole_lists(DEALS, [plain, archived], "")
    assert (found.requests, found.tokens, found.longest) == (
        sum(pages),
        10 * pages[0] + 20 * pages[1],
        max(pages),
    )


def test_a_list_that_comes_whole_costs_one_request() -> None:
    assert planning.of_whole_lists(USERS, [5_000], "") == Estimate("users", 1, 20, "", 1)


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (500, 1), (501, 2), (999, 2), (1_000, 3)])
def test_a_page_by_offset_shows_one_row_of_the_page_before_again(rows: int, pages: int) -> None:
    listing = replace(USERS.lists[0], paging="offset", page_size=500)
    assert planning.of_whole_lists(replace(USERS, lists=(listing,)), [rows], "").requests == pages


@pytest.mark.parametrize(
    ("requests", "longest", "limits", "seconds"),
    [
        (4_000, 4_000, Limits(burst=40, latency=0.05), 198),
        (30, 10, Limits(burst=40, latency=0.05), 0.5),
        (60, 60, Limits(burst=40, latency=0.1), 6),
    ],
)
def test_the_time_is_that_of_the_burst_limit_or_of_one_page_after_another(
    requests: int, longest: int, limits: Limits, seconds: float
) -> None:
    found = Forecast("reconcile", (Estimate("activities", requests, 0, "", longest),), limits)
    assert found.seconds == pytest.approx(seconds, rel=0.2)


def test_a_nightly_is_estimated_from_the_last_ones_and_nothing_is_asked(place: Place) -> None:
    with sandbox(200) as crm:
        settings = crm.settings(place)
        first = forecast(settings, "nightly", ["stages", "activities"])
        assert "never read" in first.estimates[1].basis
        run(settings, *NAMES)
        crm.control("advance", days=1)
        spent = run(settings, *NAMES).total("tokens")
        before = crm.stats()["requests"]
        told = forecast(settings, "nightly", NAMES)
        assert crm.stats()["requests"] == before
        assert told.tokens == pytest.approx(spent, abs=20)
        changed = next(one for one in told.estimates if one.entity == "activities")
        assert changed.basis.endswith("changes, as in the last runs")
        assert told.limits.daily == 300_000


def test_what_belongs_to_single_records_is_estimated_by_the_parents_that_change(place: Place) -> None:
    with sandbox(20) as crm:
        settings = crm.settings(place, entities=("deals", "deal_followers"))

        def of_followers() -> Estimate:
            return forecast(settings, "nightly").estimates[-1]

        assert of_followers().basis.startswith("never read")
        run(settings, "deals")
        ((deals,),) = query(settings, "select count(*) from raw_pipedrive.deals where not is_deleted")
        assert (of_followers().requests, of_followers().tokens) == (deals, 10 * deals)
        assert run(settings).status == "done"
        crm.control("advance", days=1)
        changed = next(one for one in run(settings).entities if one.plan.entity.name == "deals")
        assert 0 < of_followers().requests <= changed.reader.tally.rows
        assert of_followers().basis.startswith("deals: ")


def test_a_backfill_is_estimated_from_what_is_held_of_its_time(place: Place) -> None:
    with sandbox(1_300) as crm:
        settings = crm.settings(place)
        run(settings, "activities")
        since = datetime(2026, 6, 1, tzinfo=UTC)
        ((count,),) = query(
            settings,
            "select count(*) from raw_pipedrive.activities where not is_deleted and update_time >= '2026-06-01 00:00Z'",
        )
        some = forecast(settings, "backfill", ["activities"], span=Period(since))
        every = forecast(settings, "backfill", ["activities"])
        assert some.requests == 1 + math.ceil(count / 500) < every.requests == 1 + 3
        with pytest.raises(UsageError, match="stages has no update time"):
            forecast(settings, "backfill", ["stages"])


def test_a_probe_asks_each_list_once_for_its_highest_id_and_is_recorded(place: Place) -> None:
    with sandbox(1_300) as crm:
        settings = crm.settings(place)
        found = probed(settings, "reconcile", ["stages", "activities"])
        assert crm.stats()["requests"] == 2
        by_entity: dict[str, Estimate] = {one.entity: one for one in found.estimates}
        assert by_entity["activities"].requests == 3
        assert by_entity["activities"].basis == "ids up to 1,300, so at most this"
        assert query(settings, "select command, sum(tokens) from ops.token_spend group by command") == [
            ("plan", 15)
        ]


def lists_of(entity: Entity) -> list[str]:
    return [listing.holds for listing in entity.lists]


def test_every_entity_of_several_lists_says_which_records_stand_in_which() -> None:
    several = [entity for entity in PIPEDRIVE.entities.values() if len(entity.lists) > 1]
    assert [entity.name for entity in several if not all(lists_of(entity))] == []
