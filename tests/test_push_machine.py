"""People edit and delete, the model changes, loads and pushes run, fail and die, in any order; at rest all is well.

At no time is there a second record of a key, and what people changed of what was pushed is never overwritten. The
machine keeps its own account of both, from the CRM's truth.
"""

import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pipelines.push.actions import Outcome
from pipelines.push.apply import Applying
from pipelines.push.landing import Landing
from pipelines.push.ledger import Ledger
from sources.errors import RoundtripError
from tests.pushing import Model, target
from tests.support import FREE, PIPEDRIVE, Sandbox, at_length, differences, place_in, query, run, sandbox
from tests.test_push_apply import edit, remove

ACTIVITIES = PIPEDRIVE.entities["activities"]
SEED = 5
NEW, OLD = ("n0", "n1", "n2", "n3", "n4"), ("o0", "o1")
BEGUN = (*NEW[:2], *OLD)
"""The rows there are from the beginning."""
FIELDS = ("subject", "done", "priority")
VALUES = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(["Call", "Meet", "Write"]),
        "done": st.booleans(),
        "priority": st.none() | st.integers(1, 2),
    }
)
EDITS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"subject": st.sampled_from(["Call", "Theirs"])}),
    st.fixed_dictionaries({"done": st.booleans()}),
    st.fixed_dictionaries({"priority": st.sampled_from([1, 3])}),
)
FAULTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["reset", "truncated", "failed_after", "server_error", "burst_429"]),
        "method": st.sampled_from(["POST", "PATCH", "GET", "DELETE"]),
        "nth": st.integers(1, 3),
        "times": st.sampled_from([1, 1, 4]),
    }
)
WHICH = st.integers(0, 99)
PLACES: list[tuple[Any, str]] = [
    (Ledger, "record"),
    (Landing, "write"),
    (Ledger, "intend"),
    (Applying, "_collected"),
]


class PowerCutError(BaseException):
    """The process is gone."""


