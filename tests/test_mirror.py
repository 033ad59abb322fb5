"""Two CRMs mirror each other: people work in both, loads and pushes run, fail and die; at rest both have the same.

At no time has either of them two records of one activity. What an activity is called begins with a word of its own, by
which the machine knows it and its copy, whatever the ledger says.
"""

import base64
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipelines.push.apply import Applying
from pipelines.push.landing import Landing
from pipelines.push.ledger import Ledger
from sources.errors import RoundtripError
from tests.mirrored import mirrored
from tests.support import ADMIN, DESKERA_TOKEN, Sandbox, at_length, execute, query, sandbox

SEED = 8
CRMS = ("pipedrive", "deskera")
OTHER = {"pipedrive": "deskera", "deskera": "pipedrive"}
PATHS = {"pipedrive": "/api/v2/activities", "deskera": "/v1/crm/activities"}
NAME = {"pipedrive": "subject", "deskera": "name"}
DONE = {"pipedrive": "done", "deskera": "is_status"}
KEPT = (
    *(
        "name",
        "activity_type",
        "start",
        "end",
        "visibility_type",
        "is_availability",
        "user_timezone",
        "owner_id",
    ),
    *("is_send_invitation", "is_send_contacts_invitation", "contact_ids", "organization_ids", "assignee_ids"),
    *("linked_to", "is_status"),
)
"""What a person who edits an activity of Deskera's sends along, for PUT replaces."""
PLACES: tuple[tuple[Any, str], ...] = (
    (Ledger, "record"),
    (Landing, "write"),
    (Ledger, "intend"),
    (Applying, "_collected"),
)
FAULTS = ("reset", "truncated", "failed_after", "server_error", "burst_429", "refused")
WHICH = st.integers(0, 99)
EITHER = st.sampled_from(CRMS)


class PowerCutError(BaseException):
    """The process is gone."""


class Mirroring(RuleBasedStateMachine):
    """What may happen, and what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="roundtrip-mirror-"))
        self.stack.callback(shutil.rmtree, folder)
        self.crm: Sandbox = self.stack.enter_context(sandbox(6))
        self.words = 0
        for crm in CRMS:
            for row in self.crm.truth("activities", crm):
                self.call(crm, row["id"], f"{self.word()} of before")
        self.mirror = self.stack.enter_context(mirrored(self.crm, folder))

    def teardown(self) -> None:
        try:
            self.settle_down()
        finally:
            self.stack.close()

    # What people do in the CRMs.

    @rule(crm=EITHER, done=st.booleans())
    def create(self, crm: str, done: bool) -> None:  # noqa: FBT001
        row = {NAME[crm]: f"{self.word()} new", DONE[crm]: done}
        row |= {"type": "call"} if crm == "pipedrive" else {"activity_type": "call"}
        self.ask(crm, "POST", "", row)

    @rule(crm=EITHER, which=WHICH)
    def rename(self, crm: str, which: int) -> None:
        for row in self.some(crm, which):
            self.change(crm, row, {NAME[crm]: f"{row[NAME[crm]].split()[0]} renamed"})

    @rule(crm=EITHER, which=WHICH)
    def complete(self, crm: str, which: int) -> None:
        for row in self.some(crm, which):
            self.change(crm, row, {DONE[crm]: True})

    @rule(crm=EITHER, which=WHICH)
    def reopen(self, crm: str, which: int) -> None:
        for row in self.some(crm, which):
            self.change(crm, row, {DONE[crm]: False})

    @rule(crm=EITHER, which=WHICH)
    def delete(self, crm: str, which: int) -> None:
        for row in self.some(crm, which):
            self.ask(crm, "DELETE", f"/{row['id']}")

    # What runs, and how it goes wrong.

    @rule()
    def night(self) -> None:
        self.mirror.night()

    @rule(crm=EITHER)
    def load(self, crm: str) -> None:
        self.mirror.load(crm)

    @rule()
    def transform(self) -> None:
        self.mirror.transform()

    @rule(crm=EITHER)
    def push(self, crm: str) -> None:
        self.mirror.push(crm)

    @rule(
        crm=EITHER,
        kind=st.sampled_from(FAULTS),
        method=st.sampled_from(["POST", "PATCH,PUT", "GET"]),
        nth=st.integers(1, 3),
        times=st.sampled_from([1, 1, 4]),
    )
    def push_when_the_crm_is_not_well(self, crm: str, kind: str, method: str, nth: int, times: int) -> None:
        self.crm.arm(kind, path=f"{PATHS[crm]}*", method=method, nth=nth, times=times)
        with suppress(RoundtripError):
            self.mirror.push(crm)
        self.crm.calm()

    @rule(crm=EITHER, place=st.sampled_from(PLACES), late=st.booleans())
    def push_and_die(self, crm: str, place: tuple[Any, str], late: bool) -> None:  # noqa: FBT001
        owner, name = place
        with pytest.MonkeyPatch.context() as patch, suppress(PowerCutError):
            patch.setattr(owner, name, _dying(getattr(owner, name), late=late))
            self.mirror.push(crm)

    # What must hold.

    @invariant()
    def neither_has_two_records_of_one_activity(self) -> None:
        for crm in CRMS:
            times = Counter(self.words_of(self.crm.truth("activities", crm), crm))
            assert [word for word, count in times.items() if count > 1] == [], crm

    def settle_down(self) -> None:
        """Two quiet nights: then each has what the other has, and a third one has nothing to do."""
        # What was refused is tried again after a pause, which is over.
        execute(self.mirror.place, "update ops.push_ledger set next_try_at = null")
        for _ in range(2):
            self.mirror.load("pipedrive")
            self.mirror.load("deskera", full=True)
            self.mirror.transform()
            for crm in CRMS:
                self.mirror.push(crm)
        self.neither_has_two_records_of_one_activity()
        self.mirror.load()
        self.mirror.transform()
        assert [self.mirror.planned(crm).actions for crm in CRMS] == [(), ()]
        assert query(self.mirror.place, "select push_key from ops.push_state where verdict = 'unknown'") == []
        for crm in CRMS:
            known = set(self.words_of(self.crm.truth("activities", OTHER[crm]), OTHER[crm]))
            assert set(self.words_of(self.living(crm), crm)) - known == set(), f"of {crm} without a copy"
        here, there = self.done_of_both()
        assert here == there

    # The machine's own account.

    def word(self) -> str:
        """The word of a new activity."""
        self.words += 1
        return f"W{self.words}"

    def words_of(self, rows: Iterable[dict[str, Any]], crm: str) -> list[str]:
        rows = list(rows)
        assert [row for row in rows if not row[NAME[crm]]] == []
        return [row[NAME[crm]].split()[0] for row in rows]

    def living(self, crm: str) -> list[dict[str, Any]]:
        return [row for row in self.crm.truth("activities", crm) if not row["is_deleted"]]

    def some(self, crm: str, which: int) -> list[dict[str, Any]]:
        """One living activity, if there is any."""
        rows = self.living(crm)
        return [rows[which % len(rows)]] if rows else []

    def done_of_both(self) -> list[dict[str, bool]]:
        """By word, which of the activities that live in both are done in each."""
        found = [
            dict(zip(self.words_of(rows, crm), (bool(row[DONE[crm]]) for row in rows), strict=True))
            for crm in CRMS
            for rows in [self.living(crm)]
        ]
        both = found[0].keys() & found[1].keys()
        return [{word: one[word] for word in both} for one in found]

    def call(self, crm: str, number: int, name: str) -> None:
        """Give an activity a name before anything is loaded."""
        activities = self.crm.server.world.site(crm).account["activities"]
        activities.put((activities.get(number) or {}) | {NAME[crm]: name})

    def change(self, crm: str, row: dict[str, Any], values: dict[str, Any]) -> None:
        """What a person does to an activity."""
        if crm == "pipedrive":
            self.ask(crm, "PATCH", f"/{row['id']}", values)
        else:
            notes = base64.b64encode((row["notes"] or "").encode()).decode()
            kept = {name: row[name] for name in KEPT if row[name] is not None}
            self.ask(crm, "PUT", f"/{row['id']}", {**kept, "notes": notes, **values})

    def ask(self, crm: str, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """One request of a person's, a second after the one before."""
        self.crm.server.clock.forward(1)
        token = {"pipedrive": ("x-api-token", ADMIN), "deskera": ("x-access-token", DESKERA_TOKEN)}[crm]
        url = f"{self.crm.url}{PATHS[crm]}{path}"
        answer = httpx.request(method, url, json=body, headers=dict([token]), timeout=60)
        assert answer.is_success, answer.text


