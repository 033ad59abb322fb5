"""The planner's laws, over accounts in which others work too."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.push.actions import Target, Wanted
from tests.push.planned import Account, held, target

VALUES = {
    "subject": st.sampled_from(["a", "b ", " c"]),
    "owner_id": st.integers(1, 3),
    "done": st.booleans(),
    "note": st.sampled_from([None, "x", " y"]),
}
NAMES = tuple(VALUES)
KEYS = [f"k{number}" for number in range(6)]
POLICIES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["skip", "overwrite", "fill_empty"]))


@st.composite
def targets(draw: st.DrawFn, /, **how: Any) -> Target:
    names = draw(st.sets(st.sampled_from(NAMES), min_size=1)) | {"subject"}
    given_how = {
        "policies": draw(POLICIES),
        "only_on_create": frozenset(draw(st.sets(st.sampled_from(NAMES), max_size=2))),
        "when_gone": draw(st.sampled_from(["keep", "complete", "delete"])),
    }
    return target(*names, **given_how | how)


@st.composite
def rows(draw: st.DrawFn, /, how: Target) -> list[Wanted]:
    """Rows with unique keys; some name a record that is there."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    ids = draw(st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=6, max_size=6))
    taken: set[int | None] = set()
    found = []
    for key, record_id in zip(keys, ids, strict=False):
        free = None if record_id in taken else record_id
        taken.add(record_id)
        values = {name: draw(VALUES[name]) for name in how.fields}
        found.append(Wanted(key, free, values, delete=draw(st.integers(0, 9)) == 0))
    return found


@st.composite
def accounts(draw: st.DrawFn, /) -> Account:
    """Four records that were there before any push."""
    values = st.fixed_dictionaries(VALUES)
    return Account({number: held(number, **draw(values)) for number in range(1, 5)})


@settings(max_examples=40)
@given(st.data())
def test_applying_then_planning_is_empty(data: st.DataObject) -> None:
    how, account = data.draw(targets()), data.draw(accounts())
    for _ in range(3):
        wanted = data.draw(rows(how))
        account.apply(account.planned(how, wanted))
        assert account.planned(how, wanted).actions == ()
        _somebody_works(data, account)


@settings(max_examples=40)
@given(st.data())
def test_what_is_so_already_plans_nothing(data: st.DataObject) -> None:
    how, account = data.draw(targets()), data.draw(accounts())
    wanted = [
        Wanted(f"k{one.record_id}", one.record_id, {name: one.values[name] for name in how.fields})
        for one in account.records.values()
    ]
    found = account.planned(how, wanted)
    assert (found.actions, found.left, found.unchanged) == ((), (), len(wanted))


@settings(max_examples=40)
@given(st.data())
def test_no_field_is_written_that_the_model_did_not_select(data: st.DataObject) -> None:
    how, account = data.draw(targets()), data.draw(accounts())
    for _ in range(3):
        wanted = {one.push_key: one for one in data.draw(rows(how))}
        found = account.planned(how, list(wanted.values()))
        for action in found.actions:
            selected = set(wanted[action.push_key].values) if action.push_key in wanted else {"done"}
            if action.operation == "update" and action.push_key in wanted:
                selected -= how.only_on_create
            assert set(action.values) <= selected
        account.apply(found)
        _somebody_works(data, account)


@settings(max_examples=40)
@given(st.data())
def test_no_record_is_written_that_neither_a_row_nor_an_earlier_push_names(data: st.DataObject) -> None:
    how, account = data.draw(targets()), data.draw(accounts())
    ours: set[int] = set()
    for _ in range(3):
        wanted = data.draw(rows(how))
        found = account.planned(how, wanted)
        before = set(account.records)
        named = {one.record_id for one in wanted} | {one.record_id for one in account.ledger.values()}
        assert {action.record_id for action in found.actions} <= named | {None}
        gone = {one.record_id for one in found.actions if one.because}
        assert gone <= ours
        account.apply(found)
        ours |= set(account.records) - before
        _somebody_works(data, account)


@settings(max_examples=40)
@given(st.data())
def test_under_skip_what_somebody_has_changed_is_never_written_over(data: st.DataObject) -> None:
    how, account = data.draw(targets(policies={})), data.draw(accounts())
    account.apply(account.planned(how, data.draw(rows(how))))
    before = {number: one.values for number, one in account.records.items()}
    _somebody_works(data, account)
    found = account.planned(how, data.draw(rows(how)))
    for action in found.actions:
        ours = account.ledger.get(action.push_key)
        if ours is None or action.record_id is None or action.record_id != ours.record_id:
            continue
        now = account.records[action.record_id].values
        for name in set(action.values) & set(ours.pushed):
            assert now[name] in (before[action.record_id][name], ours.pushed[name].answered)


def _somebody_works(data: st.DataObject, account: Account) -> None:
    for record_id in data.draw(st.sets(st.sampled_from(sorted(account.records)), max_size=3)):
        name = data.draw(st.sampled_from([*NAMES, "delete"]))
        if name == "delete":
            account.remove(record_id)
        else:
            account.edit(record_id, name, data.draw(VALUES[name]))
