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
from tests.dialects import IN_DESKERA, IN_PIPEDRIVE, Dialect
from tests.pushing import Model, target
from tests.support import FREE, Sandbox, at_length, place_in, query, run, sandbox

SEED = 5
NEW, OLD = ("n0", "n1", "n2", "n3", "n4"), ("o0", "o1")
BEGUN = (*NEW[:2], *OLD)
"""The rows there are from the beginning."""
VALUES = st.tuples(st.sampled_from(["Call", "Meet", "Write"]), st.booleans(), st.sampled_from([None, 0, 1]))
"""A title, whether it is done, and which of the dialect's values of another field."""
EDITS: st.SearchStrategy[tuple[int, Any]] = st.one_of(
    st.tuples(st.just(0), st.sampled_from(["Call", "Theirs"])),
    st.tuples(st.just(1), st.booleans()),
    st.tuples(st.just(2), st.sampled_from([0, 2])),
)
"""Which of the three fields, and its value."""
FAULTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["reset", "truncated", "failed_after", "server_error", "burst_429"]),
        "method": st.integers(0, 4),
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

    dialect: Dialect = IN_PIPEDRIVE

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="roundtrip-machine-"))
        self.stack.callback(shutil.rmtree, folder)
        self.crm: Sandbox = self.stack.enter_context(sandbox(12, crms=[self.dialect.crm]))
        own = self.crm.settings(
            place_in(folder), crm=self.dialect.crm, entities=self.dialect.entities, settling=0
        )
        run(own)
        self.ids = dict(zip(OLD, self.dialect.living(self.crm), strict=False))
        fields = (*self.dialect.fields, self.dialect.kind, "owner_id", self.dialect.mark)
        self.model = Model(own, target(crm=self.dialect.crm, fields=fields, allow_deletes=True))
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
    def begin_with_everything_pushed(self, values: list[Any]) -> None:
        for key, row in zip(BEGUN, values, strict=True):
            self.edit_model(key, row)
        self.push()

    # What people do in the CRM.

    @rule(which=WHICH, values=EDITS)
    def edit_there(self, which: int, values: tuple[int, Any]) -> None:
        record = self.some_record(which)
        if record is None:
            return
        name, value = self.dialect.fields[values[0]], values[1]
        value = self.dialect.some[value] if name == self.dialect.more else value
        self.dialect.edit(self.crm, record["id"], **{name: value})
        self.touched.add(record["id"])
        if value != record[name] and (record["id"], name) in self.agreed:
            self.theirs[record["id"], name] = value

    @rule(which=WHICH)
    def delete_there(self, which: int) -> None:
        record = self.some_record(which)
        if record is not None:
            self.dialect.remove(self.crm, record["id"])
            self.touched.add(record["id"])

    # What the analyst does.

    @rule(key=st.sampled_from(NEW + OLD), values=VALUES)
    def edit_model(self, key: str, values: tuple[str, bool, int | None]) -> None:
        title, done, some = values
        more = None if some is None else self.dialect.some[some]
        said = dict(zip(self.dialect.fields, (title, done, more), strict=True))
        new = {self.dialect.kind: "call", "owner_id": 1, self.dialect.mark: key}
        self.model.rows[key] = {**said, **({"id": self.ids[key]} if key in OLD else new)}

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
        self.dialect.load(self.model.settings)

    @rule()
    def push(self) -> None:
        self.crm.server.clock.forward(1)
        self.account(self.model.push())

    @rule(fault=FAULTS)
    def push_when_the_crm_is_not_well(self, fault: dict[str, Any]) -> None:
        self.crm.server.clock.forward(1)
        method = self.dialect.methods[fault["method"] % len(self.dialect.methods)]
        path = f"{self.dialect.path}*"
        self.crm.arm(fault["kind"], path=path, method=method, nth=fault["nth"], times=fault["times"])
        outcomes: dict[str, Outcome] = {}
        with suppress(RoundtripError):
            outcomes = self.model.push()
        self.crm.calm()
        self.account(outcomes)

    @rule(tokens=st.integers(2, 30))
    def push_with_few_tokens_left(self, tokens: int) -> None:
        self.crm.server.clock.forward(1)
        self.crm.control("limits", crm=self.dialect.crm, burst=FREE["burst"], daily_remaining=tokens)
        outcomes: dict[str, Outcome] = {}
        with suppress(RoundtripError):
            outcomes = self.model.push()
        self.crm.control("limits", crm=self.dialect.crm, **FREE)
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
        truth = {row["id"]: row for row in self.dialect.truth(self.crm)}
        for (number, name), value in self.theirs.items():
            assert truth[number]["is_deleted"] or truth[number][name] == value, (number, name)

    def settle_down(self) -> None:
        """A quiet night or two: then what is wanted is so, but for what people did."""
        for _ in range(2):
            self.crm.server.clock.forward(1)
            self.dialect.load(self.model.settings, whole=True)
            self.push()
            self.what_people_changed_is_as_they_made_it()
        self.there_is_no_second_record_of_a_key()
        assert self.model.planned().actions == ()
        assert (
            query(self.model.settings, "select push_key from ops.push_state where verdict = 'unknown'") == []
        )
        self.load()
        assert self.dialect.differences(self.crm, self.model.settings) == []
        for key, row in self.model.rows.items():
            self.is_as_wanted(key, row)

    def is_as_wanted(self, key: str, row: Any) -> None:
        touched = f"select record_id from ops.push_state where push_key = '{key}'"
        known = {number for (number,) in query(self.model.settings, touched)} | {self.ids.get(key)}
        if known & self.touched:
            return
        records = self.records(key)
        assert len(records) == (not row.get("_delete")), key
        wanted = {name: row[name] for name in self.dialect.fields}
        found = [{name: one[name] for name in self.dialect.fields} for one in records]
        assert found in ([], [wanted]), key

    # The machine's own account.

    def account(self, outcomes: dict[str, Outcome]) -> None:
        """What is agreed now: fields that were pushed, or may have been, and are as they are wanted."""
        for action in self.model.actions:
            outcome = outcomes.get(action.push_key)
            for record in self.records(action.push_key):
                surely = outcome is not None and outcome.verdict in ("applied", "already")
                names = action.wanted.keys() if surely else action.values.keys()
                for name in self.dialect.fields:
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
            for row in self.dialect.living(self.crm).values()
            if row[self.dialect.mark] == key or row["id"] == self.ids.get(key)
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


