"""A short torture within the suite; `make torture` is the long one."""

import pytest

from sources.sandbox.faults import REFUSALS, WIRE
from tests.torture.course import FAULTS, course
from tests.torture.torture import Asked, torture

COURSES = (
    Asked(11, days=1, kills=5, destination="duckdb", activities=150, has_whole_days=False),
    Asked(12, days=1, kills=4, destination="postgres", activities=150, has_whole_days=False),
)


@pytest.mark.parametrize("asked", COURSES, ids=lambda asked: asked.destination)
def test_after_days_of_torture_nothing_is_lost_or_done_twice_and_nobody_saw_half_of_it(asked: Asked) -> None:
    told: list[str] = []
    outcome = torture(asked, tell=told.append)
    assert outcome.findings == [], "\n".join([*told, f"Kept in {outcome.folder}. Again: {asked.command}"])
    assert outcome.figures["kills"] > 1
    assert outcome.figures["reads"] > 1


def test_a_seed_is_always_the_same_course_and_another_one_another() -> None:
    first, again, other = (course(seed, days=60, kills=200, destination="postgres") for seed in (1, 1, 2))
    assert first == again
    assert first != other
    kinds = {strike.kind for day in first for command in day.commands for strike in command.strikes}
    assert kinds == {"kill", "restart", "fill", "rival", "people"}
    assert sum(strike.kind == "kill" for day in first for one in day.commands for strike in one.strikes) > 220


def test_every_fault_that_the_sandbox_knows_is_armed() -> None:
    assert set(FAULTS) == {*REFUSALS, *WIRE}
    days = course(3, days=60, kills=200, destination="duckdb")
    assert {fault.kind for day in days for one in day.commands for fault in one.faults} == set(FAULTS)