class Pushing(RuleBasedStateMachine):
    """What may happen, and what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="roundtrip-machine-"))
        self.stack.callback(shutil.rmtree, folder)
        self.crm: Sandbox = self.stack.enter_context(sandbox(12))
        own = self.crm.settings(place_in(folder), entities=("users", "activities"), settling=0)
        run(own)
        rows = [row for row in self.crm.truth("activities") if not row["is_deleted"]]
        self.ids = dict(zip(OLD, (row["id"] for row in rows), strict=False))
        fields = (*FIELDS, "type", "owner_id", "public_description")
        self.model = Model(own, target(fields=fields, allow_deletes=True))
        self.owner = rows[0]["owner_id"]
        self.agreed: set[tuple[int, str]] = set()
        """Fields of records that have been pushed, and were then as they were wanted."""
        self.theirs: dict[tuple[int, str], Any] = {}
        """Of those, what people have made of them since."""
        self.touched: set[int] = set()
        """Records that people have edited or deleted."""

    def teardown(self) -> None:
        try:
            self.settle_down()
        finally:
            self.stack.close()

    @initialize(values=st.lists(VALUES, min_size=len(BEGUN), max_size=len(BEGUN)))
    def begin_with_everything_pushed(self, values: list[dict[str, Any]]) -> None:
        for key, row in zip(BEGUN, values, strict=True):
            self.edit_model(key, row)
        self.push()

    # What people do in the CRM.

    @rule(which=WHICH, values=EDITS)
    def edit_there(self, which: int, values: dict[str, Any]) -> None:
        record = self.some_record(which)
        if record is None:
            return
        edit(self.crm, record["id"], **values)
        self.touched.add(record["id"])
        for name, value in values.items():
            if value != record[name] and (record["id"], name) in self.agreed:
                self.theirs[record["id"], name] = value

    @rule(which=WHICH)
    def delete_there(self, which: int) -> None:
        record = self.some_record(which)
        if record is not None:
            remove(self.crm, record["id"])
            self.touched.add(record["id"])

    # What the analyst does.

    @rule(key=st.sampled_from(NEW + OLD), values=VALUES)
    def edit_model(self, key: str, values: dict[str, Any]) -> None:
        new = {"type": "call", "owner_id": self.owner, "public_description": key}
        self.model.rows[key] = {**values, **({"id": self.ids[key]} if key in OLD else new)}

    @rule(key=st.sampled_from(NEW + OLD))
    def drop_from_model(self, key: str) -> None:
        self.model.rows.pop(key, None)

    @rule(key=st.sampled_from(NEW + OLD))
    def delete_here(self, key: str) -> None:
        if key in self.model.rows:
            self.model.rows[key] = {**self.model.rows[key], "_delete": True}

    # What runs, and how it goes wrong.

    @rule()
    def load(self) -> None:
        self.crm.server.clock.forward(1)
        run(self.model.settings, "activities")

    @rule()
    def push(self) -> None:
        self.crm.server.clock.forward(1)
        self.account(self.model.push())

    @rule(fault=FAULTS)
    def push_when_the_crm_is_not_well(self, fault: dict[str, Any]) -> None:
        self.crm.server.clock.forward(1)
        self.crm.arm(
            fault["kind"], path="/api/v2/activities*", **{k: fault[k] for k in ("method", "nth", "times")}
        )
        outcomes: dict[str, Outcome] = {}
        with suppress(RoundtripError):
            outcomes = self.model.push()
        self.crm.calm()
        self.account(outcomes)

    @rule(tokens=st.integers(2, 30))
    def push_with_few_tokens_left(self, tokens: int) -> None:
        self.crm.server.clock.forward(1)
        self.crm.control("limits", burst=FREE["burst"], daily_remaining=tokens)
        outcomes: dict[str, Outcome] = {}
        with suppress(RoundtripError):
            outcomes = self.model.push()
        self.crm.control("limits", **FREE)
        self.account(outcomes)

    @rule(place=st.sampled_from(PLACES), late=st.booleans())
    def push_and_die(self, place: tuple[Any, str], late: bool) -> None:  # noqa: FBT001
        self.crm.server.clock.forward(1)
        owner, name = place
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, _dying(getattr(owner, name), late=late))
            try:
                outcomes = self.model.push()
            except PowerCutError:
                outcomes = {}
        self.account(outcomes)

    # What must hold.

    @invariant()
    def there_is_no_second_record_of_a_key(self) -> None:
        for key in NEW:
            assert len(self.records(key)) <= 1, key

    @invariant()
    def what_people_changed_is_as_they_made_it(self) -> None:
        truth = {row["id"]: row for row in self.crm.truth("activities")}
        for (number, name), value in self.theirs.items():
            assert truth[number]["is_deleted"] or truth[number][name] == value, (number, name)

    def settle_down(self) -> None:
        """A quiet night or two: then what is wanted is so, but for what people did."""
        for _ in range(2):
            self.load()
            self.push()
            self.what_people_changed_is_as_they_made_it()
        self.there_is_no_second_record_of_a_key()
        assert self.model.planned().actions == ()
        assert (
            query(self.model.settings, "select push_key from ops.push_state where verdict = 'unknown'") == []
        )
        self.load()
        assert differences(self.crm, self.model.settings, ACTIVITIES) == []
        for key, row in self.model.rows.items():
            self.is_as_wanted(key, row)

    def is_as_wanted(self, key: str, row: Any) -> None:
        touched = f"select record_id from ops.push_state where push_key = '{key}'"
        known = {number for (number,) in query(self.model.settings, touched)} | {self.ids.get(key)}
        if known & self.touched:
            return
        records = self.records(key)
        assert len(records) == (not row.get("_delete")), key
        wanted = {name: row[name] for name in FIELDS}
        assert [{name: one[name] for name in FIELDS} for one in records] in ([], [wanted]), key

    # The machine's own account.

    def account(self, outcomes: dict[str, Outcome]) -> None:
        """What is agreed now: fields that were pushed, or may have been, and are as they are wanted."""
        for action in self.model.actions:
            outcome = outcomes.get(action.push_key)
            for record in self.records(action.push_key):
                surely = outcome is not None and outcome.verdict in ("applied", "already")
                names = action.wanted.keys() if surely else action.values.keys()
                for name in FIELDS:
                    if name in names and record[name] == self.model.rows[action.push_key][name]:
                        self.agree((record["id"], name), record[name])

    def agree(self, field: tuple[int, str], value: Any) -> None:
        """A field is as it is wanted: where people changed it, only if it is wanted to be as they made it."""
        self.agreed.add(field)
        if field in self.theirs and self.theirs[field] == value:
            del self.theirs[field]

    def records(self, key: str) -> list[dict[str, Any]]:
        """The living records of a key, by the CRM's truth."""
        return [
            row
            for row in self.crm.truth("activities")
            if not row["is_deleted"] and (row["public_description"] == key or row["id"] == self.ids.get(key))
        ]

    def some_record(self, which: int) -> dict[str, Any] | None:
        found = [record for key in NEW + OLD for record in self.records(key)]
        return found[which % len(found)] if found else None