class PushingToDeskera(Pushing):
    """The same there."""

    dialect = IN_DESKERA


BOTH = [Pushing, PushingToDeskera]


@pytest.mark.parametrize("kind", at_length(BOTH, BOTH[:1]))
def test_whatever_happens_pushes_converge_without_a_second_record_or_a_lost_edit(
    kind: type[Pushing],
) -> None:
    run_state_machine_as_test(
        kind,
        settings=settings(
            max_examples=at_length(40, 1),
            stateful_step_count=at_length(25, 4),
            phases=[Phase.explicit, Phase.generate, *at_length((Phase.shrink,), ())],
            suppress_health_check=list(HealthCheck),
            derandomize=at_length(False, True),
            database=None,
        ),
    )


@pytest.mark.parametrize(
    ("kind", "steps_taken"), [(Pushing, at_length(200, 30)), (PushingToDeskera, at_length(200, 10))]
)
def test_a_walk_through_many_days_keeps_every_edit_and_makes_no_second_record(
    kind: type[Pushing], steps_taken: int
) -> None:
    """The same without a search: one long walk, the same each time, which is cheap and meets most of it."""
    random, machine = Random(SEED), kind()

    def values() -> tuple[str, bool, int | None]:
        return random.choice(["Call", "Meet", "Write"]), random.random() < 0.5, random.choice([None, 0, 1])

    def fault() -> dict[str, Any]:
        what = random.choice(["reset", "truncated", "failed_after", "server_error"])
        return {"kind": what, "method": random.randrange(3), "nth": 1, "times": 1}

    keys, edits = NEW + OLD, ((0, "Theirs"), (1, True), (1, False), (2, 2))
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
    for _ in range(steps_taken):
        random.choice(steps)()
        machine.there_is_no_second_record_of_a_key()
        machine.what_people_changed_is_as_they_made_it()
    machine.teardown()
