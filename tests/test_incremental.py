"""Tables that are built bit by bit, night after night, are those that one build of everything makes.

Both CRMs are in them; their records have the same ids.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.config import Settings
from pipelines.place import Place
from pipelines.reports import open_reports
from pipelines.transform import transform
from sources.sandbox.clock import stamp
from tests.numbers import oddities
from tests.numbers.company import Night, Row
from tests.numbers.comparing import differences
from tests.numbers.nights import remembered, wrong
from tests.numbers.oddities import NUMBERS, change
from tests.numbers.tables import TABLES
from tests.support import Sandbox, at_length, execute, run, sandbox

LOADED = (0, 1, 6, 10, 16, 29, 30)
"""Days that end with a load."""
BUILT = at_length((0, 1, 6, 10, 11, 30), (0, 10, 11, 30))
"""Days that end with a build; on the 11th nothing was loaded since the last one."""
MOVING = ("users", "stages", "activity_types", "persons", "organizations", "deals", "activities")
"""What is loaded after the first time."""
VANISHES, VANISHED = 10, 150
"""The day on which the raw tables lose an activity, as when they are read anew, and which; an edit brings it back."""
TIMELESS = [
    table for table in TABLES if table.name in ("fct_activity", "fct_deal_engagement", "agg_owner_week")
]
"""Tables that can be made as of an earlier day."""
KEYS = {table.name: table.key for table in TABLES} | {
    "bridge_activity_attendee": ("crm", "activity_id", "attendee_number"),
    "dim_activity_type": ("crm", "activity_type"),
    "dim_date": ("date_day",),
    "dim_deal": ("crm", "deal_id"),
    "dim_organization": ("crm", "organization_id"),
    "dim_person": ("crm", "person_id"),
    "dim_pipeline": ("crm", "pipeline_id"),
    "dim_product": ("crm", "product_id"),
    "dim_stage": ("crm", "stage_id"),
    "dim_user": ("crm", "user_id"),
    "rpt_push_outcomes": ("crm", "target", "push_key"),
}
Happening = Callable[[Sandbox], None]


def edit(entity: str, number: int, **changes: Any) -> Happening:
    """A change that somebody made an hour ago."""

    def happen(crm: Sandbox) -> None:
        at = stamp(crm.server.clock.now() - timedelta(hours=1))
        change(crm, entity, number, update_time=at, **changes)

    return happen


def other_zone(number: int, zone: str) -> Happening:
    """A user who moves; users have no time of change."""
    return lambda crm: change(crm, "users", number, timezone_name=zone)


FIRST, SECOND = NUMBERS["when the deal was won and lost"], NUMBERS["in the same second"]
HAPPENINGS: dict[int, tuple[Happening, ...]] = {
    1: (
        edit("activities", FIRST, deal_id=9, is_deleted=False),
        edit("activities", 200, type="call", participants=[{"person_id": 4, "primary": True}], person_id=4),
        other_zone(3, "Pacific/Kiritimati"),
        edit("deals", 2, won_time="2026-08-01T00:00:00Z"),
        edit("deals", 6, status="open", won_time=None, close_time=None),
    ),
    6: (
        edit("activities", FIRST, is_deleted=True),
        edit("activities", SECOND, person_id=None, participants=None),
        edit("deals", 3, is_deleted=True),
        other_zone(oddities.MARS, "America/Anchorage"),
    ),
    10: (
        edit("activities", FIRST, is_deleted=False, deal_id=1),
        edit("activities", 201, deal_id=None, type="", is_deleted=False),
        edit("activities", 202, due_date="2026-10-16", due_time="", done=False, is_deleted=False),
        edit("activities", 203, due_date="2026-11-30", due_time="", done=False, is_deleted=False),
        edit("deals", 3, is_deleted=False, status="lost", lost_time="2026-08-01T00:00:00Z"),
    ),
    16: (
        edit("activities", VANISHED, subject="Back again"),
        edit("stages", 4, days_to_rotten=1),
        other_zone(3, "Pacific/Pago_Pago"),
    ),
}
"""What the sandbox's own days do not do, or not surely: moved to and fro, and deleted and restored in between."""


def test_thirty_nights_bit_by_bit_make_what_one_build_of_everything_makes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is chosen is built without its tests.
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "empty")
    with sandbox(activities=300, seed=11) as crm:
        oddities.plant(crm)
        nights = thirty_nights(crm, crm.settings(place))
    before = published(place)
    assert len(before) > len(TABLES)
    make(place, full_refresh=True)
    after = published(place)
    assert [
        line for name in before for line in differences(name, after[name], before[name], KEYS[name])
    ] == []
    as_of = next(iter(nights[-1].values())).as_of - timedelta(days=40)
    make(place, *(f"+{table.name}" for table in TIMELESS), variables={"as_of": as_of.isoformat()})
    earlier = {name: replace(company, as_of=as_of) for name, company in nights[-1].items()}
    assert wrong(place, [earlier], TIMELESS) == []


def thirty_nights(crm: Sandbox, settings: Settings) -> list[Night]:
    """Live through thirty working days; what the company was at each build."""
    nights: list[Night] = []
    night: Night = {}
    for day in range(31):
        pass_day(crm, day)
        if day in LOADED:
            assert run(settings, *(MOVING if day else ())).status == "done"
            assert run(crm.settings(settings.place, crm="deskera"), full=True).status == "done"
            night = remembered(crm, settings, before=night)
        if day == VANISHES:
            execute(settings, f"delete from raw_pipedrive.activities where id = {VANISHED}")
            night = without(night, VANISHED)
        if day in BUILT:
            make(settings.place)
            nights.append(night)
            assert wrong(settings.place, nights) == []
    return nights


def pass_day(crm: Sandbox, day: int) -> None:
    """Let the sandbox's people work, and then happen what they do not do."""
    if day:
        crm.control("advance", days=1)
    for happen in HAPPENINGS.get(day, ()):
        happen(crm)


def make(place: Place, *models: str, **options: Any) -> None:
    """Build models, or all of them and test them, and publish."""
    done = transform(place, select=models, **options)
    assert (done.status, done.problem) == ("done", "")


def without(night: Night, number: int) -> Night:
    """The night without an activity of Pipedrive's."""
    company = night["pipedrive"]
    left = [row for row in company.truth["activities"] if row["id"] != number]
    return {**night, "pipedrive": replace(company, truth={**company.truth, "activities": left})}


def published(place: Place) -> dict[str, list[Row]]:
    """All tables that are for readers, but the one that only says which state they are."""
    with open_reports(place) as reports:
        ((names,),) = (row.values() for row in reports.rows("select tables from published"))
        return {
            name: reports.rows(f"select * from {name}") for name in names.split(",") if name != "published"
        }