def _dying(function: Any, *, late: bool) -> Any:
    """The function, before or after whose first call the power fails."""

    def called(*arguments: Any, **options: Any) -> Any:
        if late:
            function(*arguments, **options)
        raise PowerCutError

    return called


def test_whatever_happens_pushes_converge_without_a_second_record_or_a_lost_edit() -> None:
    run_state_machine_as_test(
        Pushing,
        settings=settings(
            max_examples=at_length(40, 1),
            stateful_step_count=at_length(25, 4),
            deadline=None,
            phases=[Phase.explicit, Phase.generate, *at_length((Phase.shrink,), ())],
            suppress_health_check=list(HealthCheck),
            derandomize=at_length(False, True),
            database=None,
        ),
    )


def test_a_walk_through_many_days_keeps_every_edit_and_makes_no_second_record() -> None:
    """The same without a search: one long walk, the same each time, which is cheap and meets most of it."""
    random, machine = Random(SEED), Pushing()

    def values() -> dict[str, Any]:
        return {
            "subject": random.choice(["Call", "Meet", "Write"]),
            "done": random.random() < 0.5,
            "priority": random.choice([None, 1, 2]),
        }

    def fault() -> dict[str, Any]:
        kind = random.choice(["reset", "truncated", "failed_after", "server_error"])
        return {"kind": kind, "method": random.choice(["POST", "PATCH", "GET"]), "nth": 1, "times": 1}

    keys, edits = NEW + OLD, ({"subject": "Theirs"}, {"done": True}, {"done": False}, {"priority": 3})
    steps: list[Any] = [
        lambda: machine.edit_there(random.randrange(99), random.choice(edits)),
        lambda: machine.edit_there(random.randrange(99), random.choice(edits)),
        lambda: machine.edit_model(random.choice(keys), values()),
        lambda: machine.edit_model(random.choice(keys), values()),
        lambda: machine.delete_here(random.choice(keys)),
        lambda: machine.delete_there(random.randrange(99)),
        machine.load,
        machine.push,
        lambda: machine.push_when_the_crm_is_not_well(fault()),
        lambda: machine.push_and_die(random.choice(PLACES), random.random() < 0.5),
        lambda: machine.push_with_few_tokens_left(random.randrange(2, 30)),
    ]
    machine.begin_with_everything_pushed([values() for _ in BEGUN])
    for _ in range(at_length(200, 30)):
        random.choice(steps)()
        machine.there_is_no_second_record_of_a_key()
        machine.what_people_changed_is_as_they_made_it()
    machine.teardown()