def _dying(function: Any, *, late: bool) -> Any:
    """The function, before or after whose first call the power fails."""

    def called(*arguments: Any, **options: Any) -> Any:
        if late:
            function(*arguments, **options)
        raise PowerCutError

    return called


@pytest.mark.skipif(
    not at_length(True, False), reason="`make soak` searches; the walk below is always the same"
)
def test_whatever_happens_two_crms_come_to_mirror_each_other() -> None:
    run_state_machine_as_test(
        Mirroring,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_a_walk_through_many_nights_ends_with_each_having_what_the_other_has() -> None:
    """The same without a search: one long walk, the same each time, which is cheap and meets most of it."""
    random, machine = Random(SEED), Mirroring()

    def either() -> str:
        return random.choice(CRMS)

    people: list[Any] = [
        lambda: machine.create(either(), random.random() < 0.3),
        lambda: machine.rename(either(), random.randrange(99)),
        lambda: machine.complete(either(), random.randrange(99)),
        lambda: machine.reopen(either(), random.randrange(99)),
        lambda: machine.delete(either(), random.randrange(99)),
    ]
    runs: list[Any] = [
        lambda: machine.push(either()),
        lambda: machine.push_when_the_crm_is_not_well(
            either(), random.choice(FAULTS), random.choice(["POST", "PATCH,PUT"]), 1, 1
        ),
        lambda: machine.push_and_die(either(), random.choice(PLACES), random.random() < 0.5),
        machine.night,
    ]
    for _ in range(at_length(60, 3)):
        for _ in range(3):
            random.choice(people)()
        machine.load(either())
        machine.transform()
        for _ in range(2):
            random.choice(runs)()
            machine.neither_has_two_records_of_one_activity()
    _refused_on_both_sides(machine)
    machine.teardown()


def _refused_on_both_sides(machine: Mirroring) -> None:
    """Each CRM refuses a copy; it takes it when it is asked again."""
    for crm in CRMS:
        machine.create(crm, False)
        machine.load(crm)
    machine.transform()
    for crm in CRMS:
        machine.push_when_the_crm_is_not_well(crm, "refused", "POST", 1, 1)
    refused = query(
        machine.mirror.place, "select crm from ops.push_state where verdict = 'refused' order by crm"
    )
    assert {crm for (crm,) in refused} == set(CRMS)
